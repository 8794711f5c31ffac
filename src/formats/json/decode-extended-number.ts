import { bsonType } from "../../bson/types.ts";
import { minExponent, parseDecimal, writeDecimal } from "./decode-decimal.ts";
import { readAscii, wrongFormFor } from "./decode-extended-parts.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";
import { writeDouble } from "./decode-number.ts";
import { parseFloatText } from "./decode-float-text.ts";

const integer = /^[+-]?\d+$/;
/** Digits of a size no longer than this cannot lose any as a double. */
const safeLength = 15;

export function readIntText(state: DecodeState, from: number): number {
  const takes = "an integer from -2147483648 to 2147483647 in quotes";
  return readNumberText(state, from, "$numberInt", takes, (text) => {
    if (!integer.test(text)) return false;
    const value = Number(text);
    if (value < -2147483648 || value > 2147483647) return false;
    state.view.setInt32(state.at, value, true);
    state.at += 4;
    state.type = bsonType.int32;
    return true;
  });
}

export function readLongText(state: DecodeState, from: number): number {
  const quick = readShortLong(state, from);
  if (quick > 0) return quick;
  const takes = "an integer from -9223372036854775808 to 9223372036854775807 in quotes";
  return readNumberText(state, from, "$numberLong", takes, (text) => writeLongText(state, text));
}

/** Reads up to 15 digits in quotes as an Int64, without making a text of them; 0 when something else stands there. */
export function readShortLong(state: DecodeState, from: number): number {
  const { src, view, at } = state;
  if (src[from] !== 0x22) return 0;
  const negative = src[from + 1] === 0x2d;
  const first = negative ? from + 2 : from + 1;
  let p = first;
  let value = 0;
  while (src[p]! >= 0x30 && src[p]! <= 0x39) value = value * 10 + (src[p++]! - 0x30);
  if (src[p] !== 0x22 || p === first || p - first > safeLength) return 0;
  if (negative) value = -value;
  view.setInt32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / 4294967296), true);
  state.at = at + 8;
  state.type = bsonType.int64;
  return p + 1;
}

/** Writes a decimal text as an Int64; false when it is none. */
export function writeLongText(state: DecodeState, text: string): boolean {
  if (!integer.test(text)) return false;
  if (text.length <= safeLength) {
    const value = Number(text);
    state.view.setInt32(state.at, value, true);
    state.view.setInt32(state.at + 4, Math.floor(value / 4294967296), true);
  } else {
    // BigInt takes no plus sign, and time in the square of the length.
    const digits = text.replace(/^([+-]?)0+(?=\d)/, "$1").replace("+", "");
    if (digits.length > 20) return false;
    const value = BigInt(digits);
    if (BigInt.asIntN(64, value) !== value) return false;
    state.view.setBigInt64(state.at, value, true);
  }
  state.at += 8;
  state.type = bsonType.int64;
  return true;
}

export function readDoubleText(state: DecodeState, from: number): number {
  const takes = "a number, NaN or Infinity in quotes";
  return readNumberText(state, from, "$numberDouble", takes, (text) => {
    const value = parseFloatText(text);
    if (value === null) return false;
    writeDouble(state, value);
    return true;
  });
}

export function readDecimalText(state: DecodeState, from: number): number {
  const quick = readShortDecimal(state, from);
  if (quick > 0) return quick;
  const takes = "a number that 34 digits hold, NaN or Infinity in quotes";
  return readNumberText(state, from, "$numberDecimal", takes, (text) => {
    const decimal = parseDecimal(text);
    if (!decimal) return false;
    writeDecimal(state, decimal);
    return true;
  });
}

/**
 * Reads up to 15 digits in quotes, a point among them or not, as a Decimal128, without making a text of them; 0 when something
 * else stands there.
 */
function readShortDecimal(state: DecodeState, from: number): number {
  const { src, view, at } = state;
  if (src[from] !== 0x22) return 0;
  const negative = src[from + 1] === 0x2d;
  const first = negative ? from + 2 : from + 1;
  let p = first;
  let value = 0;
  while (src[p]! >= 0x30 && src[p]! <= 0x39) value = value * 10 + (src[p++]! - 0x30);
  if (p === first) return 0;
  let digits = p - first;
  let exponent = 0;
  if (src[p] === 0x2e) {
    const point = p++;
    while (src[p]! >= 0x30 && src[p]! <= 0x39) value = value * 10 + (src[p++]! - 0x30);
    exponent = point + 1 - p;
    digits -= exponent;
  }
  if (src[p] !== 0x22 || digits > safeLength) return 0;
  view.setInt32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / 4294967296), true);
  view.setInt32(at + 8, 0, true);
  view.setInt32(at + 12, (negative ? 1 << 31 : 0) | ((exponent - minExponent) << 17), true);
  state.at = at + 16;
  state.type = bsonType.decimal;
  return p + 1;
}

function readNumberText(
  state: DecodeState,
  from: number,
  name: string,
  takes: string,
  write: (text: string) => boolean,
): number {
  let written = false;
  let text = "";
  if (state.src[from] !== 0x22 && from < state.end) return wrongFormFor(state, from, name, takes);
  const p = readAscii(state, from, takes, (found) => {
    text = found;
  });
  if (p < 0) return FAULT;
  written = write(text);
  return written ? p : wrongFormFor(state, from, name, takes);
}
