import { utf8Length } from "../../bson/utf8.ts";
import { describeByte, type DecodeState, type Fault } from "./decode-state.ts";

/** 1 for bytes that stand for themselves within a string: ASCII but for `"`, `\` and control characters. */
const plainBytes: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

/**
 * Tells the bytes of a word (little endian) that are not plain: the lowest bit that is set is the top bit of the first one;
 * 0 when all four are plain. Bits above the lowest may be wrong.
 *
 * `(x - 0x01…) & ~x & 0x80…` finds the zero bytes of x, and borrows only from bytes above the first one; with 0x20… in place of
 * 0x01… it finds those below 0x20.
 */
export function specialIn(word: number): number {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  return (
    (((word - 0x20202020) & ~word) |
      ((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes) |
      word) &
    0x80808080
  );
}

/** How many bytes of the word stand before the first special one. */
export function bytesBefore(special: number): number {
  return (31 - Math.clz32(special & -special)) >> 3;
}

const quote = 0x22;
const backslash = 0x5c;

/**
 * Copies the text of a string from `from`, which is within it, to `state.at`, with escapes undone and UTF-8 checked.
 * A surrogate without its other half becomes U+FFFD.
 * @returns the position of the closing quote, or FAULT.
 */
export function copyText(state: DecodeState, from: number): number {
  const { src, srcView, out, view } = state;
  let p = from;
  let o = state.at;
  for (;;) {
    let c = src[p]!;
    if (plainBytes[c] === 1) {
      let word = srcView.getInt32(p, true);
      let special = specialIn(word);
      while (special === 0) {
        view.setInt32(o, word, true);
        o += 4;
        p += 4;
        word = srcView.getInt32(p, true);
        special = specialIn(word);
      }
      view.setInt32(o, word, true);
      const plain = bytesBefore(special);
      o += plain;
      p += plain;
      c = src[p]!;
    }
    if (c === quote) {
      state.at = o;
      return p;
    }
    if (c >= 0x80) {
      // The common case first: three bytes, as most of the world's scripts outside Latin, Greek and Cyrillic have.
      const second = src[p + 1]!;
      const third = src[p + 2]!;
      if (
        c > 0xe0 &&
        c < 0xf0 &&
        c !== 0xed &&
        (second & 0xc0) === 0x80 &&
        (third & 0xc0) === 0x80
      ) {
        out[o] = c;
        out[o + 1] = second;
        out[o + 2] = third;
        o += 3;
        p += 3;
        continue;
      }
      const length = utf8Length(src, p, state.end);
      if (length === 0) return badUtf8(state, p);
      for (let i = 0; i < length; i++) out[o++] = src[p++]!;
      continue;
    }
    if (c !== backslash) return badByte(state, p);
    const escaped = simpleEscapes[src[p + 1]!]!;
    if (escaped !== 0) {
      out[o++] = escaped;
      p += 2;
      continue;
    }
    if (src[p + 1] !== 0x75) return badEscape(state, p + 1);
    let unit = hex4(src, p + 2);
    if (unit < 0) return badHex(state, p + 2);
    p += 6;
    if (unit >= 0xd800 && unit < 0xdc00 && src[p] === backslash && src[p + 1] === 0x75) {
      const low = hex4(src, p + 2);
      if (low < 0) return badHex(state, p + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
      }
    }
    o = putCodePoint(out, o, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
  }
}

function putCodePoint(out: Uint8Array, at: number, point: number): number {
  let o = at;
  if (point < 0x80) {
    out[o++] = point;
  } else if (point < 0x800) {
    out[o++] = 0xc0 | (point >> 6);
    out[o++] = 0x80 | (point & 0x3f);
  } else if (point < 0x10000) {
    out[o++] = 0xe0 | (point >> 12);
    out[o++] = 0x80 | ((point >> 6) & 0x3f);
    out[o++] = 0x80 | (point & 0x3f);
  } else {
    out[o++] = 0xf0 | (point >> 18);
    out[o++] = 0x80 | ((point >> 12) & 0x3f);
    out[o++] = 0x80 | ((point >> 6) & 0x3f);
    out[o++] = 0x80 | (point & 0x3f);
  }
  return o;
}

/** Value of four hex digits, or -1. */
function hex4(src: Uint8Array, from: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(src[from + i] ?? 0);
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

/** Value of a hex digit of any case, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const simpleEscapes = new Uint8Array(256);
for (const [letter, text] of Object.entries({
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
})) {
  simpleEscapes[letter.charCodeAt(0)] = text.charCodeAt(0);
}

function badUtf8(state: DecodeState, at: number): Fault {
  // A character that the end of the text cuts in two is no fault of the text yet.
  const rest = state.end - at;
  const cut = rest < 4 && isPrefix(state.src, at, rest);
  if (cut) return state.fail("json_syntax", state.end, "");
  const byte = state.src[at]!.toString(16).toUpperCase();
  return state.fail("invalid_utf8", at, `The byte ${byte} begins no well-formed UTF-8 character`);
}

/** Whether `length` bytes could be the begin of a character. */
function isPrefix(src: Uint8Array, at: number, length: number): boolean {
  const first = src[at]!;
  if (first < 0xc2 || first > 0xf4) return false;
  for (let i = 1; i < length; i++) {
    if ((src[at + i]! & 0xc0) !== 0x80) return false;
  }
  return true;
}

function badByte(state: DecodeState, at: number): Fault {
  if (at >= state.end) return state.fail("json_syntax", at, "");
  return state.fail(
    "json_syntax",
    at,
    `Within a string ${describeByte(state.src[at]!)} must be escaped`,
  );
}

function badEscape(state: DecodeState, at: number): Fault {
  if (at >= state.end) return state.fail("json_syntax", state.end, "");
  return state.fail(
    "json_syntax",
    at,
    `${describeByte(state.src[at]!)} after a backslash is no escape`.replace(/^a/, "A"),
  );
}

function badHex(state: DecodeState, from: number): Fault {
  let at = from;
  while (at < state.end && hexDigit(state.src[at]!) >= 0) at++;
  return state.unexpected(at, "four hex digits after \\u");
}
