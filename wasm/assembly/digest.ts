import { window } from "./window";

/** Documents that one call may take. */
export const maxDocuments: i32 = 4096;

/** Where the caller puts the documents' places: one more than there are. */
export const places: usize = memory.data((4096 + 1) * 4, 16);

/** Where the sum of the hashes is: four words of 32 bits, the lowest first. */
export const sums: usize = memory.data(16, 16);

/** The documents' numbers in ascending order of their blocks of 16 bytes, as far as they are told apart. */
const order: usize = memory.data(4096 * 2, 16);

/** Documents with more blocks than this are not told apart. */
const lastGroup: u32 = 255;

/** Where in `order` the documents of each count of blocks begin. */
const groups: usize = memory.data((255 + 2) * 4, 16);

/** 16 bytes of ones, then 16 of zeros: a mask for the first bytes of a block. */
const ones: usize = memory.data<u64>([-1, -1, 0, 0], 16);

/**
 * What the blocks are mixed with, each number in all four lanes, to be loaded once: V8 makes a constant anew wherever it stands,
 * several instructions each time.
 */
const numbers: usize = memory.data<u32>(
  [
    0x239b961b, 0x239b961b, 0x239b961b, 0x239b961b, 0xab0e9789, 0xab0e9789, 0xab0e9789, 0xab0e9789,
    0x38b34ae5, 0x38b34ae5, 0x38b34ae5, 0x38b34ae5, 0xa1e38b93, 0xa1e38b93, 0xa1e38b93, 0xa1e38b93,
    0x561ccd1b, 0x561ccd1b, 0x561ccd1b, 0x561ccd1b, 0x0bcaa747, 0x0bcaa747, 0x0bcaa747, 0x0bcaa747,
    0x96cd1c35, 0x96cd1c35, 0x96cd1c35, 0x96cd1c35, 0x32ac3b17, 0x32ac3b17, 0x32ac3b17, 0x32ac3b17,
  ],
  16,
);

/**
 * Puts the sum modulo 2^128 of the documents' MurmurHash3_x86_128 (seed 0) into `sums`. Four documents are hashed at once, one in
 * each lane; as the order is no matter to the sum, they are four with about the same number of blocks.
 * @param base what the place of the window's first byte is
 */
export function sumHashes(count: i32, base: u32): void {
  sortByBlocks(count);
  const c1 = v128.load(numbers);
  const c2 = v128.load(numbers, 16);
  const c3 = v128.load(numbers, 32);
  const c4 = v128.load(numbers, 48);
  const n1 = v128.load(numbers, 64);
  const n2 = v128.load(numbers, 80);
  const n3 = v128.load(numbers, 96);
  const n4 = v128.load(numbers, 112);
  // Sums of 32-bit words in lanes of 64 bits.
  let sum1 = i64x2.splat(0);
  let sum2 = i64x2.splat(0);
  let sum3 = i64x2.splat(0);
  let sum4 = i64x2.splat(0);
  for (let i = 0; i < count; i += 4) {
    let at0 = window - base + placeOf(i, count);
    let at1 = window - base + placeOf(i + 1, count);
    let at2 = window - base + placeOf(i + 2, count);
    let at3 = window - base + placeOf(i + 3, count);
    const length0 = lengthOf(i, count);
    const length1 = lengthOf(i + 1, count);
    const length2 = lengthOf(i + 2, count);
    const length3 = lengthOf(i + 3, count);
    const blocks0 = length0 >> 4;
    const blocks1 = length1 >> 4;
    const blocks2 = length2 >> 4;
    const blocks3 = length3 >> 4;
    const least = min(min(blocks0, blocks1), min(blocks2, blocks3));
    const most = max(max(blocks0, blocks1), max(blocks2, blocks3));
    let h1 = i32x4.splat(0);
    let h2 = i32x4.splat(0);
    let h3 = i32x4.splat(0);
    let h4 = i32x4.splat(0);
    let block: u32 = 0;
    for (; block < least; block++) {
      const low01 = lowWords(v128.load(at0), v128.load(at1));
      const low23 = lowWords(v128.load(at2), v128.load(at3));
      const high01 = highWords(v128.load(at0), v128.load(at1));
      const high23 = highWords(v128.load(at2), v128.load(at3));
      h1 = next(h1, mix(lowPairs(low01, low23), c1, 15, c2), 19, h2, n1);
      h2 = next(h2, mix(highPairs(low01, low23), c2, 16, c3), 17, h3, n2);
      h3 = next(h3, mix(lowPairs(high01, high23), c3, 17, c4), 15, h4, n3);
      h4 = next(h4, mix(highPairs(high01, high23), c4, 18, c1), 13, h1, n4);
      at0 += 16;
      at1 += 16;
      at2 += 16;
      at3 += 16;
    }
    if (block < most) {
      const blocks = lanes(blocks0, blocks1, blocks2, blocks3);
      for (; block < most; block++) {
        // A document that has ended stands still, before its last bytes.
        const goes = i32x4.lt_s(i32x4.splat(block), blocks);
        const low01 = lowWords(v128.load(at0), v128.load(at1));
        const low23 = lowWords(v128.load(at2), v128.load(at3));
        const high01 = highWords(v128.load(at0), v128.load(at1));
        const high23 = highWords(v128.load(at2), v128.load(at3));
        const g1 = next(h1, mix(lowPairs(low01, low23), c1, 15, c2), 19, h2, n1);
        const g2 = next(h2, mix(highPairs(low01, low23), c2, 16, c3), 17, h3, n2);
        const g3 = next(h3, mix(lowPairs(high01, high23), c3, 17, c4), 15, h4, n3);
        const g4 = next(h4, mix(highPairs(high01, high23), c4, 18, c1), 13, g1, n4);
        h1 = v128.bitselect(g1, h1, goes);
        h2 = v128.bitselect(g2, h2, goes);
        h3 = v128.bitselect(g3, h3, goes);
        h4 = v128.bitselect(g4, h4, goes);
        at0 += block < blocks0 ? 16 : 0;
        at1 += block < blocks1 ? 16 : 0;
        at2 += block < blocks2 ? 16 : 0;
        at3 += block < blocks3 ? 16 : 0;
      }
    }
    // The last 0 to 15 bytes, as if zeros followed; mixing 0 gives 0.
    const last0 = lastBytes(at0, length0);
    const last1 = lastBytes(at1, length1);
    const last2 = lastBytes(at2, length2);
    const last3 = lastBytes(at3, length3);
    const low01 = lowWords(last0, last1);
    const low23 = lowWords(last2, last3);
    const high01 = highWords(last0, last1);
    const high23 = highWords(last2, last3);
    const length = lanes(length0, length1, length2, length3);
    h1 = v128.xor(v128.xor(h1, mix(lowPairs(low01, low23), c1, 15, c2)), length);
    h2 = v128.xor(v128.xor(h2, mix(highPairs(low01, low23), c2, 16, c3)), length);
    h3 = v128.xor(v128.xor(h3, mix(lowPairs(high01, high23), c3, 17, c4)), length);
    h4 = v128.xor(v128.xor(h4, mix(highPairs(high01, high23), c4, 18, c1)), length);

    h1 = i32x4.add(i32x4.add(h1, h2), i32x4.add(h3, h4));
    h2 = avalanche(i32x4.add(h2, h1));
    h3 = avalanche(i32x4.add(h3, h1));
    h4 = avalanche(i32x4.add(h4, h1));
    h1 = avalanche(h1);
    h1 = i32x4.add(i32x4.add(h1, h2), i32x4.add(h3, h4));
    sum1 = i64x2.add(sum1, pairSums(h1));
    sum2 = i64x2.add(sum2, pairSums(i32x4.add(h2, h1)));
    sum3 = i64x2.add(sum3, pairSums(i32x4.add(h3, h1)));
    sum4 = i64x2.add(sum4, pairSums(i32x4.add(h4, h1)));
  }
  let carry: u64 = total(sum1);
  store<u32>(sums, carry as u32);
  carry = (carry >> 32) + total(sum2);
  store<u32>(sums, carry as u32, 4);
  carry = (carry >> 32) + total(sum3);
  store<u32>(sums, carry as u32, 8);
  carry = (carry >> 32) + total(sum4);
  store<u32>(sums, carry as u32, 12);
}

