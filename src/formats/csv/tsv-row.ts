import { type CellList, cellKind, type RowFault, type RowShape } from "./row-shape.ts";

const TAB = 9;
const LF = 10;
const CR = 13;

/** A line of cells between tabs. No quotes, no escapes, nothing trimmed but the CRs before the line's end. */
export class TsvRow implements RowShape {
  at = 0;
  readonly lineBreaks = 0;
  readonly firstLineEnd = -1;
  readonly firstOpenQuote = -1;
  end = 0;
  next = 0;
  blank = false;
  readonly faultAt = 0;
  readonly fault: RowFault = "bare_quote";
  readonly cells: CellList;
  /** Where the cell begins. */
  #from = 0;

  constructor(cells: CellList) {
    this.cells = cells;
  }

  reset(): void {
    this.at = 0;
    this.#from = 0;
    this.cells.clear();
  }

  run(bytes: Uint8Array, start: number, end: number, final: boolean): "done" | "more" {
    let at = start + this.at;
    let from = this.#from;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte > LF) continue;
      if (byte === TAB) {
        this.cells.add(from, at - start, cellKind.plain);
        from = at + 1 - start;
      } else if (byte === LF) {
        return this.#done(bytes, start, from, at, at + 1);
      }
    }
    if (final) return this.#done(bytes, start, from, at, at);
    this.at = at - start;
    this.#from = from;
    return "more";
  }

  #done(bytes: Uint8Array, start: number, from: number, lineEnd: number, next: number): "done" {
    let end = lineEnd - start;
    while (end > from && bytes[start + end - 1] === CR) end--;
    this.cells.add(from, end, cellKind.plain);
    this.end = end;
    this.next = next - start;
    this.blank = end === 0;
    return "done";
  }
}
