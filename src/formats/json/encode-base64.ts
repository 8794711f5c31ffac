import type { JsonOutput } from "./encode-output.ts";

const alphabet = Uint8Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  (letter) => letter.charCodeAt(0),
);
const padding = 0x3d;

/** The two letters of each twelve bits, the first in the low byte. */
const pairs = Uint16Array.from(
  { length: 4096 },
  (_, bits) => alphabet[bits >>> 6]! | (alphabet[bits & 63]! << 8),
);

/** Writes `bytes[from … to)` as base64 with padding at `start` of `target`; gives the position behind it. */
export function appendBase64(
  { bytes: target, view }: JsonOutput,
  start: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let at = start;
  let i = from;
  for (; i + 3 <= to; i += 3) {
    const word = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    view.setUint32(at, pairs[word >>> 12]! | (pairs[word & 4095]! << 16), true);
    at += 4;
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
