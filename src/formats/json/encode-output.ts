/** Bytes being written: one buffer that grows, used again for each batch. The writing functions of this room fill it. */
export class JsonOutput {
  /** Valid up to `length`. Another array after `reserve`. */
  bytes = new Uint8Array(65_536);
  /** The same memory, to store several bytes at once. */
  view = new DataView(this.bytes.buffer);
  length = 0;
  /** Values written so far that will read back as another type or value. */
  retyped = 0;
  #read: Uint8Array = this.bytes;
  #readView: DataView = this.view;

  /** Makes room for `size` more bytes; what is written after that within the size needs no check. */
  reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  /** The memory that is read from, to load several bytes at once: made anew only where it is another one than before. */
  viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#read) {
      this.#read = bytes;
      this.#readView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#readView;
  }

  /** Writes bytes as they are, into reserved room. */
  literal(literal: Uint8Array): void {
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < literal.length; i++) bytes[at++] = literal[i]!;
    this.length = at;
  }

  /** Writes ASCII text, into reserved room. */
  ascii(text: string): void {
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  byte(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  /** What has been written: a view, valid until more is written. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
