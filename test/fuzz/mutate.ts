import type { Random } from "./random.ts";

/** A few changes at random places: bytes turned, cut out, doubled, moved, tokens of the format put in. */
export function mutate(seed: Uint8Array, tokens: readonly string[], random: Random): Uint8Array {
  let bytes: Buffer = Buffer.from(seed);
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    bytes = change(bytes, tokens, random);
  }
  return bytes.subarray(0, longest);
}

const longest = 4096;

function change(bytes: Buffer, tokens: readonly string[], random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.below(random.pick([2, 8, 64])));
  const before = bytes.subarray(0, at);
  switch (random.below(6)) {
    case 0: {
      const turned = Buffer.from(bytes);
      if (at < turned.length) turned[at]! ^= 1 << random.below(8);
      return turned;
    }
    case 1:
      return Buffer.concat([before, bytes.subarray(to)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([before, Uint8Array.of(random.below(256)), bytes.subarray(to)]);
    default:
      return Buffer.concat([before, Buffer.from(random.pick(tokens)), bytes.subarray(at)]);
  }
}
