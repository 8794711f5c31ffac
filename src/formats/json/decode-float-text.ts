const decimal =
  /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const hexadecimal =
  /^([+-]?)0[xX]_?((?:[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?)(?:\.((?:[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)?))?[pP]([+-]?\d+)$/;
/** Nobody writes such numbers longer than this; it bounds the arithmetic. */
const maxHexLength = 1000;
const infinity = /^([+-]?)inf(?:inity)?$/i;
const notANumber = /^[+-]?nan$/i;

/**
 * The double that a `$numberDouble` text stands for: what mongoimport takes, which is a number as Go writes one (`1_0`,
 * `0x1p4`), or NaN and infinity in any case. Null when it is none, or too large for a double.
 */
export function parseFloatText(text: string): number | null {
  if (decimal.test(text)) return finite(Number(text.replaceAll("_", "")));
  const infinite = infinity.exec(text);
  if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
  if (notANumber.test(text)) return NaN;
  if (text.length > maxHexLength) return null;
  const hex = hexadecimal.exec(text);
  return hex ? fromHex(hex[1] === "-", hex[2]!, hex[3] ?? "", Number(hex[4])) : null;
}

/** The double nearest to `0x<integer>.<fraction>p<power>`, ties to even. */
function fromHex(
  negative: boolean,
  integer: string,
  fraction: string,
  power: number,
): number | null {
  const digits = (integer + fraction).replaceAll("_", "");
  if (digits === "") return null;
  let mantissa = BigInt(`0x${digits}`);
  let exponent = power - 4 * fraction.replaceAll("_", "").length;
  if (mantissa === 0n) return negative ? -0 : 0;
  // Keep 53 bits, fewer where the double is subnormal, and one more that says whether something was cut off.
  const bits = mantissa.toString(2).length;
  const kept = Math.min(53, bits + exponent + 1074);
  if (kept < 0) return negative ? -0 : 0;
  const cut = bits - kept;
  if (cut > 0) {
    const half = 1n << BigInt(cut - 1);
    const rest = mantissa & ((1n << BigInt(cut)) - 1n);
    mantissa >>= BigInt(cut);
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    exponent += cut;
  }
  const value = scaleByTwo(Number(mantissa), exponent);
  return finite(negative ? -value : value);
}

/** `value * 2 ** exponent`, in steps whose powers are doubles themselves. */
function scaleByTwo(value: number, exponent: number): number {
  let scaled = value;
  let rest = exponent;
  while (rest > 1000 && Number.isFinite(scaled)) {
    scaled *= 2 ** 1000;
    rest -= 1000;
  }
  while (rest < -1000 && scaled !== 0) {
    scaled *= 2 ** -1000;
    rest += 1000;
  }
  return scaled * 2 ** rest;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
