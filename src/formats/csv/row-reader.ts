import type { Position } from "../../job/chunk.ts";
import { CsvRow } from "./csv-row.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { CellList, maxCells, type RowFault, type RowShape } from "./row-shape.ts";
import { TsvRow } from "./tsv-row.ts";

const LF = 10;
const CR = 13;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bytes of text that one record may have. */
export const maxRowBytes = 48 * 1024 * 1024;

/**
 * Gives the rows of a stretch of a file, one after another, from bytes that come in pieces of any size. Where rows end
 * depends on the bytes alone, never on the pieces, and a stretch that is cut at any row's end gives the same rows.
 *
 * A broken row costs the line on which it began and no more: a quote that nothing ends would otherwise swallow the rest of
 * the file. It is therefore judged by that line alone: what is wrong further down is reported as an open quote. Looking again
 * at the lines below costs no more than once: each of them has an even number of quotes, or the quote would have ended there,
 * so read by itself it ends on its own line.
 *
 * At most `maxBytes` and one piece are kept in memory.
 */
export class RowReader {
  /** What is in memory; valid until `release`. */
  bytes: Buffer = Buffer.alloc(0);
  /** The same memory, to read several bytes at once; of what was fed last. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where in `bytes` the row begins that `next` gave. Its cells are relative to that. */
  start = 0;
  /** Of the row that `next` gave: place in the file, bytes without the line end, first line. */
  offset: number;
  length = 0;
  line: number;
  /** Of a broken row: 1-based column on its first line, 0 without; and why. */
  column = 0;
  fault: RowFault | "too_long" | "too_many_cells" = "bare_quote";
  readonly cells: CellList;

  readonly #shape: RowShape;
  readonly #maxBytes: number;
  /** Place in the file of `bytes[0]`. */
  #base: number;
  #last = false;
  /** Place in the file and line of the row to come. */
  #nextOffset: number;
  #nextLine: number;
  /** The shape holds a part of the row to come. */
  #begun = false;
  /** A broken row whose line has not ended yet: nothing of it is kept. Where its end is looked for next, in the file. */
  #skipping = false;
  #skipFrom = 0;
  #skippedCr = false;
  /** Own memory for a row whose end has not come, and what is fed behind it. */
  #own: Buffer = Buffer.alloc(0);

  constructor(
    format: "csv" | "tsv",
    start: Position,
    options: { cells: boolean; maxBytes?: number; dialect?: Dialect },
  ) {
    this.cells = new CellList(options.cells ? maxCells : 0);
    this.#shape =
      format === "csv"
        ? new CsvRow(this.cells, options.dialect ?? dialectOf({}))
        : new TsvRow(this.cells);
    this.#maxBytes = options.maxBytes ?? maxRowBytes;
    this.#base = start.offset;
    this.#nextOffset = start.offset;
    this.#nextLine = start.line;
    this.offset = start.offset;
    this.line = start.line;
  }

