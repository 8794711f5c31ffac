import type { RowReader } from "./row-reader.ts";
import { cellKind } from "./row-shape.ts";

/** Where the text of the cell stands that was read last. Reused for each cell, so that reading allocates nothing. */
export class CellBytes {
  /** The row's own bytes, or, where doubled quotes had to be undone, ours: valid until the next cell. */
  bytes: Uint8Array = nothing;
  from = 0;
  to = 0;
  readonly #quote: number;
  #unescaped: Buffer = nothing;

  /** @param quote what stands around cells that need it, and twice within them */
  constructor(quote: number) {
    this.#quote = quote;
  }

  /** Takes the cell with this index of the row that the reader has given. */
  read(rows: RowReader, index: number): void {
    const { triples } = rows.cells;
    const from = rows.start + triples[index * 3]!;
    const to = rows.start + triples[index * 3 + 1]!;
    if (triples[index * 3 + 2] === cellKind.escaped) {
      this.to = this.#unescape(rows.bytes, from, to);
      this.from = 0;
      this.bytes = this.#unescaped;
    } else {
      this.bytes = rows.bytes;
      this.from = from;
      this.to = to;
    }
  }

  /** Undoes doubled quotes, into `#unescaped`; gives the length. */
  #unescape(bytes: Uint8Array, from: number, to: number): number {
    if (this.#unescaped.length < to - from) {
      this.#unescaped = Buffer.allocUnsafeSlow((to - from) * 2);
    }
    const target = this.#unescaped;
    const quote = this.#quote;
    let length = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      target[length++] = byte;
      if (byte === quote) at++;
    }
    return length;
  }
}

const nothing = Buffer.alloc(0);

/** The beginning of a cell, for messages. */
export function excerpt(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= longestExcerpt) return textOf(bytes, from, to);
  let cut = from + longestExcerpt;
  // A character is not cut in two.
  while ((bytes[cut]! & 0xc0) === 0x80) cut--;
  return `${textOf(bytes, from, cut)}…`;
}

export const longestExcerpt = 60;

export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}