/** Four hashes go as long as the longest of their documents, so those of one length are put together. */
function sortByBlocks(count: i32): void {
  memory.fill(groups, 0, (lastGroup + 2) * 4);
  for (let i = 0; i < count; i++) {
    const group = groups + ((groupOf(i) + 1) << 2);
    store<u32>(group, load<u32>(group) + 1);
  }
  for (let group: u32 = 1; group <= lastGroup; group++) {
    const at = groups + (group << 2);
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
  for (let i = 0; i < count; i++) {
    const group = groups + (groupOf(i) << 2);
    const place = load<u32>(group);
    store<u32>(group, place + 1);
    store<u16>(order + (place << 1), i as u16);
  }
}

function groupOf(document: i32): u32 {
  const place = places + (document << 2);
  return min((load<u32>(place, 4) - load<u32>(place)) >> 4, lastGroup);
}

/** Where the document begins that is `i`th in order. */
function placeOf(i: i32, count: i32): u32 {
  const ordered: i32 = i < count ? i : 0;
  return load<u32>(places + ((load<u16>(order + (ordered << 1)) as u32) << 2));
}

/** Its bytes; 0 behind the last one, since the hash of nothing is 0. */
function lengthOf(i: i32, count: i32): u32 {
  if (i >= count) return 0;
  const place = places + ((load<u16>(order + (i << 1)) as u32) << 2);
  return load<u32>(place, 4) - load<u32>(place);
}

function lanes(a: u32, b: u32, c: u32, d: u32): v128 {
  let all = i32x4.splat(a);
  all = i32x4.replace_lane(all, 1, b);
  all = i32x4.replace_lane(all, 2, c);
  return i32x4.replace_lane(all, 3, d);
}

function lowWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

function highWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

function mix(words: v128, before: v128, bits: i32, after: v128): v128 {
  return i32x4.mul(rotate(i32x4.mul(words, before), bits), after);
}

function next(h: v128, mixed: v128, bits: i32, other: v128, number: v128): v128 {
  const sum = i32x4.add(rotate(v128.xor(h, mixed), bits), other);
  return i32x4.add(i32x4.add(i32x4.shl(sum, 2), sum), number);
}

function rotate(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(words, bits), i32x4.shr_u(words, 32 - bits));
}

function lastBytes(at: usize, length: u32): v128 {
  return v128.and(v128.load(at), v128.load(ones + 16 - (length & 15)));
}

function avalanche(words: v128): v128 {
  let h = words;
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

function pairSums(words: v128): v128 {
  return i64x2.add(i64x2.extend_low_i32x4_u(words), i64x2.extend_high_i32x4_u(words));
}

function total(words: v128): u64 {
  return (i64x2.extract_lane(words, 0) + i64x2.extract_lane(words, 1)) as u64;
}
