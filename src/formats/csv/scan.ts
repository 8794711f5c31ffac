import type { Chunk, Position } from "../../job/chunk.ts";
import type { Scanner } from "../codec.ts";
import { countLines } from "./count-lines.ts";
import { RowReader } from "./row-reader.ts";

/**
 * Cuts a CSV or TSV file at the first row's end from which a chunk has `chunkBytes`. As long as no quote is in sight a line
 * break ends a row, and whole stretches are passed over without a look at their rows.
 * @param options.start where the rows begin, behind the header
 */
export function createCsvScanner(options: {
  format: "csv" | "tsv";
  chunkBytes: number;
  start: Position;
}): Scanner {
  return new CsvScanner(options);
}

const LF = 10;
const QUOTE = 34;

class CsvScanner implements Scanner {
  readonly #rows: RowReader;
  readonly #quotes: boolean;
  readonly #chunkBytes: number;
  /** Where the chunk to come begins. */
  #from: Position;
  #chunks: Chunk[] = [];

  constructor(options: { format: "csv" | "tsv"; chunkBytes: number; start: Position }) {
    const { format, chunkBytes, start } = options;
    this.#rows = new RowReader(format, start, { cells: false });
    this.#quotes = format === "csv";
    this.#chunkBytes = chunkBytes;
    this.#from = { ...start };
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    const rows = this.#rows;
    this.#chunks = [];
    rows.feed(bytes, last);
    let quote = -1;
    for (;;) {
      const at = rows.boundary;
      if (at >= 0) {
        if (quote < at) quote = this.#nextQuote(at);
        this.#passLines(at, quote);
      }
      if (rows.next() === "end") break;
      this.#cutIfDue(rows.position);
    }
    if (last) this.#cut(rows.position);
    rows.release();
    return this.#chunks;
  }

  /** Index of the next quote, or the end. */
  #nextQuote(from: number): number {
    const { bytes } = this.#rows;
    const at = this.#quotes ? bytes.indexOf(QUOTE, from) : -1;
    return at < 0 ? bytes.length : at;
  }

  /** Passes over the whole lines before the quote, cutting where it is due. */
  #passLines(from: number, quote: number): void {
    const rows = this.#rows;
    const { bytes } = rows;
    if (quote <= from) return;
    const end = bytes.lastIndexOf(LF, quote - 1) + 1;
    let at = from;
    while (at < end) {
      const due = at + this.#from.offset + this.#chunkBytes - rows.position.offset;
      // A row's end at `due` has its line break one byte before.
      const lineFeed = bytes.indexOf(LF, Math.max(due - 1, at));
      const next = lineFeed < 0 || lineFeed >= end ? end : lineFeed + 1;
      rows.jump(next, countLines(bytes, at, next));
      at = next;
      this.#cutIfDue(rows.position);
    }
  }

  #cutIfDue(at: Position): void {
    if (at.offset - this.#from.offset >= this.#chunkBytes) this.#cut(at);
  }

  #cut(at: Position): void {
    const { offset, line } = this.#from;
    if (at.offset > offset) this.#chunks.push({ from: offset, to: at.offset, line });
    this.#from = at;
  }
}
