import { writeDouble } from "../json/encode-number.ts";
import { nearestDouble } from "../json/decode-double.ts";
import { int64, readInt64 } from "../json/decode-int64.ts";
import { JsonOutput } from "../json/encode-output.ts";
import { exportedDouble, plainDouble } from "./double-text.ts";

const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const LOWER_E = 101;

export const notANumber = 0;
export const isInt32 = 1;
export const isInt64 = 2;
export const isDouble = 3;

/**
 * Tells which number a cell is, if printing that number gives the cell back, byte for byte:
 *
 * - an Int32, else an Int64, printed in decimal: `0`, `-12`, `3000000000`; not `+1`, `01`, `9223372036854775808`;
 * - a finite Double that is none of these, printed as mongoexport's CSV does (`0.1`, `1e+06`, `-0`) or in plain decimals
 *   (`0.00001`, `1234567.5`), each with the fewest digits that read back as the same double; not `1.0`, `1.50`, `.5`, `1e5`,
 *   `1_000`, `NaN`, `inf`.
 *
 * All else stays text, so zip codes, telephone numbers, versions and prices come back as they were. It makes nothing: the
 * answer stands in its fields until the next call.
 */
export class AutoNumber {
  /** Of an Int32 or Double. */
  value = 0;
  /** Of an Int64: the halves. */
  low = 0;
  high = 0;
  readonly #printedForm = new JsonOutput();

  read(bytes: Uint8Array, from: number, to: number): 0 | 1 | 2 | 3 {
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    if (at >= to) return notANumber;
    let value = 0;
    let byte = 0;
    for (; at < to; at++) {
      byte = bytes[at]! - ZERO;
      if (byte < 0 || byte > 9) break;
      value = value * 10 + byte;
    }
    const digits = at - first;
    if (digits === 0) return notANumber;
    if (bytes[first] === ZERO && digits > 1) return notANumber;
    if (at === to) return this.#integer(bytes, from, to, negative, value, digits);
    if (bytes[at] === DOT) return this.#decimal(bytes, from, to, at, negative, value, digits);
    if (bytes[at] === LOWER_E) return this.#printed(bytes, from, to, at);
    return notANumber;
  }

  #integer(
    bytes: Uint8Array,
    from: number,
    to: number,
    negative: boolean,
    magnitude: number,
    digits: number,
  ): 0 | 1 | 2 | 3 {
    if (digits > 19) return notANumber;
    if (magnitude === 0 && negative) {
      this.value = -0;
      return isDouble;
    }
    if (digits > 15) {
      if (!readInt64(bytes, to - digits, digits, negative)) return notANumber;
      this.low = int64.low;
      this.high = int64.high;
      return isInt64;
    }
    const value = negative ? -magnitude : magnitude;
    if (value === (value | 0)) {
      this.value = value;
      return isInt32;
    }
    this.high = Math.floor(value / 0x100000000);
    this.low = value - this.high * 0x100000000;
    return isInt64;
  }

  #decimal(
    bytes: Uint8Array,
    from: number,
    to: number,
    dot: number,
    negative: boolean,
    whole: number,
    digits: number,
  ): 0 | 3 {
    let mantissa = whole;
    let at = dot + 1;
    let byte = 0;
    for (; at < to; at++) {
      byte = bytes[at]! - ZERO;
      if (byte < 0 || byte > 9) break;
      mantissa = mantissa * 10 + byte;
    }
    if (at < to) return bytes[at] === LOWER_E ? this.#printed(bytes, from, to, at) : notANumber;
    const decimals = to - dot - 1;
    if (decimals === 0 || byte === 0) return notANumber;
    if (digits + decimals > 15) return this.#longDecimal(bytes, from, to, dot, negative, whole);
    // With 15 digits each text has a double of its own, so the shortest text of that double is this one; and one division
    // of exact numbers rounds right.
    const magnitude = mantissa / powersOfTen[decimals]!;
    this.value = negative ? -magnitude : magnitude;
    return isDouble;
  }

  /** 16 digits and more, of numbers that both printed forms write in the same way: read and compared without texts. */
  #longDecimal(
    bytes: Uint8Array,
    from: number,
    to: number,
    dot: number,
    negative: boolean,
    whole: number,
  ): 0 | 3 {
    const decimals = to - dot - 1;
    // A double of this size has 17 digits at most, behind three zeros.
    if (whole >= 1e6 || decimals > 20) return this.#printed(bytes, from, to, to);
    const first = Math.min(decimals, 9);
    let group = 0;
    let at = dot + 1;
    for (const end = at + first; at < end; at++) group = (group * 10 + bytes[at]! - ZERO) | 0;
    const second = Math.min(to - at, 9);
    let low = 0;
    for (const end = at + second; at < end; at++) low = (low * 10 + bytes[at]! - ZERO) | 0;
    const high = whole * powersOfTen[first]! + group;
    const magnitude = at < to ? Number.NaN : nearestDouble(high, low, second, -decimals);
    if (!(magnitude >= 1e-4 && magnitude < 1e6)) return this.#printed(bytes, from, to, to);
    const value = negative ? -magnitude : magnitude;
    if (!this.#isPrintedAs(value, bytes, from, to)) return notANumber;
    this.value = value;
    return isDouble;
  }

  /** The slow way: reads, prints, compares. `exponent` is where the `e` stands. */
  #printed(bytes: Uint8Array, from: number, to: number, exponent: number): 0 | 3 {
    if (to - from > longestDouble) return notANumber;
    if (exponent < to) {
      const sign = bytes[exponent + 1];
      if (sign !== MINUS && sign !== PLUS) return notANumber;
    }
    const text = latin1(bytes, from, to);
    const value = Number(text);
    if (!Number.isFinite(value)) return notANumber;
    const magnitude = Math.abs(value);
    if (exponent === to && magnitude >= 1e-4 && magnitude < 1e6) {
      if (!this.#isPrintedAs(value, bytes, from, to)) return notANumber;
      this.value = value;
      return isDouble;
    }
    if (text !== exportedDouble(value) && text !== plainDouble(value)) return notANumber;
    this.value = value;
    return isDouble;
  }

  /** Where both of the printed forms are the same, the bytes are compared without making texts of them. */
  #isPrintedAs(value: number, bytes: Uint8Array, from: number, to: number): boolean {
    const output = this.#printedForm;
    output.length = 0;
    writeDouble(output, value);
    if (output.length !== to - from) return false;
    for (let i = 0; i < output.length; i++) if (output.bytes[i] !== bytes[from + i]) return false;
    return true;
  }
}

const PLUS = 43;
/** `-0.`, 323 zeros and 17 digits, and a little more. */
const longestDouble = 350;

const powersOfTen = Array.from({ length: 16 }, (_, power) => 10 ** power);

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}
