import { compareMagnitudes, exactOfDouble, numberAt } from "./number.ts";
import type { ExactNumber } from "./number.ts";
import { bsonType } from "./types.ts";
import { doubleAt, int32At, int64At, safeInt64At } from "./walk.ts";

// The key of a number, the same for equal values of all four types. First the class byte, by magnitude m:
//
//   0x10 NaN   0x11 -Infinity   0x1c zero   0x27 Infinity
//   0x1d  m < 1               the double at or below m (8 bytes, big-endian), a mark
//   0x1e … 0x24  m < 2^53     in 1 to 7 bytes: the whole part times 2, plus 1 where there is a fraction; then, with a fraction:
//                             7 bytes of the fraction of the double at or below m, a mark
//   0x25  m < 2^64            the whole part in 8 bytes, a mark
//   0x26  larger              the double at or below m, a mark
//
// The mark is 0 where what stands before it is the number; else 1, and the number's digits in base 100 follow: the decimal
// exponent (2 bytes, biased), then each digit doubled, plus 1 where another follows. So only decimals between two doubles
// and fractions of large ones cost more than a few bytes.
//
// A negative number has the class mirrored (0x1b for 0x1d …) and all further bytes complemented.

const nan = 0x10;
const negativeInfinity = 0x11;
const zero = 0x1c;
const infinity = 0x27;
const small = 0x1d;
const wholeBytes = 0x1d; // plus 1 to 7
const wide = 0x25;
const large = 0x26;

const exponentBias = 0x8000;

/** Writes the key and gives the position behind it: at most 46 bytes. */
export function appendNumberKey(
  target: Uint8Array,
  at: number,
  type: number,
  bytes: Uint8Array,
  from: number,
): number {
  if (type === bsonType.int32) {
    const value = int32At(bytes, from);
    return appendFinite(target, at, value < 0, Math.abs(value));
  }
  if (type === bsonType.double) return appendDouble(target, at, doubleAt(bytes, from));
  if (type === bsonType.int64) {
    const value = safeInt64At(bytes, from);
    if (Number.isNaN(value)) return appendWide(target, at, int64At(bytes, from));
    return appendFinite(target, at, value < 0, Math.abs(value));
  }
  const value = numberAt(type, bytes, from);
  if (typeof value === "object") return appendExact(target, at, value);
  return appendDouble(target, at, Number(value));
}

function appendDouble(target: Uint8Array, at: number, value: number): number {
  if (value !== value) return single(target, at, nan);
  if (value === Infinity) return single(target, at, infinity);
  if (value === -Infinity) return single(target, at, negativeInfinity);
  return appendFinite(target, at, value < 0, Math.abs(value));
}

function single(target: Uint8Array, at: number, byte: number): number {
  target[at] = byte;
  return at + 1;
}

/** A number that is a double. */
function appendFinite(
  target: Uint8Array,
  at: number,
  negative: boolean,
  magnitude: number,
): number {
  if (magnitude === 0) return single(target, at, zero);
  const end = appendMagnitude(target, at, magnitude, null);
  return negative ? mirror(target, at, end) : end;
}

/** An Int64 beyond ±2^53. */
function appendWide(target: Uint8Array, at: number, value: bigint): number {
  target[at] = wide;
  const end = appendWhole(target, at + 1, value < 0n ? -value : value);
  target[end] = 0;
  return value < 0n ? mirror(target, at, end + 1) : end + 1;
}

function appendExact(target: Uint8Array, at: number, value: ExactNumber): number {
  const end = appendExactMagnitude(target, at, value);
  return value.negative ? mirror(target, at, end) : end;
}

function appendExactMagnitude(target: Uint8Array, at: number, value: ExactNumber): number {
  const { digits, exponent } = value;
  // 2^53 has 16 digits and 2^64 has 20.
  if (exponent >= 16 && exponent <= 20) {
    const whole = BigInt(digits.slice(0, exponent).padEnd(exponent, "0"));
    if (whole >= 1n << 53n && whole < 1n << 64n) {
      target[at] = wide;
      const end = appendWhole(target, at + 1, whole);
      return appendMark(target, end, digits.length > exponent ? value : null);
    }
  }
  const below = doubleAtOrBelow(value);
  const exact = below !== 0 && compareMagnitudes(exactOfDouble(below), value) === 0;
  return appendMagnitude(target, at, below, exact ? null : value);
}

