import { appendDigits } from "./encode-digits.ts";
import type { JsonOutput } from "./encode-output.ts";

/**
 * Writes a double from 1e-4 to below 1e6 with the fewest digits that read back as the same double, and of these the nearest:
 * the text of `String(value)`, in half its time, since no text is made. False, with nothing written, where only exact
 * arithmetic could decide, once in a million values, and for powers of two.
 *
 * The value times a power of ten, with 17 digits before the point, is exact as the sum of two doubles (Dekker's product). What
 * lies within half of the double's last place of it reads back as the same double: the nearest multiple of 100 if it does,
 * else that of 10, else the nearest integer, which always does.
 */
export function writeShortest(output: JsonOutput, value: number): boolean {
  const magnitude = Math.abs(value);
  scratch[0] = magnitude;
  const highBits = bits[1]!;
  if ((highBits & 0xfffff) === 0 && bits[0] === 0) return false;
  const wholeDigits = wholeDigitsOf(magnitude);
  const power = powersOfTen[17 - wholeDigits]!;
  const product = magnitude * power;
  const error = productError(magnitude, power, product);
  const reach = 2 ** ((highBits >>> 20) - 1076) * power;
  // The product in two parts, the last eight digits for themselves.
  let high = Math.floor(product / 1e8);
  let low = product - high * 1e8 + error;
  if (low < 0) {
    high--;
    low += 1e8;
  }
  let near = Math.round(low / 100) * 100;
  let away = Math.abs(near - low);
  if (away > reach - doubt) {
    if (away < reach + doubt) return false;
    near = Math.round(low / 10) * 10;
    away = Math.abs(near - low);
    if (Math.abs(away - 5) < doubt) return false;
    if (away > reach - doubt) {
      if (away < reach + doubt) return false;
      near = Math.round(low);
      if (Math.abs(Math.abs(near - low) - 0.5) < doubt) return false;
    }
  }
  if (near >= 1e8) {
    high++;
    near -= 1e8;
  }
  if (high >= 1e9) return false;
  writeDigits(output, value < 0, high, near, wholeDigits);
  return true;
}

const scratch = new Float64Array(1);
/** The halves of `scratch`, the low one first, as on all machines that Node runs on. */
const bits = new Uint32Array(scratch.buffer);

/** All are exact as doubles. */
const powersOfTen = Array.from({ length: 23 }, (_, power) => 10 ** power);

/** Within this the sum of the two doubles could have been rounded to the wrong side. */
const doubt = 1e-6;

/** Digits before the decimal point; of values below 1: minus the zeros behind it. */
function wholeDigitsOf(magnitude: number): number {
  if (magnitude >= 1) {
    if (magnitude < 100) return magnitude < 10 ? 1 : 2;
    if (magnitude < 10_000) return magnitude < 1000 ? 3 : 4;
    return magnitude < 100_000 ? 5 : 6;
  }
  if (magnitude >= 0.01) return magnitude >= 0.1 ? 0 : -1;
  return magnitude >= 0.001 ? -2 : -3;
}

/** What `product` lacks to be `a * b` exactly. */
function productError(a: number, b: number, product: number): number {
  let half = splitter * a;
  const aHigh = half - (half - a);
  const aLow = a - aHigh;
  half = splitter * b;
  const bHigh = half - (half - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** 2^27 + 1: cuts a double in two halves of 26 bits. */
const splitter = 134_217_729;

/** Writes 17 digits with the point after `wholeDigits` of them, without the zeros at the end, in at most 25 bytes. */
function writeDigits(
  output: JsonOutput,
  negative: boolean,
  high: number,
  low: number,
  wholeDigits: number,
): void {
  const target = output.bytes;
  let at = output.length;
  if (negative) target[at++] = 0x2d;
  if (wholeDigits <= 0) {
    target[at++] = 0x30;
    target[at++] = 0x2e;
    for (let zeros = wholeDigits; zeros < 0; zeros++) target[at++] = 0x30;
    at = appendDigits(target, appendDigits(target, at, high, 9), low, 8);
  } else {
    const digits = at + 1;
    const end = appendDigits(target, appendDigits(target, digits, high, 9), low, 8);
    for (let i = 0; i < wholeDigits; i++, at++) target[at] = target[at + 1]!;
    target[at] = 0x2e;
    at = end;
  }
  while (target[at - 1] === 0x30) at--;
  if (target[at - 1] === 0x2e) target[at++] = 0x30;
  output.length = at;
}
