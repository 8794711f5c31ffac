import { JsonOutput } from "../json/encode-output.ts";
import { blankLength } from "./blanks.ts";

// How a cell that has been written gets the quotes it needs. It is written first, because only then is its text known.

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const EQUALS = 61;
const AT = 64;
const BACKSLASH = 92;

/** The header row, with its line end. */
export function headerRow(names: readonly string[]): Uint8Array {
  const output = new JsonOutput();
  for (const [index, text] of names.entries()) {
    const name = Buffer.from(text, "utf8");
    output.reserve(name.length + 1);
    if (index > 0) output.byte(COMMA);
    const start = output.length;
    output.literal(name);
    if (needsQuotes(output.bytes, start, output.length)) quote(output, start);
  }
  endRow(output, 0);
  return output.written();
}

/** Ends the row that began at `start`; what would be a blank line becomes an empty cell. */
export function endRow(output: JsonOutput, start: number): void {
  output.reserve(3);
  if (output.length === start) {
    output.byte(QUOTE);
    output.byte(QUOTE);
  }
  output.byte(LF);
}

/** As Go's csv.Writer decides: for a separator, quote or line break, white space at the start, and `\.` (PostgreSQL's end). */
export function needsQuotes(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte <= COMMA && (byte === COMMA || byte === QUOTE || byte === LF || byte === CR)) {
      return true;
    }
  }
  if (end - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === DOT) return true;
  return blankLength(bytes, start, end) > 0;
}

/** Puts what has been written from `start` on into quotes. */
export function quote(output: JsonOutput, start: number): void {
  let quotes = 0;
  for (let at = start; at < output.length; at++) if (output.bytes[at] === QUOTE) quotes++;
  output.reserve(quotes + 2);
  const { bytes } = output;
  let from = output.length;
  output.length += quotes + 2;
  let to = output.length;
  bytes[--to] = QUOTE;
  // From the end, so that nothing is overwritten before it has been moved.
  while (from > start) {
    const byte = bytes[--from]!;
    bytes[--to] = byte;
    if (byte === QUOTE) bytes[--to] = QUOTE;
  }
  bytes[start] = QUOTE;
}

/**
 * Writes a text that is ASCII and needs no quotes, in words; false, with nothing written, for one that may need more. A space
 * at the begin is such a need, and a comma, quote, control character or byte of another script anywhere.
 */
export function copyPlain(
  output: JsonOutput,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  output.reserve(to - from);
  const source = output.viewOf(bytes);
  const target = output.bytes;
  const { view } = output;
  let o = output.length;
  let at = from;
  if (from < to && (bytes[from] === SPACE || bytes[from] === BACKSLASH)) return false;
  for (; at + 4 <= to; at += 4) {
    const word = source.getInt32(at, true);
    if (!isPlainWord(word)) return false;
    view.setInt32(o, word, true);
    o += 4;
  }
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < SPACE || byte >= 0x80 || byte === COMMA || byte === QUOTE) return false;
    target[o++] = byte;
  }
  output.length = o;
  return true;
}

/** As `isPlain` of JSON's text: no byte is a comma, a quote, a control character or above ASCII. */
function isPlainWord(word: number): boolean {
  const quotes = word ^ 0x22222222;
  const commas = word ^ 0x2c2c2c2c;
  const found =
    word |
    ((word - 0x20202020) & ~word) |
    ((quotes - 0x01010101) & ~quotes) |
    ((commas - 0x01010101) & ~commas);
  return (found & 0x80808080) === 0;
}

/** Writes a text in quotes, its own doubled. */
export function appendQuoted(
  output: JsonOutput,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  output.reserve(2 * (to - from) + 2);
  const source = output.viewOf(bytes);
  const target = output.bytes;
  const { view } = output;
  let o = output.length;
  target[o++] = QUOTE;
  let at = from;
  while (at < to) {
    if (at + 4 <= to) {
      const word = source.getInt32(at, true);
      const quotes = word ^ 0x22222222;
      if (((quotes - 0x01010101) & ~quotes & 0x80808080) === 0) {
        view.setInt32(o, word, true);
        o += 4;
        at += 4;
        continue;
      }
    }
    const byte = bytes[at++]!;
    target[o++] = byte;
    if (byte === QUOTE) target[o++] = QUOTE;
  }
  target[o++] = QUOTE;
  output.length = o;
}

/** Whether a spreadsheet takes a cell of text that begins with this byte for a formula. */
export function beginsFormula(byte: number): boolean {
  return (
    byte === EQUALS || byte === PLUS || byte === MINUS || byte === AT || byte === TAB || byte === CR
  );
}
