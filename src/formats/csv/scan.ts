import type { Chunk, Position } from "../../job/chunk.ts";
import type { Scanner } from "../codec.ts";
import { countLines } from "./count-lines.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
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
  dialect?: Dialect;
}): Scanner {
  return new CsvScanner(options);
}

const LF = 10;

class CsvScanner implements Scanner {
  readonly #rows: RowReader;
  /** The byte of a quote, -1 where there are none. */
  readonly #quote: number;
  readonly #chunkBytes: number;
  /** Where the chunk to come begins. */
  #from: Position;
  #chunks: Chunk[] = [];

  constructor(options: Parameters<typeof createCsvScanner>[0]) {
    const { format, chunkBytes, start, dialect = dialectOf({}) } = options;
    this.#rows = new RowReader(format, start, { cells: false, dialect });
    this.#quote = format === "csv" ? dialect.quote : -1;
    this.#chunkBytes = chunkBytes;
    this.#from = { ...start };
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    const rows = this.#rows;
    this.#chunks = [];
    rows.feed(bytes, last);
    let lookFrom = 0;
    for (;;) {
      // Where quotes are dense a look for the next one in each row would cost more than the row.
      if (rows.boundary >= lookFrom) lookFrom = this.#passLines(rows.boundary) + stride;
      if (rows.next() === "end") break;
      this.#cutIfDue();
    }
    if (last) this.#cut();
    rows.release();
    return this.#chunks;
  }

  /** Passes over the whole lines before the next quote, cutting where it is due; gives where the quote is, or the end. */
  #passLines(from: number): number {
    const rows = this.#rows;
    const { bytes } = rows;
    const quote = this.#quote < 0 ? -1 : bytes.indexOf(this.#quote, from);
    const limit = quote < 0 ? bytes.length : quote;
    const end = limit > from ? bytes.lastIndexOf(LF, limit - 1) + 1 : 0;
    let at = from;
    while (at < end) {
      // A chunk's end has its line break one byte before.
      const due = at + this.#from.offset + this.#chunkBytes - rows.offsetToCome - 1;
      const lineFeed = bytes.indexOf(LF, Math.max(due, at));
      const next = lineFeed < 0 || lineFeed >= end ? end : lineFeed + 1;
      rows.jump(next, countLines(bytes, at, next));
      at = next;
      this.#cutIfDue();
    }
    return limit;
  }

  #cutIfDue(): void {
    if (this.#rows.offsetToCome - this.#from.offset >= this.#chunkBytes) this.#cut();
  }

  #cut(): void {
    const { offset, line } = this.#from;
    const end = this.#rows.position;
    if (end.offset > offset) this.#chunks.push({ from: offset, to: end.offset, line });
    this.#from = end;
  }
}

/** Bytes behind a quote that are read row by row before the next look for quotes. */
const stride = 4096;
