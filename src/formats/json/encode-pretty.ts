import type { JsonOutput } from "./encode-output.ts";

const newline = 0x0a;
const tab = 0x09;

/**
 * Writes compact JSON as mongoexport's --pretty does: a tab for each depth, a blank behind each colon, `{}` and `[]` short.
 */
export function writePretty(output: JsonOutput, compact: Uint8Array): void {
  let depth = 0;
  // An opened object or array waits for its first byte: if that closes it, it stays short.
  let opened = false;
  for (let i = 0; i < compact.length; i++) {
    const byte = compact[i]!;
    output.reserve(depth + 4);
    if (byte === 0x22) {
      if (opened) breakLine(output, ++depth);
      opened = false;
      i = copyText(output, compact, i);
    } else if (byte === 0x7d || byte === 0x5d) {
      if (!opened) breakLine(output, --depth);
      opened = false;
      output.byte(byte);
    } else {
      if (opened) breakLine(output, ++depth);
      opened = byte === 0x7b || byte === 0x5b;
      output.byte(byte);
      if (byte === 0x2c) breakLine(output, depth);
      if (byte === 0x3a) output.byte(0x20);
    }
  }
}

function breakLine(output: JsonOutput, depth: number): void {
  output.reserve(depth + 4);
  output.byte(newline);
  for (let i = 0; i < depth; i++) output.byte(tab);
}

/** Copies the text that begins with the quote at `from`; gives the position of its last quote. */
function copyText(output: JsonOutput, compact: Uint8Array, from: number): number {
  let to = from + 1;
  while (compact[to] !== 0x22) to += compact[to] === 0x5c ? 2 : 1;
  output.reserve(to + 1 - from);
  output.literal(compact.subarray(from, to + 1));
  return to;
}
