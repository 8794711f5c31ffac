/** One bit for each of the 64 bytes at `at` that is this one; the first byte has the lowest. */
export function equalBits(at: usize, byte: u8): u64 {
  const bytes = i8x16.splat(byte as i8);
  const a = i8x16.bitmask(i8x16.eq(v128.load(at), bytes)) as u32;
  const b = i8x16.bitmask(i8x16.eq(v128.load(at, 16), bytes)) as u32;
  const c = i8x16.bitmask(i8x16.eq(v128.load(at, 32), bytes)) as u32;
  const d = i8x16.bitmask(i8x16.eq(v128.load(at, 48), bytes)) as u32;
  return ((a | (b << 16)) as u64) | (((c | (d << 16)) as u64) << 32);
}

/** Each bit is the parity of the bits up to it: between an opening quote and its closing one they are set. */
export function parities(bits: u64): u64 {
  let sums = bits;
  sums ^= sums << 1;
  sums ^= sums << 2;
  sums ^= sums << 4;
  sums ^= sums << 8;
  sums ^= sums << 16;
  return sums ^ (sums << 32);
}

/** The bits below the lowest one that is set; all of them where none is. */
export function below(bits: u64): u64 {
  return (bits & (0 - bits)) - 1;
}

/** As `equalBits`, with bit 5 of each byte taken as set: `[` as `{`, `]` as `}`. */
export function caselessBits(at: usize, byte: u8): u64 {
  const bytes = i8x16.splat(byte as i8);
  const bit5 = i8x16.splat(0x20);
  const a = i8x16.bitmask(i8x16.eq(v128.or(v128.load(at), bit5), bytes)) as u32;
  const b = i8x16.bitmask(i8x16.eq(v128.or(v128.load(at, 16), bit5), bytes)) as u32;
  const c = i8x16.bitmask(i8x16.eq(v128.or(v128.load(at, 32), bit5), bytes)) as u32;
  const d = i8x16.bitmask(i8x16.eq(v128.or(v128.load(at, 48), bit5), bytes)) as u32;
  return ((a | (b << 16)) as u64) | (((c | (d << 16)) as u64) << 32);
}

/** Bit 5 of each of the 64 bytes at `at`. */
export function sixthBits(at: usize): u64 {
  const a = i8x16.bitmask(i8x16.shl(v128.load(at), 2)) as u32;
  const b = i8x16.bitmask(i8x16.shl(v128.load(at, 16), 2)) as u32;
  const c = i8x16.bitmask(i8x16.shl(v128.load(at, 32), 2)) as u32;
  const d = i8x16.bitmask(i8x16.shl(v128.load(at, 48), 2)) as u32;
  return ((a | (b << 16)) as u64) | (((c | (d << 16)) as u64) << 32);
}
