/** Bytes that grow: what documents are written to. Reusable after `take`. */
export class Output {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, as a copy of its own; begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.setInt32(this.#length, value);
    this.#length += 4;
  }

  int64(value: bigint): void {
    this.int32(Number(BigInt.asIntN(32, value)));
    this.int32(Number(BigInt.asIntN(32, value >> 32n)));
  }

  double(value: number): void {
    scratch.setFloat64(0, value, true);
    this.copy(scratchBytes, 0, 8);
  }

  /** UTF-8; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    this.#reserve(value.length * 3);
    this.#length += encoder.encodeInto(value, this.#bytes.subarray(this.#length)).written;
  }

  /** `bytes[from … to)` */
  copy(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#reserve(length);
    const target = this.#bytes;
    const start = this.#length;
    // For as few bytes as most fields have, a loop beats the view that set() needs.
    if (length > 64) target.set(bytes.subarray(from, to), start);
    else for (let i = 0; i < length; i++) target[start + i] = bytes[from + i]!;
    this.#length += length;
  }

  /** Begins a document: leaves room for its length. Returns what `endDocument` wants. */
  beginDocument(): number {
    const start = this.#length;
    this.int32(0);
    return start;
  }

  endDocument(start: number): void {
    this.byte(0);
    this.setInt32(start, this.#length - start);
  }

  /** Overwrites the four bytes at `at`. */
  setInt32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);
const encoder = new TextEncoder();
