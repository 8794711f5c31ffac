import type { Chunk } from "../../job/chunk.ts";
import { countLines } from "../csv/count-lines.ts";
import type { JsonScanner } from "./scan.ts";

/**
 * Cuts a file of legacy JSON where a line's first byte is `{` and the last byte before it that is not blank is `}`. No record
 * has that within, and what is broken ends there at the latest. Other files stay whole, arrays above all: their structure
 * could be followed only by reading all of it.
 */
export function createLegacyScanner(options: { chunkBytes: number }): JsonScanner {
  return new LegacyScanner(options.chunkBytes);
}

const LINE_BREAK = 0x0a;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

class LegacyScanner implements JsonScanner {
  layout: "sequence" | "array" = "sequence";
  readonly #chunkBytes: number;
  /** Where the chunk to come begins. */
  #from = 0;
  #line = 1;
  /** Offset and line of the next byte. */
  #offset = 0;
  #lines = 1;
  #decided = false;
  /** The last byte before the piece that is not blank, and whether a line begins with the piece. */
  #solid = 0;
  #fresh = false;
  /** The last byte of all that is not blank. */
  #end = 0;

  constructor(chunkBytes: number) {
    this.#chunkBytes = Math.max(1, chunkBytes);
  }

  get unclosed(): boolean {
    return this.layout === "array" && this.#end !== 0x5d;
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    const chunks: Chunk[] = [];
    this.#decide(bytes);
    if (this.layout === "sequence") this.#cutLines(bytes, chunks);
    else this.#lines += countLines(bytes, 0, bytes.length);
    this.#offset += bytes.length;
    this.#end = solidBefore(bytes, bytes.length) || this.#end;
    if (last && this.#offset > this.#from) {
      chunks.push({ from: this.#from, to: this.#offset, line: this.#line });
    }
    return chunks;
  }

  #decide(bytes: Uint8Array): void {
    if (this.#decided) return;
    const first = bytes.find((byte) => byte > 0x20 && byte < 0x80);
    this.#decided = first !== undefined;
    if (first === OPEN_BRACKET) this.layout = "array";
  }

  #cutLines(bytes: Uint8Array, chunks: Chunk[]): void {
    let counted = 0;
    if (this.#fresh && bytes.length > 0) this.#tryCut(bytes, 0, chunks);
    for (;;) {
      const due = this.#from + this.#chunkBytes - this.#offset - 1;
      const lineEnd = bytes.indexOf(LINE_BREAK, Math.max(due, counted));
      const to = lineEnd < 0 ? bytes.length : lineEnd + 1;
      this.#lines += countLines(bytes, counted, to);
      counted = to;
      if (to === bytes.length) break;
      this.#tryCut(bytes, to, chunks);
    }
    if (bytes.length > 0) this.#fresh = bytes[bytes.length - 1] === LINE_BREAK;
    this.#solid = solidBefore(bytes, bytes.length) || this.#solid;
  }

  #tryCut(bytes: Uint8Array, at: number, chunks: Chunk[]): void {
    const to = this.#offset + at;
    if (bytes[at] !== OPEN_BRACE || to - this.#from < this.#chunkBytes) return;
    if ((solidBefore(bytes, at) || this.#solid) !== CLOSE_BRACE) return;
    chunks.push({ from: this.#from, to, line: this.#line });
    this.#from = to;
    this.#line = this.#lines;
  }
}

/** The last byte before `to` that is not blank, 0 without. */
function solidBefore(bytes: Uint8Array, to: number): number {
  let at = to - 1;
  while (at >= 0 && bytes[at]! <= 0x20) at--;
  return bytes[at] ?? 0;
}
