/** A record's text (or what stands where one should) may have this many bytes. */
export const maxTextBytes = 48 * 1024 * 1024;

/** A record, or what stands in its place. Offsets are those of the file. */
export interface Item {
  offset: number;
  /** 1-based. */
  line: number;
  /** Where the line begins on which the item begins, or the item before it on that line ends: columns count from there. */
  lineStart: number;
}

/** What is done with the items. Bytes are in the window. */
export interface ItemSink {
  /** Records of which `lineStart` is before this (an offset of the file) may be passed over without being told. */
  readonly wished: number;
  /** An item begins. A stretch may begin at its `lineStart`. */
  begins(item: Readonly<Item>): void;
  /** Reads the record that begins at an index of the window; gives the index behind it, or -1 if it is bad or not all there. */
  read(index: number): number;
  /** Line breaks within the record that was read. */
  readonly breaks: number;
  /** A whole object, by its structure; ends before `end`. */
  object(item: Readonly<Item>, end: number): void;
  /** An object whose structure is broken at `anomaly`; what is not blank before it ends before `solid`. It reaches to `broken`'s end. */
  anomaly(item: Readonly<Item>, anomaly: number, solid: number): void;
  brokenEnds(item: Readonly<Item>, end: number): void;
  /** Something that is no object and ends before `end`. */
  other(item: Readonly<Item>, end: number): void;
  /** An object or something else of more than `maxTextBytes`. */
  tooLarge(item: Readonly<Item>, end: number): void;
  /** What follows the array's closing bracket. */
  trailing(item: Readonly<Item>, end: number): void;
}
