/**
 * Finds where one row ends and where its cells lie, from its bytes alone. Resumable: `more` keeps the place, and the next
 * run goes on from there, so that a long row is looked at once however small the pieces are in which it comes.
 *
 * All positions are relative to the row's first byte, because the row's place in memory changes between runs.
 */
export interface RowShape {
  /** How far the row has been looked at. */
  at: number;
  /** Line breaks within quotes so far. */
  lineBreaks: number;
  /** Position of the first of these, -1 without. */
  firstLineEnd: number;
  /** Position of the quote that was open at `firstLineEnd`. */
  firstOpenQuote: number;
  /** After `done`: the row's end without its line end. */
  end: number;
  /** After `done`: where the next row begins. */
  next: number;
  /** After `done`: the row is a line without anything, which is no record. */
  blank: boolean;
  /** After `broken`: where and why. */
  faultAt: number;
  fault: RowFault;
  readonly cells: CellList;
  /** Forgets the row. */
  reset(): void;
  /**
   * @param start the row's first byte in `bytes`
   * @param end the end of what is there
   * @param final nothing follows behind `end`
   */
  run(bytes: Uint8Array, start: number, end: number, final: boolean): "done" | "broken" | "more";
}

export type RowFault = "bare_quote" | "text_after_quote" | "open_quote";

/** A cell as the bytes have it. */
export const cellKind = {
  plain: 0,
  quoted: 1,
  /** Quoted, with doubled quotes inside. */
  escaped: 2,
} as const;

/** Cells of one row, as triples: first byte and byte after the last (both relative to the row), kind. */
export class CellList {
  triples: Int32Array;
  count = 0;
  /** The row has more cells than any document has fields; those over the limit are not in the list. */
  overflown = false;
  readonly #limit: number;

  /** @param limit 0 keeps no cells at all: for whoever wants to know the row's end only */
  constructor(limit = maxCells) {
    this.#limit = limit;
    this.triples = new Int32Array(limit > 0 ? 3 * 64 : 0);
  }

  add(from: number, to: number, kind: number): void {
    const at = this.count * 3;
    if (at + 3 > this.triples.length && !this.#grow()) return;
    const { triples } = this;
    triples[at] = from;
    triples[at + 1] = to;
    triples[at + 2] = kind;
    this.count++;
  }

  clear(): void {
    this.count = 0;
    this.overflown = false;
  }

  /** Room for another cell; false when there are enough. */
  #grow(): boolean {
    if (this.count >= this.#limit) {
      this.overflown = this.#limit > 0;
      return false;
    }
    const wider = new Int32Array(this.triples.length * 2);
    wider.set(this.triples);
    this.triples = wider;
    return true;
  }
}

/** The smallest BSON field takes 8 bytes, so a document of 16 MiB cannot have more. */
export const maxCells = 2_097_152;
