import { JsonOutput } from "../json/encode-output.ts";
import { blankLength } from "./blanks.ts";

// How a cell that has been written gets the quotes it needs. It is written first, because only then is its text known.

const TAB = 9;
const LF = 10;
const CR = 13;
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

/** Whether a spreadsheet takes a cell of text that begins with this byte for a formula. */
export function beginsFormula(byte: number): boolean {
  return (
    byte === EQUALS || byte === PLUS || byte === MINUS || byte === AT || byte === TAB || byte === CR
  );
}
