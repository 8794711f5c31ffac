import { bsonType } from "../../bson/types.ts";
import {
  isAt,
  isText,
  readAscii,
  readMembers,
  toMember,
  wrongForm,
  wrongFormFor,
} from "./decode-extended-parts.ts";
import { type DecodeState, FAULT, skipBlank } from "./decode-state.ts";
import { hexDigit } from "./decode-string.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const subtypeText = /^[0-9a-f]{1,2}$/i;
const oldSubtype = 2;
const uuidSubtype = 4;

/** `$binary`: `{"base64","subType"}`, or the old form with `$type` behind it. */
export function readBinary(state: DecodeState, from: number): number {
  const quick = readCompactForm(state, from);
  if (quick > 0) return quick;
  return isText(state, from) ? readOldForm(state, from) : readNewForm(state, from);
}

const beforeBase64 = Buffer.from('{"base64":"');
const beforeSubtype = Buffer.from('","subType":"');

/**
 * Reads the form as it is mostly written, without blanks and escapes, without making texts or functions for it; 0 when
 * something else stands there.
 */
function readCompactForm(state: DecodeState, from: number): number {
  const { src, out, view, at } = state;
  if (!isAt(src, from, beforeBase64)) return 0;
  let p = from + beforeBase64.length;
  let o = at + 5;
  for (;;) {
    const bits =
      (sixBits[src[p]!]! << 18) |
      (sixBits[src[p + 1]!]! << 12) |
      (sixBits[src[p + 2]!]! << 6) |
      sixBits[src[p + 3]!]!;
    if (bits < 0) break;
    out[o] = bits >> 16;
    out[o + 1] = bits >> 8;
    out[o + 2] = bits;
    o += 3;
    p += 4;
  }
  if (src[p] !== 0x22) {
    // Two or three digits and their padding.
    const two = (sixBits[src[p]!]! << 6) | sixBits[src[p + 1]!]!;
    if (two < 0 || src[p + 3] !== 0x3d) return 0;
    out[o++] = two >> 4;
    if (src[p + 2] !== 0x3d) {
      const third = sixBits[src[p + 2]!]!;
      if (third < 0) return 0;
      out[o++] = (two << 4) | (third >> 2);
    }
    p += 4;
  }
  if (!isAt(src, p, beforeSubtype)) return 0;
  p += beforeSubtype.length;
  const high = hexDigit(src[p]!);
  const low = hexDigit(src[p + 1]!);
  if (high < 0 || low < 0 || src[p + 2] !== 0x22 || src[p + 3] !== 0x7d) return 0;
  const subtype = high * 16 + low;
  if (subtype === oldSubtype) return 0;
  view.setInt32(at, o - at - 5, true);
  out[at + 4] = subtype;
  state.at = o;
  state.type = bsonType.binary;
  return p + 4;
}

function readNewForm(state: DecodeState, from: number): number {
  let base64 = "";
  let subtype = "";
  let base64At = from;
  let subtypeAt = from;
  const p = readMembers(state, from, "$binary", {
    base64: (valueAt) => {
      base64At = valueAt;
      return readAscii(state, valueAt, "base64 in quotes", (text) => {
        base64 = text;
      });
    },
    subType: (valueAt) => {
      subtypeAt = valueAt;
      return readAscii(state, valueAt, "one or two hex digits in quotes", (text) => {
        subtype = text;
      });
    },
  });
  return p < 0 ? FAULT : writeBinary(state, base64, base64At, subtype, subtypeAt, p);
}

/** `{"$binary":"AQI=","$type":"00"}`, from the text. */
function readOldForm(state: DecodeState, from: number): number {
  let base64 = "";
  let subtype = "";
  let key = "";
  let p = readAscii(state, from, "base64 in quotes", (text) => {
    base64 = text;
  });
  if (p < 0) return FAULT;
  p = skipBlank(state, p);
  if (state.src[p] !== 0x2c) {
    if (p >= state.end) return state.fail("json_syntax", p, "");
    return wrongForm(state, p, "Behind the text of $binary must stand $type");
  }
  const keyAt = skipBlank(state, p + 1);
  p = readAscii(state, keyAt, "the key $type", (text) => {
    key = text;
  });
  if (p < 0) return FAULT;
  if (key !== "$type") {
    return wrongForm(state, keyAt, "Behind the text of $binary must stand $type");
  }
  const subtypeAt = toMember(state, p);
  if (subtypeAt < 0) return FAULT;
  p = readAscii(state, subtypeAt, "one or two hex digits in quotes", (text) => {
    subtype = text;
  });
  return p < 0 ? FAULT : writeBinary(state, base64, from, subtype, subtypeAt, p);
}

/** `$uuid`: a binary of subtype 4. */
export function readUuid(state: DecodeState, from: number): number {
  const takes = "a UUID as 8-4-4-4-12 hex digits in quotes";
  if (!isText(state, from) && from < state.end) return wrongFormFor(state, from, "$uuid", takes);
  let found = "";
  const p = readAscii(state, from, takes, (text) => {
    found = text;
  });
  if (p < 0) return FAULT;
  if (!uuid.test(found)) return wrongFormFor(state, from, "$uuid", takes);
  const { out, view, at } = state;
  view.setInt32(at, 16, true);
  out[at + 4] = uuidSubtype;
  out.write(found.replaceAll("-", ""), at + 5, "hex");
  state.at = at + 21;
  state.type = bsonType.binary;
  return p;
}

function writeBinary(
  state: DecodeState,
  base64: string,
  base64At: number,
  subtypeDigits: string,
  subtypeAt: number,
  behind: number,
): number {
  if (!subtypeText.test(subtypeDigits)) {
    return wrongForm(state, subtypeAt, "A binary subtype is one or two hex digits in quotes");
  }
  const subtype = Number.parseInt(subtypeDigits, 16);
  const { out, view, at } = state;
  // Subtype 2 says its length once more within.
  const dataAt = subtype === oldSubtype ? at + 9 : at + 5;
  const size = decodeBase64(base64, out, dataAt);
  if (size < 0) return wrongForm(state, base64At, "Not base64 with its padding");
  view.setInt32(at, dataAt + size - at - 5, true);
  out[at + 4] = subtype;
  if (subtype === oldSubtype) view.setInt32(at + 5, size, true);
  state.at = dataAt + size;
  state.type = bsonType.binary;
  return behind;
}

/** What a digit stands for; -1 for other bytes. */
const sixBits = new Int8Array(256).fill(-1);
for (const [value, digit] of Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
).entries()) {
  sixBits[digit.charCodeAt(0)] = value;
}

/**
 * Writes the bytes that a base64 text stands for and gives their number; -1 when it is none. Line breaks within are passed
 * over, padding is a must, bits that are left over may be anything: as mongoimport has it.
 */
function decodeBase64(text: string, out: Uint8Array, at: number): number {
  let o = at;
  let bits = 0;
  let digits = 0;
  let padding = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x0a || c === 0x0d) continue;
    if (c === 0x3d) {
      padding++;
      continue;
    }
    const value = c < 128 ? sixBits[c]! : -1;
    if (value < 0 || padding > 0) return -1;
    bits = ((bits << 6) | value) & 0xffffff;
    digits++;
    if (digits % 4 === 0) {
      out[o++] = bits >> 16;
      out[o++] = bits >> 8;
      out[o++] = bits;
    }
  }
  const rest = digits % 4;
  if (rest === 1 || padding !== (4 - rest) % 4) return -1;
  if (rest === 2) out[o++] = bits >> 4;
  if (rest === 3) {
    out[o++] = bits >> 10;
    out[o++] = bits >> 2;
  }
  return o - at;
}
