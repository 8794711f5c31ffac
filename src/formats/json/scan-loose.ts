import { behindSolid, isBlank } from "./split.ts";

const LINE_BREAK = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;

/** Finds the end of what stands where a record should and begins with no bracket, in as many pieces as it comes in. */
export class LooseText {
  /** Offset behind the last byte that is not blank. */
  solid = 0;
  /** Line breaks passed by `toDelimiter`. */
  breaks = 0;
  /** Offset behind the last of them, 0 when there is none. */
  lineStart = 0;

  private offset = 0;
  private inString = false;
  private escaped = false;

  begin(offset: number): void {
    this.offset = offset;
    this.solid = offset;
    this.breaks = 0;
    this.lineStart = 0;
    this.inString = false;
    this.escaped = false;
  }

  /**
   * In a sequence: goes on to the end of the line.
   * @param base file offset of the first byte
   * @returns the index of the line break, or -1 when none came
   */
  toLineEnd(bytes: Uint8Array, from: number, to: number, base: number): number {
    const text = bytes.subarray(0, to);
    const found = text.indexOf(LINE_BREAK, from);
    const solid = behindSolid(text, from, found < 0 ? to : found);
    if (solid > from) this.solid = base + solid;
    return found;
  }

  /**
   * In an array: goes on to a comma or a bracket that is not in a string. A string ends with its line.
   * @returns its index, or -1 when none came
   */
  toDelimiter(bytes: Uint8Array, from: number, to: number, base: number): number {
    for (let i = from; i < to; i++) {
      const c = bytes[i]!;
      if (c === LINE_BREAK) {
        this.breaks++;
        this.lineStart = base + i + 1;
        this.inString = false;
        this.escaped = false;
        continue;
      }
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (c === BACKSLASH) this.escaped = true;
        else if (c === QUOTE) this.inString = false;
      } else if (c === QUOTE) {
        this.inString = true;
      } else if (isDelimiter(c) && base + i > this.offset) {
        return i;
      }
      if (!isBlank(c)) this.solid = base + i + 1;
    }
    return -1;
  }
}

function isDelimiter(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACKET || byte === OPEN_BRACE || byte === OPEN_BRACKET;
}