  /** Where the row to come begins: all before it has been given. */
  get position(): Position {
    return { offset: this.#nextOffset, line: this.#nextLine };
  }

  get lineToCome(): number {
    return this.#nextLine;
  }

  get offsetToCome(): number {
    return this.#nextOffset;
  }

  /**
   * Index in `bytes` of the row to come, while nothing of it has been looked at; else -1. The file's first row, which may stand
   * behind a byte order mark, is `next`'s.
   */
  get boundary(): number {
    if (this.#begun || this.#skipping || this.#nextOffset === 0) return -1;
    return this.#nextOffset - this.#base;
  }

  /** Takes the next bytes, which must stay as they are until `release`. */
  feed(bytes: Uint8Array, last: boolean): void {
    this.#last = last;
    const kept = this.bytes.length;
    if (kept === 0) {
      this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    } else {
      this.#reserve(kept + bytes.length, kept);
      this.#own.set(bytes, kept);
      this.bytes = this.#own.subarray(0, kept + bytes.length);
    }
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  /** Copies what is left of the bytes fed, so that their memory may be used otherwise. */
  release(): void {
    const size = this.bytes.length;
    const from = this.#skipping ? size : this.#nextOffset - this.#base;
    const left = size - from;
    if (this.bytes.buffer === this.#own.buffer) {
      if (from > 0) this.#own.copyWithin(0, from, size);
      if (this.#own.length > spareBytes && left < spareBytes / 8) this.#shrink(left);
    } else if (left > 0) {
      this.#reserve(left, 0);
      this.#own.set(this.bytes.subarray(from), 0);
    }
    this.#base += from;
    this.bytes = this.#own.subarray(0, left);
  }

  /** What comes next: a `row` with its cells, a `broken` one that becomes a reject, a `blank` line, or `end`: no whole row. */
  next(): "row" | "broken" | "blank" | "end" {
    const shape = this.#shape;
    if (this.#nextOffset === 0 && !this.#begun && !this.#passMark()) return "end";
    for (;;) {
      if (this.#skipping) return this.#skip() ? "broken" : "end";
      const size = this.bytes.length;
      const start = this.#nextOffset - this.#base;
      if (start >= size) return "end";
      if (!this.#begun) shape.reset();
      this.#begun = true;
      const limit = start + this.#maxBytes + 1;
      const final = this.#last && size < limit;
      const state = shape.run(this.bytes, start, size < limit ? size : limit, final);
      if (state === "more" && size < limit) return "end";
      this.#begun = false;
      this.start = start;
      this.offset = this.#nextOffset;
      this.line = this.#nextLine;
      if (state !== "done") {
        if (this.#break(state === "more" ? "too_long" : shape.fault)) return "broken";
        continue;
      }
      this.#nextOffset += shape.next;
      this.#nextLine += shape.lineBreaks + 1;
      if (shape.blank) return "blank";
      this.length = shape.end;
      if (!this.cells.overflown) return "row";
      this.fault = "too_many_cells";
      this.column = 0;
      return "broken";
    }
  }

  /** Passes over whole lines that the caller has recognised by itself: all up to this index of `bytes`. */
  jump(index: number, lines: number): void {
    this.#nextOffset = this.#base + index;
    this.#nextLine += lines;
  }

  /** Passes over a byte order mark at the file's beginning; false while it cannot be told whether there is one. */
  #passMark(): boolean {
    const { bytes } = this;
    const length = Math.min(bytes.length, byteOrderMark.length);
    if (!byteOrderMark.subarray(0, length).equals(bytes.subarray(0, length))) return true;
    if (length < byteOrderMark.length) return this.#last;
    this.#nextOffset = byteOrderMark.length;
    return true;
  }

  /** Ends a broken row with its first line; false when that line's end is still to be found. */
  #break(fault: RowFault | "too_long"): boolean {
    const shape = this.#shape;
    if (shape.firstLineEnd < 0) {
      this.fault = fault;
      this.column = fault === "too_long" ? 0 : shape.faultAt + 1;
      this.#skipping = true;
      this.#skipFrom = this.offset + shape.at;
      return false;
    }
    this.fault = "open_quote";
    this.column = shape.firstOpenQuote + 1;
    this.#endLine(this.start + shape.firstLineEnd, shape.firstLineEnd + 1);
    return true;
  }

  /** Looks for the end of the broken row's line; false while it has not come. */
  #skip(): boolean {
    const size = this.bytes.length;
    const lineFeed = this.bytes.indexOf(LF, this.#skipFrom - this.#base);
    if (lineFeed < 0 && !this.#last) {
      if (size > 0) this.#skippedCr = this.bytes[size - 1] === CR;
      this.#skipFrom = this.#base + size;
      return false;
    }
    this.#skipping = false;
    const end = lineFeed < 0 ? size : lineFeed;
    this.#endLine(end, this.#base + (lineFeed < 0 ? size : lineFeed + 1) - this.offset);
    this.#skippedCr = false;
    return true;
  }

  /**
   * @param end index in `bytes` of the line's end
   * @param next bytes from the row's start to the next one
   */
  #endLine(end: number, next: number): void {
    const cr = end > 0 ? this.bytes[end - 1] === CR : this.#skippedCr;
    this.length = this.#base + end - this.offset - (cr ? 1 : 0);
    this.#nextOffset = this.offset + next;
    this.#nextLine = this.line + 1;
  }

  /** Room for `size` bytes, the first `kept` of which stay. */
  #reserve(size: number, kept: number): void {
    if (size <= this.#own.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.ceil(size * 1.5));
    wider.set(this.#own.subarray(0, kept));
    this.#own = wider;
  }

  #shrink(left: number): void {
    const smaller = Buffer.allocUnsafeSlow(left);
    smaller.set(this.#own.subarray(0, left));
    this.#own = smaller;
  }
}

/** More own memory than this is given back when a long row has passed. */
const spareBytes = 16 * 1024 * 1024;
