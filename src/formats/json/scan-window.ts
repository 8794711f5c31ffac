import type { DecoderMemory } from "../codec.ts";
import { textPadding } from "./decode-state.ts";

/**
 * The bytes of a file that are still needed, in one piece of memory, with a NUL behind them (`DecodeState` needs it).
 * Grows with what is kept and no further.
 */
export class TextWindow {
  bytes: Buffer;
  /** The same memory, to look at several bytes at once. */
  view: DataView;
  /** How many of the bytes are there. */
  length = 0;
  /** File offset of the first byte. */
  base: number;
  private readonly memory: DecoderMemory | null;

  constructor(base: number, memory: DecoderMemory | null) {
    this.base = base;
    this.memory = memory;
    this.bytes = memory && memory.text.length > 0 ? memory.text : Buffer.allocUnsafeSlow(4096);
    this.view = viewOf(this.bytes);
    this.bytes[0] = 0;
  }

  /** File offset behind the last byte. */
  get end(): number {
    return this.base + this.length;
  }

  /** Forgets the bytes before `keep` (a file offset) and adds a piece. */
  append(piece: Uint8Array, keep: number): void {
    const drop = Math.min(keep - this.base, this.length);
    if (drop > 0) {
      if (drop < this.length) this.bytes.copyWithin(0, drop, this.length);
      this.base += drop;
      this.length -= drop;
    }
    const needed = this.length + piece.length + textPadding;
    if (needed > this.bytes.length) {
      const wider = Buffer.allocUnsafeSlow(
        Math.max(needed, Math.min(this.bytes.length * 2, needed * 2)),
      );
      wider.set(this.bytes.subarray(0, this.length));
      this.bytes = wider;
      this.view = viewOf(wider);
      if (this.memory) this.memory.text = wider;
    }
    this.bytes.set(piece, this.length);
    this.length += piece.length;
    this.bytes[this.length] = 0;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
