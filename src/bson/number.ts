import { decimalAt } from "./decimal.ts";
import { bsonType } from "./types.ts";
import { doubleAt, int32At, int64At, safeInt64At } from "./walk.ts";

/** A finite number other than zero, exactly: `±0.digits × 10^exponent`, digits without zeros at either end. */
export interface ExactNumber {
  negative: boolean;
  digits: string;
  exponent: number;
}

/**
 * The value of a Double, Int32, Int64 or Decimal128 as a JavaScript number where that is exact, infinities included; else
 * an Int64 as a BigInt and a Decimal128 as digits. NaN is NaN.
 */
export function numberAt(
  type: number,
  bytes: Uint8Array,
  at: number,
): number | bigint | ExactNumber {
  if (type === bsonType.int32) return int32At(bytes, at);
  if (type === bsonType.double) return doubleAt(bytes, at);
  if (type === bsonType.int64) {
    const safe = safeInt64At(bytes, at);
    return Number.isNaN(safe) ? int64At(bytes, at) : safe;
  }
  const { kind, negative, coefficient, exponent } = decimalAt(bytes, at);
  if (kind === "nan") return NaN;
  if (kind === "infinite") return negative ? -Infinity : Infinity;
  if (coefficient === 0n) return 0;
  return exactOf(negative, coefficient, exponent);
}

/** MongoDB's order of numbers: by exact value over all four types; NaN is lowest and equals NaN, -0 equals 0. */
export function compareNumbers(
  typeA: number,
  bytesA: Uint8Array,
  atA: number,
  typeB: number,
  bytesB: Uint8Array,
  atB: number,
): number {
  const a = numberAt(typeA, bytesA, atA);
  const b = numberAt(typeB, bytesB, atB);
  if (typeof a === "object" || typeof b === "object") return compareWithExact(a, b);
  // JavaScript compares a BigInt with a number by value, without rounding either.
  if (a < b) return -1;
  if (a > b) return 1;
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  return Number.isNaN(b) ? 1 : 0;
}

/** Compares two numbers that are not negative. */
export function compareMagnitudes(a: ExactNumber, b: ExactNumber): number {
  if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -1 : 1;
  if (a.digits === b.digits) return 0;
  // Digits stand behind the point and have no zeros at the end, so the text order is that of the values.
  return a.digits < b.digits ? -1 : 1;
}

/** @param value finite and not zero */
export function exactOfDouble(value: number): ExactNumber {
  const { mantissa, exponent } = binaryParts(Math.abs(value));
  if (exponent >= 0) return exactOf(value < 0, mantissa << BigInt(exponent), 0);
  return exactOf(value < 0, mantissa * 5n ** BigInt(-exponent), exponent);
}

function compareWithExact(
  a: number | bigint | ExactNumber,
  b: number | bigint | ExactNumber,
): number {
  const signA = signOf(a);
  const signB = signOf(b);
  if (signA !== signB) return signA < signB ? -1 : 1;
  return signA * compareMagnitudes(toExact(a), toExact(b)) || 0;
}

/** -3 NaN, -2 -Infinity, -1 negative, 0, 1 positive, 2 Infinity. */
function signOf(value: number | bigint | ExactNumber): number {
  if (typeof value === "object") return value.negative ? -1 : 1;
  if (typeof value === "bigint") return value < 0n ? -1 : 1;
  if (Number.isNaN(value)) return -3;
  return Number.isFinite(value) ? Math.sign(value) : 2 * Math.sign(value);
}

/** @param value not zero, finite */
function toExact(value: number | bigint | ExactNumber): ExactNumber {
  if (typeof value === "object") return value;
  if (typeof value === "number") return exactOfDouble(value);
  return exactOf(value < 0n, value < 0n ? -value : value, 0);
}

/** @param magnitude over 0 */
function exactOf(negative: boolean, magnitude: bigint, exponent: number): ExactNumber {
  const text = magnitude.toString();
  let end = text.length;
  while (text.charCodeAt(end - 1) === 0x30) end--;
  return { negative, digits: text.slice(0, end), exponent: text.length + exponent };
}

const scratch = new DataView(new ArrayBuffer(8));

/** `mantissa × 2^exponent` of a finite number that is not negative. */
function binaryParts(value: number): { mantissa: bigint; exponent: number } {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  if (biased === 0) return { mantissa: fraction, exponent: -1074 };
  return { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}
