/** Powers of ten that a double holds exactly. */
export const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);

/** Below this all integers are doubles. */
const exactIntegers = 2 ** 53;

/**
 * The double nearest to `(high * 10^lowDigits + low) * 10^scale`, ties to even; NaN where this way cannot tell, which is rare:
 * the engine's own reader must then be asked, which needs a string and ten times as long.
 *
 * Where one operation on exact numbers does it, that is correctly rounded (Clinger). Else the product or quotient is computed
 * as the sum of two doubles, good to about 100 bits. Unless it lies next to the middle between two doubles, the larger part
 * is the answer: whether it does is tried by adding a bit more than the error to both sides.
 *
 * @param high an exact integer, else the answer is NaN
 * @param low an integer of up to `lowDigits` digits, which are 9 at most
 * @param scale from -22 to 22, else the answer is NaN
 */
export function nearestDouble(high: number, low: number, lowDigits: number, scale: number): number {
  if (scale < -22 || scale > 22 || high >= exactIntegers) return Number.NaN;
  const power = powersOfTen[scale < 0 ? -scale : scale]!;
  const shift = powersOfTen[lowDigits]!;
  const product = high * shift;
  if (product + low < exactIntegers) {
    return scale < 0 ? (product + low) / power : (product + low) * power;
  }
  // The digits as an exact sum of two doubles.
  const smaller = errorOfProduct(high, shift, product) + low;
  const upper = product + smaller;
  const lower = smaller - (upper - product);
  if (scale < 0) {
    const quotient = upper / power;
    const back = quotient * power;
    const rest = upper - back - errorOfProduct(quotient, power, back) + lower;
    return settled(quotient, rest / power);
  }
  const size = upper * power;
  return settled(size, errorOfProduct(upper, power, size) + lower * power);
}

/** `a + b` rounded once, if the error that `b` may have does not matter. */
function settled(a: number, b: number): number {
  const slack = (a + Math.abs(b)) * 2 ** -95 + Math.abs(b) * 2 ** -48;
  const least = a + (b - slack);
  return least === a + (b + slack) ? least : Number.NaN;
}

/** `a * b - product`, exactly, where `product` is `a * b` rounded (Dekker's way, with Veltkamp's split). */
function errorOfProduct(a: number, b: number, product: number): number {
  const aScaled = a * 134217729;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * 134217729;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
