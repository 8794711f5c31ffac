/** The halves of the integer that `readInt64` read last. */
export const int64 = { low: 0, high: 0 };

/**
 * Reads 10 to 19 digits as an Int64 into `int64`, in doubles that never leave their exact range: a BigInt for each such number
 * would halve the speed of a file of long ids. False when it is out of range.
 * @param from the first digit
 */
export function readInt64(
  src: Uint8Array,
  from: number,
  digits: number,
  negative: boolean,
): boolean {
  const split = from + digits - 9;
  let high = 0;
  for (let p = from; p < split; p++) high = high * 10 + (src[p]! - 0x30);
  let low = 0;
  for (let p = split; p < split + 9; p++) low = low * 10 + (src[p]! - 0x30);
  // high * 10^9 + low, with high cut after 16 bits: a * 2^16 + b.
  const a = Math.floor(high / 65536) * 1e9;
  const b = (high % 65536) * 1e9 + low;
  const sum = (a % 65536) * 65536 + (b % 4294967296);
  let upper = Math.floor(a / 65536) + Math.floor(b / 4294967296) + Math.floor(sum / 4294967296);
  let lower = sum % 4294967296;
  if (negative) {
    if (upper > 0x80000000 || (upper === 0x80000000 && lower > 0)) return false;
    lower = lower === 0 ? 0 : 4294967296 - lower;
    upper = lower === 0 ? -upper : -upper - 1;
  } else if (upper > 0x7fffffff) {
    return false;
  }
  int64.low = lower;
  int64.high = upper;
  return true;
}
