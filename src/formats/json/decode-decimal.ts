import { bsonType } from "../../bson/types.ts";
import type { DecodeState } from "./decode-state.ts";

/** A Decimal128 as its two halves. */
export interface DecimalBits {
  high: bigint;
  low: bigint;
}

const maxDigits = 34;
const maxExponent = 6111;
export const minExponent = -6176;

const number = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;
const infinity = /^([+-]?)inf(?:inity)?$/i;
const notANumber = /^[+-]?nan$/i;

/**
 * The Decimal128 that a text stands for, its exponent kept (`1.10` is not `1.1`); null when it is no number, or when 34 digits
 * and an exponent from -6176 to 6111 do not hold it exactly.
 */
export function parseDecimal(text: string): DecimalBits | null {
  const parts = number.exec(text);
  if (!parts) return parseSpecial(text);
  const [, sign, integer = "", fraction = "", bareFraction = "", power = "0"] = parts;
  const behindPoint = fraction + bareFraction;
  const digits = withoutLeadingZeros(integer + behindPoint);
  const exponent = Number(power) - behindPoint.length;
  return fit(digits, exponent, sign === "-");
}

/** Writes the 16 bytes at `state.at`. */
export function writeDecimal(state: DecodeState, decimal: DecimalBits): void {
  state.view.setBigUint64(state.at, decimal.low, true);
  state.view.setBigUint64(state.at + 8, decimal.high, true);
  state.at += 16;
  state.type = bsonType.decimal;
}

function parseSpecial(text: string): DecimalBits | null {
  const infinite = infinity.exec(text);
  if (infinite) return { high: infinite[1] === "-" ? 0xf8n << 56n : 0x78n << 56n, low: 0n };
  return notANumber.test(text) ? { high: 0x7cn << 56n, low: 0n } : null;
}

/** Shifts zeros between digits and exponent until both are in range. */
function fit(text: string, power: number, negative: boolean): DecimalBits | null {
  let digits = text;
  let exponent = power;
  if (digits === "") {
    exponent = Math.min(Math.max(exponent, minExponent), maxExponent);
  } else {
    const surplus = Math.max(digits.length - maxDigits, minExponent - exponent, 0);
    if (surplus > 0) {
      if (surplus >= digits.length || !endsInZeros(digits, surplus)) return null;
      digits = digits.slice(0, -surplus);
      exponent += surplus;
    }
    const missing = Math.max(exponent - maxExponent, 0);
    if (missing > 0) {
      if (digits.length + missing > maxDigits) return null;
      digits += "0".repeat(missing);
      exponent -= missing;
    }
  }
  const coefficient = BigInt(digits || "0");
  const biased = BigInt(exponent - minExponent);
  return {
    high: (negative ? 1n << 63n : 0n) | (biased << 49n) | (coefficient >> 64n),
    low: coefficient & 0xffff_ffff_ffff_ffffn,
  };
}

// Loops, not regular expressions: a text may be as long as a record, and `0*$` takes quadratic time.
function withoutLeadingZeros(digits: string): string {
  let zeros = 0;
  while (zeros < digits.length && digits.charCodeAt(zeros) === 0x30) zeros++;
  return digits.slice(zeros);
}

function endsInZeros(digits: string, count: number): boolean {
  for (let i = digits.length - count; i < digits.length; i++) {
    if (digits.charCodeAt(i) !== 0x30) return false;
  }
  return true;
}
