import { int32At, int64At } from "./walk.ts";

/** A Decimal128 taken apart. `coefficient` and `exponent` are 0 unless it is finite. */
export interface Decimal {
  kind: "finite" | "infinite" | "nan";
  negative: boolean;
  /** 0 … 10^34 - 1; the value is `coefficient × 10^exponent`. */
  coefficient: bigint;
  exponent: number;
}

const exponentBias = 6176;
const largestCoefficient = 10n ** 34n - 1n;

/** The Decimal128 whose 16 bytes begin at `at`. What is no canonical coefficient counts as zero, as IEEE 754 says. */
export function decimalAt(bytes: Uint8Array, at: number): Decimal {
  const top = int32At(bytes, at + 12);
  const negative = top < 0;
  const kind = decimalKind(top);
  if (kind !== "finite") return { kind, negative, coefficient: 0n, exponent: 0 };
  if (hasLargeForm(top)) {
    // Coefficients of this form begin with the bits 100 and are all over 10^34.
    return { kind, negative, coefficient: 0n, exponent: ((top >>> 15) & 0x3fff) - exponentBias };
  }
  const high = (BigInt(top & 0x1ffff) << 32n) | BigInt(int32At(bytes, at + 8) >>> 0);
  const coefficient = (high << 64n) | BigInt.asUintN(64, int64At(bytes, at));
  return {
    kind,
    negative,
    coefficient: coefficient > largestCoefficient ? 0n : coefficient,
    exponent: ((top >>> 17) & 0x3fff) - exponentBias,
  };
}

/** The text of the specification's `toString`: `1.10`, `-0`, `0E+3`, `1E-7`, `Infinity`, and `NaN` for every NaN. */
export function decimalText(bytes: Uint8Array, at: number): string {
  const { kind, negative, coefficient, exponent } = decimalAt(bytes, at);
  if (kind === "nan") return "NaN";
  if (kind === "infinite") return negative ? "-Infinity" : "Infinity";
  const digits = coefficient.toString();
  const text = layDigits(digits, exponent, digits.length - 1 + exponent);
  return negative ? `-${text}` : text;
}

/** Whether another Decimal128 has the same text: payloads and signs of NaN, coefficients over 10^34 - 1. */
export function decimalTextLoses(bytes: Uint8Array, at: number): boolean {
  const top = int32At(bytes, at + 12);
  const kind = decimalKind(top);
  if (kind === "finite") {
    if (hasLargeForm(top)) return true;
    if ((top & 0x1ffff) < 0x1ed09) return false;
    const { coefficient } = decimalAt(bytes, at);
    return coefficient === 0n;
  }
  const plain = kind === "nan" ? 0x7c000000 : 0x78000000;
  const bare = kind === "nan" ? top : top & 0x7fffffff;
  if (bare !== plain) return true;
  for (let i = 0; i < 12; i++) if (bytes[at + i] !== 0) return true;
  return false;
}

function decimalKind(top: number): Decimal["kind"] {
  const special = (top >>> 26) & 0x1f;
  if (special === 0x1e) return "infinite";
  return special === 0x1f ? "nan" : "finite";
}

function hasLargeForm(top: number): boolean {
  return ((top >>> 29) & 3) === 3;
}

/** @param adjusted the exponent of the first digit */
function layDigits(digits: string, exponent: number, adjusted: number): string {
  if (exponent > 0 || adjusted < -6) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${mantissa}E${adjusted < 0 ? "-" : "+"}${Math.abs(adjusted)}`;
  }
  if (exponent === 0) return digits;
  const whole = digits.length + exponent;
  if (whole > 0) return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
  return `0.${"0".repeat(-whole)}${digits}`;
}
