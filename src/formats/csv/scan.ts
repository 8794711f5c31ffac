import type { Chunk, Position } from "../../job/chunk.ts";
import { type Kernels, kernels } from "../../wasm/kernels.ts";
import type { Scanner } from "../codec.ts";
import { countLines } from "./count-lines.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { RowReader } from "./row-reader.ts";

/**
 * Cuts a CSV or TSV file at the first row's end from which a chunk has `chunkBytes`. Stretches of plain rows are passed over
 * by the kernel, 64 bytes at a time; the row reader takes what is not plain or broken. Without the kernel, whole stretches
 * without quotes are passed over, and the row reader takes all else.
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
  readonly #separator: number;
  readonly #kernels: Kernels | null = kernels();
  readonly #chunkBytes: number;
  /** Where the chunk to come begins. */
  #from: Position;
  #chunks: Chunk[] = [];

  constructor(options: Parameters<typeof createCsvScanner>[0]) {
    const { format, chunkBytes, start, dialect = dialectOf({}) } = options;
    this.#rows = new RowReader(format, start, { cells: false, dialect });
    this.#quote = format === "csv" ? dialect.quote : -1;
    this.#separator = dialect.separator;
    this.#chunkBytes = chunkBytes;
    this.#from = { ...start };
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    const rows = this.#rows;
    this.#chunks = [];
    rows.feed(bytes, last);
    let lookFrom = 0;
    for (;;) {
      // To try it again at each row would cost more than the row.
      if (rows.boundary >= lookFrom) {
        lookFrom = this.#kernels
          ? this.#passRows(this.#kernels, rows.boundary) + kernelStride
          : this.#passLines(rows.boundary) + stride;
      }
      if (rows.next() === "end") break;
      this.#cutIfDue();
    }
    if (last) this.#cut();
    rows.release();
    return this.#chunks;
  }

  /** Passes over plain rows, cutting where it is due; gives where they end. */
  #passRows({ window, passRows, rowLines }: Kernels, from: number): number {
    const rows = this.#rows;
    const { bytes } = rows;
    for (let at = from; ;) {
      const size = Math.min(window.length, bytes.length - at);
      window.set(bytes.subarray(at, at + size));
      const due = this.#from.offset + this.#chunkBytes - rows.offsetToCome;
      const passed = passRows(size, Math.min(due, size + 1), this.#separator, this.#quote);
      if (passed === 0) return at;
      at += passed;
      rows.jump(at, rowLines());
      this.#cutIfDue();
    }
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

/** Bytes that are read row by row before the kernel is tried again: a fourth of what is copied for it. */
const kernelStride = 16 * 1024;