/**
 * The class and what follows it of the number whose next double below is `double`.
 * @param rest the number itself where it is not `double`
 */
function appendMagnitude(
  target: Uint8Array,
  start: number,
  double: number,
  rest: ExactNumber | null,
): number {
  let at = start;
  if (double < 1 || double >= 2 ** 64) {
    target[at++] = double < 1 ? small : large;
    at = appendBits(target, at, double);
    return appendMark(target, at, rest);
  }
  const whole = Math.floor(double);
  if (whole >= 2 ** 53) {
    target[at++] = wide;
    at = appendUint32(target, at, Math.floor(whole / 2 ** 32));
    at = appendUint32(target, at, whole % 2 ** 32);
    return appendMark(target, at, rest);
  }
  const fraction = double - whole;
  const hasFraction = fraction !== 0 || rest !== null;
  at = appendWholeAndFlag(target, at, whole, hasFraction ? 1 : 0);
  if (!hasFraction) return at;
  // From 1 on, a double's fraction is a multiple of 2^-52, so 56 bits hold it.
  const high = Math.floor(fraction * 2 ** 24);
  target[at] = high >>> 16;
  target[at + 1] = high >>> 8;
  target[at + 2] = high;
  at = appendUint32(target, at + 3, (fraction * 2 ** 24 - high) * 2 ** 32);
  return appendMark(target, at, rest);
}

function appendWholeAndFlag(
  target: Uint8Array,
  start: number,
  whole: number,
  flag: number,
): number {
  const high = Math.floor(whole / 2 ** 31);
  const low = (whole % 2 ** 31) * 2 + flag;
  const count = high === 0 ? bytesOf(low) : 4 + bytesOf(high);
  target[start] = wholeBytes + count;
  let at = start + 1;
  for (let i = count - 1; i >= 4; i--) target[at++] = high >>> (8 * (i - 4));
  for (let i = Math.min(count, 4) - 1; i >= 0; i--) target[at++] = low >>> (8 * i);
  return at;
}

/** How many bytes a Uint32 other than 0 takes. */
function bytesOf(value: number): number {
  return 4 - (Math.clz32(value) >>> 3);
}

function appendBits(target: Uint8Array, at: number, double: number): number {
  scratch.setFloat64(0, double);
  for (let i = 0; i < 8; i++) target[at + i] = scratch.getUint8(i);
  return at + 8;
}

/** @param whole under 2^64 */
function appendWhole(target: Uint8Array, at: number, whole: bigint): number {
  scratch.setBigUint64(0, whole);
  for (let i = 0; i < 8; i++) target[at + i] = scratch.getUint8(i);
  return at + 8;
}

function appendUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

function appendMark(target: Uint8Array, at: number, rest: ExactNumber | null): number {
  if (!rest) return single(target, at, 0);
  target[at] = 1;
  const exponent = Math.ceil(rest.exponent / 2);
  const biased = exponent + exponentBias;
  target[at + 1] = biased >>> 8;
  target[at + 2] = biased;
  const even = rest.exponent % 2 === 0 ? rest.digits : `0${rest.digits}`;
  const digits = even.length % 2 === 0 ? even : `${even}0`;
  let end = at + 3;
  for (let i = 0; i < digits.length; i += 2) {
    const pair = (digits.charCodeAt(i) - 0x30) * 10 + digits.charCodeAt(i + 1) - 0x30;
    target[end++] = pair * 2 + (i + 2 < digits.length ? 1 : 0);
  }
  return end;
}

function mirror(target: Uint8Array, from: number, to: number): number {
  target[from] = 2 * zero - target[from]!;
  for (let i = from + 1; i < to; i++) target[i] = ~target[i]!;
  return to;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The largest double that is not over the magnitude. */
function doubleAtOrBelow(value: ExactNumber): number {
  const nearest = Number(`0.${value.digits}e${value.exponent}`);
  if (nearest === 0) return 0;
  if (nearest === Infinity) return Number.MAX_VALUE;
  if (compareMagnitudes(exactOfDouble(nearest), value) <= 0) return nearest;
  scratch.setFloat64(0, nearest);
  scratch.setBigUint64(0, scratch.getBigUint64(0) - 1n);
  return scratch.getFloat64(0);
}
