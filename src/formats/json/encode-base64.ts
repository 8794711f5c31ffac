const alphabet = Uint8Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  (letter) => letter.charCodeAt(0),
);
const padding = 0x3d;

/** Writes `bytes[from … to)` as base64 with padding at `at` of `target`; gives the position behind it. */
export function appendBase64(
  target: Uint8Array,
  start: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let at = start;
  let i = from;
  for (; i + 3 <= to; i += 3) {
    const word = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    target[at++] = alphabet[word >>> 18]!;
    target[at++] = alphabet[(word >>> 12) & 63]!;
    target[at++] = alphabet[(word >>> 6) & 63]!;
    target[at++] = alphabet[word & 63]!;
  }
  if (i === to) return at;
  const two = i + 2 === to;
  const word = (bytes[i]! << 16) | (two ? bytes[i + 1]! << 8 : 0);
  target[at++] = alphabet[word >>> 18]!;
  target[at++] = alphabet[(word >>> 12) & 63]!;
  target[at++] = two ? alphabet[(word >>> 6) & 63]! : padding;
  target[at++] = padding;
  return at;
}
