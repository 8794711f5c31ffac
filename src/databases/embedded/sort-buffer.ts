import { sortSlices } from "./sort-slices.ts";

/** What stands before an entry's key: the sizes of key and document, 4 bytes each, little-endian. */
export const entryHead = 8;

/** Documents with their sort keys, in one memory that grows; gives them in order of key, equal keys as they came. */
export class SortBuffer {
  #bytes: Buffer;
  #keyStarts = new Uint32Array(1024);
  #keyEnds = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #count = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** Bytes in it. */
  get size(): number {
    return this.#size;
  }

  add(key: Uint8Array, document: Uint8Array): void {
    this.#reserve(entryHead + key.length + document.length);
    const keyStart = this.#size + entryHead;
    const keyEnd = keyStart + key.length;
    this.#bytes.writeUInt32LE(key.length, this.#size);
    this.#bytes.writeUInt32LE(document.length, this.#size + 4);
    this.#bytes.set(key, keyStart);
    this.#bytes.set(document, keyEnd);
    this.#size = keyEnd + document.length;
    this.#keyStarts[this.#count] = keyStart;
    this.#keyEnds[this.#count] = keyEnd;
    this.#ends[this.#count++] = this.#size;
  }

  /** Indexes in order of key. */
  sorted(): Uint32Array {
    return sortSlices(
      { bytes: this.#bytes, starts: this.#keyStarts, ends: this.#keyEnds },
      Uint32Array.from({ length: this.#count }, (_, i) => i),
    );
  }

  /** The key as a view; valid until something is added. */
  key(index: number): Buffer {
    return this.#bytes.subarray(this.#keyStarts[index], this.#keyEnds[index]);
  }

  /** The document as a view; valid until something is added. */
  document(index: number): Buffer {
    return this.#bytes.subarray(this.#keyEnds[index], this.#ends[index]);
  }

  /** Bytes of an entry: its head, key and document. */
  entrySize(index: number): number {
    return this.#ends[index]! - this.#keyStarts[index]! + entryHead;
  }

  copyEntry(index: number, target: Buffer, at: number): void {
    this.#bytes.copy(target, at, this.#keyStarts[index]! - entryHead, this.#ends[index]);
  }

  /** Keeps these entries only, in this order. */
  keep(indexes: Uint32Array): void {
    const kept = new SortBuffer(this.#bytes.length);
    for (const index of indexes) kept.add(this.key(index), this.document(index));
    this.#bytes = kept.#bytes;
    this.#keyStarts = kept.#keyStarts;
    this.#keyEnds = kept.#keyEnds;
    this.#ends = kept.#ends;
    this.#count = kept.#count;
    this.#size = kept.#size;
  }

  clear(): void {
    this.#count = 0;
    this.#size = 0;
  }

  #reserve(more: number): void {
    if (this.#size + more > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#size + more, 2 * this.#bytes.length));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    if (this.#count === this.#ends.length) {
      this.#keyStarts = doubled(this.#keyStarts);
      this.#keyEnds = doubled(this.#keyEnds);
      this.#ends = doubled(this.#ends);
    }
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(2 * array.length);
  grown.set(array);
  return grown;
}
