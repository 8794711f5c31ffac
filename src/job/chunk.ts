/** A place in a file at which a record may begin. */
export interface Position {
  /** Byte offset in the file, from 0. */
  offset: number;
  /** 1-based line. */
  line: number;
}

/** A slice of a file between two record boundaries. */
export interface Chunk {
  /** First byte. */
  from: number;
  /** Byte after the last. */
  to: number;
  /** 1-based line of the first byte. */
  line: number;
}
