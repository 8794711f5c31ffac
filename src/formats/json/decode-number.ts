import { bsonType } from "../../bson/types.ts";
import { nearestDouble, powersOfTen } from "./decode-double.ts";
import { int64, readInt64 } from "./decode-int64.ts";
import { parseDecimal, writeDecimal } from "./decode-decimal.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";

/**
 * Reads the number at `from` (a `-` or a digit), writes its value at `state.at` and sets `state.type`.
 *
 * Without `.` and exponent it is an Int32, an Int64, a double where that is exact, or a Decimal128 of up to 34 significant
 * digits, the first of these that holds it; `-0` is the double -0.0. With `.` or exponent it is the nearest double.
 * @returns the position behind it, or FAULT.
 */
export function readNumber(state: DecodeState, from: number): number {
  const { src } = state;
  const negative = src[from] === 0x2d;
  const first = negative ? from + 1 : from;
  let p = first;
  let c = src[p]!;
  if (!isDigit(c)) return state.unexpected(p, "a digit");
  // Exact while below 2^53; the digits decide whether that holds.
  let mantissa = 0;
  while (isDigit(c)) {
    mantissa = mantissa * 10 + (c - 0x30);
    c = src[++p]!;
  }
  const digits = p - first;
  if (digits > 1 && src[first] === 0x30) {
    return state.fail("json_syntax", first + 1, "A number has no leading zeros");
  }
  const integer = c !== 0x2e && c !== 0x65 && c !== 0x45;
  if (integer) {
    if (p === state.end) return state.fail("json_syntax", p, "");
    return writeInteger(state, from, p, negative, digits, mantissa) ? p : FAULT;
  }
  return readDouble(state, from, first, p, mantissa);
}

/**
 * Goes on at the `.` or `e` at `behindInteger`. Digits behind the point are summed up as two integers of nine, which is faster
 * than as doubles and exact.
 */
function readDouble(
  state: DecodeState,
  from: number,
  first: number,
  behindInteger: number,
  integer: number,
): number {
  const { src } = state;
  let p = behindInteger;
  let c = src[p]!;
  let high = integer;
  let low = 0;
  let lowDigits = 0;
  let scale = 0;
  let exact = p - first < 16;
  if (c === 0x2e) {
    const fraction = p + 1;
    c = src[++p]!;
    if (!isDigit(c)) return state.unexpected(p, "a digit after the decimal point");
    let group = 0;
    while (isDigit(c) && p - fraction < 9) {
      group = (group * 10 + c - 0x30) | 0;
      c = src[++p]!;
    }
    high = high * powersOfTen[p - fraction]! + group;
    const second = p;
    while (isDigit(c) && p - second < 9) {
      low = (low * 10 + c - 0x30) | 0;
      c = src[++p]!;
    }
    lowDigits = p - second;
    exact &&= !isDigit(c);
    while (isDigit(c)) c = src[++p]!;
    scale = fraction - p;
  }
  if (c === 0x65 || c === 0x45) {
    c = src[++p]!;
    const down = c === 0x2d;
    if (down || c === 0x2b) c = src[++p]!;
    if (!isDigit(c)) return state.unexpected(p, "a digit in the exponent");
    let exponent = 0;
    while (isDigit(c)) {
      exponent = exponent * 10 + (c - 0x30);
      c = src[++p]!;
    }
    scale += down ? -exponent : exponent;
  }
  if (p === state.end) return state.fail("json_syntax", p, "");
  let value = exact ? nearestDouble(high, low, lowDigits, scale) : Number.NaN;
  if (Number.isNaN(value)) value = Number(src.toString("latin1", first, p));
  if (value === Infinity) {
    return state.fail("number_range", from, "No double is that large");
  }
  writeDouble(state, first > from ? -value : value);
  return p;
}

export function writeDouble(state: DecodeState, value: number): void {
  state.view.setFloat64(state.at, value, true);
  state.at += 8;
  state.type = bsonType.double;
}

/** @param mantissa the size of it as a double, exact up to 15 digits */
function writeInteger(
  state: DecodeState,
  from: number,
  to: number,
  negative: boolean,
  digits: number,
  mantissa: number,
): boolean {
  if (digits < 16) {
    if (mantissa === 0 && negative) writeDouble(state, -0);
    else writeSafeInteger(state, negative ? -mantissa : mantissa);
    return true;
  }
  if (digits < 20 && writeInt64(state, to - digits, digits, negative)) return true;
  const text = state.src.toString("latin1", from, to);
  const double = Number(text);
  // 309 digits are more than any double has.
  if (digits <= 309 && Number.isFinite(double) && BigInt(double) === BigInt(text)) {
    writeDouble(state, double);
    return true;
  }
  const decimal = parseDecimal(text);
  if (!decimal) {
    state.fail("number_range", from, "Neither a double nor a Decimal128 holds this number exactly");
    return false;
  }
  writeDecimal(state, decimal);
  return true;
}

/** Writes an integer below 2^53 as Int32 or Int64. */
export function writeSafeInteger(state: DecodeState, value: number): void {
  const { view, at } = state;
  view.setInt32(at, value, true);
  if (value === value >> 0) {
    state.at = at + 4;
    state.type = bsonType.int32;
    return;
  }
  view.setInt32(at + 4, Math.floor(value / 4294967296), true);
  state.at = at + 8;
  state.type = bsonType.int64;
}

function writeInt64(state: DecodeState, from: number, digits: number, negative: boolean): boolean {
  if (!readInt64(state.src, from, digits, negative)) return false;
  const { view, at } = state;
  view.setInt32(at, int64.low, true);
  view.setInt32(at + 4, int64.high, true);
  state.at = at + 8;
  state.type = bsonType.int64;
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
