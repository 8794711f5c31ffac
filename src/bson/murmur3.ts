/** The last hash: four lanes of 32 bits, the first one the lowest. Reused by the next call, so that hashing allocates nothing. */
export const hashLanes = new Uint32Array(4);

const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

/**
 * MurmurHash3_x86_128 with seed 0 of the bytes `from … to` of the view, into `hashLanes`. The x86 variant, because its
 * 32-bit arithmetic is what Math.imul does; the x64 one would need BigInt.
 */
export function murmur3(view: DataView, from: number, to: number): void {
  const length = to - from;
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  const blocks = from + (length & ~15);
  for (let at = from; at < blocks; at += 16) {
    h1 ^= mix(view.getInt32(at, true), c1, 15, c2);
    h1 = Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b;
    h2 ^= mix(view.getInt32(at + 4, true), c2, 16, c3);
    h2 = Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747;
    h3 ^= mix(view.getInt32(at + 8, true), c3, 17, c4);
    h3 = Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35;
    h4 ^= mix(view.getInt32(at + 12, true), c4, 18, c1);
    h4 = Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17;
  }
  // The last 0 to 15 bytes, as if zeros followed; lanes without a byte of their own stay as they are (mixing 0 gives 0).
  h4 ^= mix(tailWord(view, blocks + 12, to), c4, 18, c1);
  h3 ^= mix(tailWord(view, blocks + 8, to), c3, 17, c4);
  h2 ^= mix(tailWord(view, blocks + 4, to), c2, 16, c3);
  h1 ^= mix(tailWord(view, blocks, to), c1, 15, c2);

  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = avalanche(h1);
  h2 = avalanche(h2);
  h3 = avalanche(h3);
  h4 = avalanche(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  hashLanes[0] = h1;
  hashLanes[1] = h2 + h1;
  hashLanes[2] = h3 + h1;
  hashLanes[3] = h4 + h1;
}

function mix(word: number, before: number, bits: number, after: number): number {
  return Math.imul(rotate(Math.imul(word, before), bits), after);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Up to four little-endian bytes; what is behind the end is 0. */
function tailWord(view: DataView, at: number, to: number): number {
  let word = 0;
  for (let i = 0; i < 4 && at + i < to; i++) word |= view.getUint8(at + i) << (8 * i);
  return word;
}

function avalanche(word: number): number {
  let h = word;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
