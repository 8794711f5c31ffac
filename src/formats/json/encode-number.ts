import { appendDigits, countDigits } from "./encode-digits.ts";
import { writeShortest } from "./encode-shortest.ts";
import type { JsonOutput } from "./encode-output.ts";

/** Writes an integer up to ±(2^53 - 1) in at most 17 bytes of reserved room. */
export function writeInteger(output: JsonOutput, value: number): void {
  const target = output.bytes;
  let at = output.length;
  let rest = value;
  if (rest < 0) {
    target[at++] = 0x2d;
    rest = -rest;
  }
  if (rest >= 1e9) {
    const high = Math.floor(rest / 1e9);
    at = appendDigits(target, at, high, countDigits(high));
    output.length = appendDigits(target, at, rest - high * 1e9, 9);
  } else {
    output.length = appendDigits(target, at, rest, countDigits(rest));
  }
}

/**
 * Writes an Int64 of 10^9 or more, negative or not, by its halves, in at most 20 bytes of reserved room. A BigInt would be made for it, and a text of that: this
 * divides by 10^9 in steps that doubles do exactly.
 */
export function writeInt64(output: JsonOutput, high: number, low: number): void {
  const target = output.bytes;
  let at = output.length;
  let upper = high >>> 0;
  let lower = low;
  if (high < 0) {
    target[at++] = 0x2d;
    lower = -low >>> 0;
    upper = (lower === 0 ? -high : ~high) >>> 0;
  }
  const first = Math.floor(upper / 1e9);
  let rest = (upper - first * 1e9) * 0x10000 + (lower >>> 16);
  const second = Math.floor(rest / 1e9);
  rest = (rest - second * 1e9) * 0x10000 + (lower & 0xffff);
  const third = Math.floor(rest / 1e9);
  rest -= third * 1e9;
  // The first digits, of up to 11.
  output.length = at;
  writeInteger(output, first * 0x100000000 + second * 0x10000 + third);
  output.length = appendDigits(target, output.length, rest, 9);
}

/**
 * Writes a finite double in at most 25 bytes of reserved room, with the fewest digits that read back as the same double,
 * laid out as mongoexport does: `1.0`, `0.1`, `-0.0`; from 1e6 on and under 1e-4 `1E+06`, `1.5E-05`.
 */
export function writeDouble(output: JsonOutput, value: number): void {
  const magnitude = Math.abs(value);
  if (magnitude < 1e6 && (magnitude >= 1e-4 || magnitude === 0)) {
    // Where six decimals name the double they are its shortest text, zeros at the end aside: no two decimals of up to 15 digits
    // are the same double. Prices and coordinates so take no search for digits.
    const millionths = Math.round(magnitude * 1e6);
    if (millionths / 1e6 === magnitude) writeMillionths(output, millionths, isNegative(value));
    else if (!writeShortest(output, value)) output.ascii(String(value));
  } else {
    output.ascii(exponentForm(value));
  }
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

function writeMillionths(output: JsonOutput, millionths: number, negative: boolean): void {
  const target = output.bytes;
  const whole = Math.floor(millionths / 1e6);
  const fraction = millionths - whole * 1e6;
  let at = output.length;
  if (negative) target[at++] = 0x2d;
  at = appendDigits(target, at, whole, countDigits(whole));
  target[at++] = 0x2e;
  if (fraction === 0) {
    target[at++] = 0x30;
  } else {
    at = appendDigits(target, at, fraction, 6);
    while (target[at - 1] === 0x30) at--;
  }
  output.length = at;
}

/** `1.5e-7` as `1.5E-07`: JavaScript finds the same digits and writes the exponent without padding. */
function exponentForm(value: number): string {
  const text = value.toExponential();
  const e = text.indexOf("e");
  const exponent = text.slice(e + 2);
  return `${text.slice(0, e)}E${text[e + 1]}${exponent.length < 2 ? `0${exponent}` : exponent}`;
}
