const LINE_BREAK = 0x0a;

/**
 * How many line breaks stand in `bytes[from … to)`. Four bytes at a time, because it is done with every byte of every file:
 * three times as fast as one by one.
 */
export function countLineBreaks(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  let i = from;
  while (i < to && ((bytes.byteOffset + i) & 3) !== 0) {
    if (bytes[i++] === LINE_BREAK) count++;
  }
  const words = (to - i) >> 2;
  if (words > 0) {
    count += countInWords(new Int32Array(bytes.buffer, bytes.byteOffset + i, words));
    i += words * 4;
  }
  for (; i < to; i++) {
    if (bytes[i] === LINE_BREAK) count++;
  }
  return count;
}

function countInWords(words: Int32Array): number {
  let count = 0;
  for (let from = 0; from < words.length; from += 255) {
    const to = Math.min(from + 255, words.length);
    // One counter in each byte of a word; 255 steps cannot overflow it.
    let counters = 0;
    for (let i = from; i < to; i++) {
      const different = words[i]! ^ 0x0a0a0a0a;
      // The top bit of each byte that is 0, and of no other: the sum carries nothing into the next byte.
      const sum = (different & 0x7f7f7f7f) + 0x7f7f7f7f;
      counters += (~(sum | different) & 0x80808080) >>> 7;
    }
    const pairs = (counters & 0x00ff00ff) + ((counters >>> 8) & 0x00ff00ff);
    count += (pairs & 0xffff) + (pairs >>> 16);
  }
  return count;
}
