/**
 * White space as Go's unicode.IsSpace has it, because mongoimport trims cells by that: tab, LF, VT, FF, CR, space, U+0085,
 * U+00A0, U+1680, U+2000 … U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
 *
 * @returns bytes of the white space at `at`; 0 where there is none; -1 where `to` cuts off what may be one
 */
export function blankLength(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at]!;
  if (first <= 0x20) return first === 0x20 || (first >= 0x09 && first <= 0x0d) ? 1 : 0;
  if (first === 0xc2) {
    if (at + 2 > to) return -1;
    return bytes[at + 1] === 0x85 || bytes[at + 1] === 0xa0 ? 2 : 0;
  }
  if (first < 0xe1 || first > 0xe3) return 0;
  if (at + 3 > to) return -1;
  return isWideBlank(first, bytes[at + 1]!, bytes[at + 2]!) ? 3 : 0;
}

/** `from` moved on over white space, no further than `to`. */
export function trimStart(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  while (start < to) {
    const length = blankLength(bytes, start, to);
    if (length <= 0) return start;
    start += length;
  }
  return start;
}

/** `to` moved back over white space, no further than `from`. */
export function trimEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from) {
    const last = bytes[end - 1]!;
    if (last > 0x20 && last < 0x80) return end;
    const length = blankLengthBefore(bytes, from, end);
    if (length === 0) return end;
    end -= length;
  }
  return end;
}

function blankLengthBefore(bytes: Uint8Array, from: number, end: number): number {
  const last = bytes[end - 1]!;
  if (last < 0x80) return blankLength(bytes, end - 1, end);
  if (end - 2 >= from && bytes[end - 2] === 0xc2) return last === 0x85 || last === 0xa0 ? 2 : 0;
  if (end - 3 < from) return 0;
  return isWideBlank(bytes[end - 3]!, bytes[end - 2]!, last) ? 3 : 0;
}

/** The white space characters of three bytes. */
function isWideBlank(first: number, second: number, third: number): boolean {
  if (first === 0xe1) return second === 0x9a && third === 0x80;
  if (first === 0xe3) return second === 0x80 && third === 0x80;
  if (first !== 0xe2) return false;
  if (second === 0x81) return third === 0x9f;
  return (
    second === 0x80 &&
    ((third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf)
  );
}
