const LF = 10;

/** Line breaks in `bytes[from … to)`. Four bytes at a time where they lie aligned: scanning is what a file's size is paid for. */
export function countLines(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  let at = from;
  while (at < to && ((bytes.byteOffset + at) & 3) !== 0) if (bytes[at++] === LF) count++;
  const words = (to - at) >> 2;
  if (words > 0) {
    count += countInWords(new Int32Array(bytes.buffer, bytes.byteOffset + at, words));
    at += words * 4;
  }
  while (at < to) if (bytes[at++] === LF) count++;
  return count;
}

function countInWords(words: Int32Array): number {
  let count = 0;
  for (let block = 0; block < words.length; block += 127) {
    const end = Math.min(block + 127, words.length);
    // Four sums of at most 127, one for each byte of a word.
    let sums = 0;
    for (let i = block; i < end; i++) {
      const word = words[i]! ^ 0x0a0a0a0a;
      // The high bit of each byte that is 0, exactly: no borrow crosses a byte's edge.
      const zero = ~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f);
      sums += (zero >>> 7) & 0x01010101;
    }
    count += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24);
  }
  return count;
}
