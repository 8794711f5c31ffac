/** ASCII text that is written again and again: in words, zeros behind it. */
export interface FixedText {
  words: Int32Array;
  length: number;
}

export function fixedText(text: string): FixedText {
  const words = Int32Array.from({ length: Math.ceil(text.length / 4) }, (_, i) =>
    Buffer.from(text.slice(4 * i, 4 * i + 4).padEnd(4, "\0")).readInt32LE(),
  );
  return { words, length: text.length };
}

/** Bytes being written: one buffer that grows, used again for each batch. The writing functions of this room fill it. */
export class JsonOutput {
  /** Valid up to `length`. Another array after `reserve`. */
  bytes = new Uint8Array(65_536);
  /** The same memory, to store several bytes at once. */
  view = new DataView(this.bytes.buffer);
  length = 0;
  /** Values written so far that will read back as another type or value. */
  retyped = 0;
  /** What is open around the value being written, the outermost first: its type, and where it closes. Kept for the next one. */
  readonly openTypes: number[] = [];
  readonly openEnds: number[] = [];
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

  /** Writes text that was prepared, into reserved room for it and three bytes more. */
  fixed({ words, length }: FixedText): void {
    const { view } = this;
    let at = this.length;
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i]!, true);
    this.length += length;
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
