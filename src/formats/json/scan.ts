import type { Chunk } from "../../job/chunk.ts";
import type { Scanner } from "../codec.ts";
import { ArrayScanner } from "./scan-array.ts";
import { SequenceScanner } from "./scan-sequence.ts";

export interface JsonScanner extends Scanner {
  /** What the file is: known from its first byte that is neither blank nor a comma; before that, `sequence`. */
  readonly layout: "sequence" | "array";
  /** After the last push: the file is an array without its closing bracket. */
  readonly unclosed: boolean;
}

/**
 * Divides a JSON file into chunks of at least `chunkBytes` (but for the last) at places where a record may begin, and tells
 * its layout. The bytes of a push may be used again after it.
 */
export function createJsonScanner(options: { chunkBytes: number }): JsonScanner {
  return new LayoutScanner(Math.max(1, options.chunkBytes));
}

const LINE_BREAK = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const mark = [0xef, 0xbb, 0xbf];

class LayoutScanner implements JsonScanner {
  layout: "sequence" | "array" = "sequence";

  private readonly sequence: SequenceScanner;
  private readonly chunkBytes: number;
  private array: ArrayScanner | null = null;
  private decided = false;
  private offset = 0;
  private line = 1;

  constructor(chunkBytes: number) {
    this.chunkBytes = chunkBytes;
    this.sequence = new SequenceScanner(chunkBytes);
  }

  get unclosed(): boolean {
    return this.array !== null && !this.array.closed;
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    if (this.array) return this.array.push(bytes, last);
    if (this.decided) return this.sequence.push(bytes, last);
    const at = this.passPrefix(bytes);
    if (at < bytes.length) this.decided = true;
    if (bytes[at] !== OPEN_BRACKET) {
      // What stands before the first record must not become a chunk of its own: an array's decoder looks for the bracket in it.
      this.sequence.mayCut = this.decided;
      return this.sequence.push(bytes, last);
    }
    this.layout = "array";
    const start = { offset: this.offset, line: this.line };
    this.array = new ArrayScanner(this.chunkBytes, start);
    return this.array.push(bytes.subarray(at), last);
  }

  /** Passes a byte order mark, blanks and commas; gives the index of the first other byte. */
  private passPrefix(bytes: Uint8Array): number {
    let i = 0;
    for (; i < bytes.length; i++, this.offset++) {
      const c = bytes[i]!;
      if (c === LINE_BREAK) this.line++;
      else if (this.offset < 3 && c === mark[this.offset]) continue;
      else if (c !== 0x20 && c !== 0x09 && c !== 0x0d && c !== COMMA) return i;
    }
    return i;
  }
}
