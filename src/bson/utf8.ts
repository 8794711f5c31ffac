/** Position of the first byte that is not part of well-formed UTF-8, or -1. */
export function badUtf8(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    if (bytes[at]! < 0x80) {
      at++;
      continue;
    }
    const length = utf8Length(bytes, at, to);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/**
 * Bytes of the character at `at`, 1 to 4; 0 when there is no well-formed one: overlong forms, surrogates, values over
 * U+10FFFF, stray and missing continuation bytes.
 */
export function utf8Length(bytes: Uint8Array, at: number, to: number): 0 | 1 | 2 | 3 | 4 {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return at + 2 <= to && isContinuation(bytes[at + 1]!) ? 2 : 0;
  if (first < 0xf0) {
    if (at + 3 > to) return 0;
    const second = bytes[at + 1]!;
    if (!isContinuation(second) || !isContinuation(bytes[at + 2]!)) return 0;
    if (first === 0xe0 && second < 0xa0) return 0;
    if (first === 0xed && second > 0x9f) return 0;
    return 3;
  }
  if (first > 0xf4 || at + 4 > to) return 0;
  const second = bytes[at + 1]!;
  if (!isContinuation(second)) return 0;
  if (!isContinuation(bytes[at + 2]!) || !isContinuation(bytes[at + 3]!)) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return 4;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
