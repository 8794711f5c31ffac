import { describeByte } from "./decode-state.ts";
import type { JsonOutput } from "./encode-output.ts";
import { writeText } from "./encode-text.ts";
import { LegacyFault } from "./legacy-fault.ts";

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;

/** Translates the string in either quotes at `from`; gives the position behind it. @throws {LegacyFault} */
export function translateString(
  output: JsonOutput,
  src: Uint8Array,
  from: number,
  end: number,
): number {
  const to = closing(src, from, end, src[from]!);
  output.reserve(2 * (to - from) + 2);
  output.byte(QUOTE);
  for (let at = from + 1; at < to; at++) {
    const byte = src[at]!;
    if (byte === BACKSLASH) {
      const escaped = src[++at]!;
      // Only JSON's own escapes keep their backslash; the strict parser refuses those that neither knows.
      if (escaped !== APOSTROPHE) output.byte(BACKSLASH);
      output.byte(escaped);
    } else {
      if (byte === QUOTE) output.byte(BACKSLASH);
      output.byte(byte);
    }
  }
  output.byte(QUOTE);
  return to + 1;
}

/** Translates `/pattern/options` at `from`; gives the position behind it. @throws {LegacyFault} */
export function translateRegex(
  output: JsonOutput,
  src: Uint8Array,
  from: number,
  end: number,
): number {
  const to = closing(src, from, end, SLASH);
  let behind = to + 1;
  while (behind < end && isLetter(src[behind]!)) behind++;
  if (behind >= end) throw new LegacyFault(end, "The record does not end");
  // A slash has its backslash only because it would end the pattern.
  const pattern = Buffer.from(
    Buffer.from(src.subarray(from + 1, to))
      .toString("latin1")
      .replaceAll("\\/", "/"),
    "latin1",
  );
  output.reserve(64);
  output.ascii('{"$regularExpression":{"pattern":');
  writeText(output, pattern, 0, pattern.length);
  output.reserve(64);
  output.ascii(',"options":');
  writeText(output, src, to + 1, behind);
  output.reserve(2);
  output.ascii("}}");
  return behind;
}

/** Where the byte that opened at `from`, or its like, closes. */
function closing(src: Uint8Array, from: number, end: number, close: number): number {
  for (let at = from + 1; at < end; at++) {
    const byte = src[at]!;
    if (byte === close) return at;
    if (byte < 0x20) {
      throw new LegacyFault(at, `Within a string ${describeByte(byte)} must be escaped`);
    }
    if (byte === BACKSLASH) at++;
  }
  throw new LegacyFault(end, "The record does not end");
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
