import type { RejectCode } from "../../job/reject.ts";
import type { DecoderMemory } from "../codec.ts";

/** What helpers return instead of a position when they found a fault: it then stands in the state. */
export const FAULT = -1;
export type Fault = typeof FAULT;

/** The most bytes that one value's fixed parts take, whatever its strings: `out` always has that much to spare. */
const slack = 128;

/** So many bytes must be there from the NUL behind a text on, because it is read in words. */
export const textPadding = 8;

/** A BSON document may have this many bytes. */
export const maxDocumentBytes = 16_777_216;

/**
 * What the parts of the decoder share while they turn text into BSON: the text, the output, where the output stands, and the
 * fault that was found. Positions are indexes of `src` and `out`.
 *
 * Two promises make the hot loops free of bounds checks:
 * - `src[end]` is a NUL that is no part of the text. No rule of the grammar takes a NUL, so every loop stops there, and a
 *   fault at `end` means: the text is not all here.
 * - whenever `at <= limit`, `out` has room for the rest of the text copied once, and for `slack` bytes more.
 */
export class DecodeState {
  src: Buffer = Buffer.alloc(textPadding);
  srcView: DataView = viewOf(this.src);
  end = 0;

  out: Buffer<ArrayBuffer>;
  view: DataView;
  /** The next byte of output goes here. */
  at = 0;
  /** Beyond this `more` must be asked for room. */
  limit = 0;
  /** Where the present document begins in `out`. */
  documentAt = 0;

  /** BSON type of the value that a helper wrote last. */
  type = 0;
  /** The integer that `readInteger` read last. */
  integer = 0;
  /** Line breaks passed since the caller last set it to 0. */
  breaks = 0;

  faultAt = 0;
  code: RejectCode = "json_syntax";
  message = "";

  /** What outlives the decoder, if there is some. */
  readonly memory: DecoderMemory | null;

  /** @param memory for the output, if there is some */
  constructor(memory: DecoderMemory | null = null) {
    this.memory = memory;
    this.out =
      memory && memory.documents.length >= 4 * slack
        ? memory.documents
        : Buffer.allocUnsafeSlow(64 * 1024);
    this.view = viewOf(this.out);
  }

  /** Takes the text that is parsed from now on: `src[end]` is NUL, `textPadding` bytes from there on are in `src`. */
  setText(src: Buffer, end: number): void {
    if (src !== this.src) this.srcView = viewOf(src);
    this.src = src;
    this.end = end;
  }

  /** Begins a document at `at`. */
  beginDocument(): void {
    this.documentAt = this.at;
    if (!this.hasRoom()) this.grow();
    this.setLimit();
  }

  /** Makes room when `at` is beyond `limit`; false when the document is too large. */
  more(): boolean {
    if (this.at - this.documentAt > maxDocumentBytes) return false;
    if (!this.hasRoom()) this.grow();
    this.setLimit();
    return true;
  }

  fail(code: RejectCode, at: number, message: string): Fault {
    this.code = code;
    this.faultAt = at;
    this.message = message;
    return FAULT;
  }

  /** A byte that may not stand there. */
  unexpected(at: number, expected: string): Fault {
    if (at >= this.end) return this.fail("json_syntax", at, "");
    return this.fail(
      "json_syntax",
      at,
      `Expected ${expected}, found ${describeByte(this.src[at]!)}`,
    );
  }

  private hasRoom(): boolean {
    return this.at <= this.out.length - this.end - slack;
  }

  private grow(): void {
    const old = this.out;
    // BSON is about as long as its text: mostly the first growth is the last.
    const size = Math.max(old.length * 1.5, (this.end + slack) * 2.25, this.at + this.end + slack);
    this.out = Buffer.allocUnsafeSlow(Math.ceil(size));
    this.out.set(old.subarray(0, this.at));
    if (this.memory) this.memory.documents = this.out;
    this.view = viewOf(this.out);
  }

  private setLimit(): void {
    this.limit = Math.min(this.out.length - this.end - slack, this.documentAt + maxDocumentBytes);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function describeByte(byte: number): string {
  if (byte === 0x0a || byte === 0x0d) return "a line break";
  if (byte === 0x09) return "a tab";
  if (byte < 0x20 || byte === 0x7f) {
    return `the control character ${byte.toString(16).padStart(2, "0").toUpperCase()}`;
  }
  if (byte >= 0x80) return `the byte ${byte.toString(16).toUpperCase()}`;
  return byte === 0x22 ? "a quote" : `"${String.fromCharCode(byte)}"`;
}

/** Passes white space and counts its line breaks; gives the position of the first other byte. */
export function skipBlank(state: DecodeState, from: number): number {
  const { src } = state;
  let p = from;
  for (;;) {
    const c = src[p]!;
    if (c === 0x0a) state.breaks++;
    else if (c !== 0x20 && c !== 0x09 && c !== 0x0d) return p;
    p++;
  }
}
