const LINE_BREAK = 0x0a;
const OPEN_BRACE = 0x7b;

/**
 * Index of the first line behind the one that `from` is on whose first byte that is not blank is `{`, indented by no more
 * than `indent`; -1 where there is none.
 */
export function nextRecordLine(bytes: Uint8Array, from: number, indent: number): number {
  for (
    let lineEnd = bytes.indexOf(LINE_BREAK, from);
    lineEnd >= 0;
    lineEnd = bytes.indexOf(LINE_BREAK, lineEnd + 1)
  ) {
    let at = lineEnd + 1;
    const furthest = at + indent;
    while (at < furthest && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
    if (bytes[at] === OPEN_BRACE) return lineEnd + 1;
  }
  return -1;
}
