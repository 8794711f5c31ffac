import { utf8Length } from "../../bson/utf8.ts";
import type { JsonOutput } from "./encode-output.ts";

const quote = 0x22;

/** What a byte of text becomes: 0 itself, 1 `\u00xx`, 2 it begins a character of several bytes, else the letter behind `\`. */
const treatment = new Uint8Array(256);
const unicodeEscape = 1;
const multibyte = 2;
treatment.fill(unicodeEscape, 0, 0x20);
treatment.fill(multibyte, 0x80);
for (const [byte, letter] of [
  [quote, '"'],
  [0x5c, "\\"],
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0c, "f"],
  [0x0d, "r"],
] as const) {
  treatment[byte] = letter.charCodeAt(0);
}

/**
 * Writes `bytes[from … to)` as a JSON string, quotes included, escaped as mongoexport does: quote, backslash, control
 * characters, U+2028 and U+2029; each byte that is not UTF-8 becomes `\ufffd`, and the string counts as retyped.
 */
export function writeText(output: JsonOutput, bytes: Uint8Array, from: number, to: number): void {
  output.reserve(textBound(bytes, from, to));
  output.byte(quote);
  writeTextFrom(output, bytes, from, to);
}

/** Goes on with a string that is written up to `from`; room is made. */
export function writeTextFrom(
  output: JsonOutput,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  const source = output.viewOf(bytes);
  const target = output.bytes;
  const targetView = output.view;
  let at = output.length;
  let bad = false;
  let i = from;
  while (i < to) {
    const byte = bytes[i]!;
    const kind = treatment[byte]!;
    if (kind === 0) {
      target[at++] = byte;
      i++;
      while (i + 4 <= to) {
        const word = source.getInt32(i, true);
        if (specialBytes(word) !== 0) break;
        targetView.setInt32(at, word, true);
        at += 4;
        i += 4;
      }
    } else if (byte >= 0xe3 && byte <= 0xec && i + 3 <= to && areContinuations(bytes, i + 1)) {
      // U+3000 to U+CFFF, Chinese and Japanese: what needs no closer look.
      target[at++] = byte;
      target[at++] = bytes[i + 1]!;
      target[at++] = bytes[i + 2]!;
      i += 3;
    } else if (kind === multibyte) {
      const length = utf8Length(bytes, i, to);
      if (length === 0) {
        bad = true;
        at = appendUnicodeEscape(target, at, 0xfffd);
        i++;
      } else if (length === 3 && isLineSeparator(bytes, i)) {
        at = appendUnicodeEscape(target, at, 0x1f80 + bytes[i + 2]!);
        i += 3;
      } else {
        const end = i + length;
        while (i < end) target[at++] = bytes[i++]!;
      }
    } else if (kind === unicodeEscape) {
      at = appendUnicodeEscape(target, at, byte);
      i++;
    } else {
      target[at++] = 0x5c;
      target[at++] = kind;
      i++;
    }
  }
  target[at++] = quote;
  output.length = at;
  if (bad) output.retyped++;
}

/**
 * The top bit of each of four bytes that is no ASCII, a control character, a quote or a backslash; the lowest one that is set is
 * exact: a byte has its top bit set in `(b - 1) & ~b` where it is 0 (or behind one that is), and in `(b - 0x20) & ~b` where it is
 * under 0x20.
 */
export function specialBytes(word: number): number {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  return (
    (word |
      ((word - 0x20202020) & ~word) |
      ((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes)) &
    0x80808080
  );
}

/** Bytes that the text needs at most. Six for each byte, but counted where that would be a lot of memory. */
function textBound(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length <= 16_384) return 6 * length + 2;
  let bound = length + 2;
  for (let i = from; i < to; i++) {
    const kind = treatment[bytes[i]!]!;
    if (kind !== 0) bound += 5;
  }
  return bound;
}

/** Whether the two bytes at `at` are continuation bytes. */
function areContinuations(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & 0xc0) === 0x80 && (bytes[at + 1]! & 0xc0) === 0x80;
}

/** U+2028 or U+2029, of three bytes at `at`. */
function isLineSeparator(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && (bytes[at + 2]! & 0xfe) === 0xa8;
}

function appendUnicodeEscape(target: Uint8Array, start: number, unit: number): number {
  let at = start;
  target[at++] = 0x5c;
  target[at++] = 0x75;
  for (let shift = 12; shift >= 0; shift -= 4) target[at++] = hexDigits[(unit >>> shift) & 15]!;
  return at;
}

/** The bytes of the lower-case hexadecimal digits. */
export const hexDigits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** The two digits of each byte, the first in the low byte. */
const hexPairs = Uint16Array.from(
  { length: 256 },
  (_, byte) => hexDigits[byte >>> 4]! | (hexDigits[byte & 15]! << 8),
);

/** Writes bytes as lower-case hexadecimal digits, into reserved room. */
export function writeHex(output: JsonOutput, bytes: Uint8Array, from: number, to: number): void {
  const { view } = output;
  let at = output.length;
  let i = from;
  for (; i + 2 <= to; i += 2) {
    view.setInt32(at, hexPairs[bytes[i]!]! | (hexPairs[bytes[i + 1]!]! << 16), true);
    at += 4;
  }
  if (i < to) {
    view.setUint16(at, hexPairs[bytes[i]!]!, true);
    at += 2;
  }
  output.length = at;
}
