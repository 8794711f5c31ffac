import { blankLength, trimEnd } from "./blanks.ts";
import type { Dialect } from "./dialect.ts";
import { type CellList, cellKind, type RowFault, type RowShape } from "./row-shape.ts";

const LF = 10;
const CR = 13;

// Where a row stands. A cell goes START -> BARE, or START -> QUOTED -> CLOSED (-> QUOTED at "") -> AFTER.
const START = 0;
const BARE = 1;
const QUOTED = 2;
const CLOSED = 3;
const AFTER = 4;

/**
 * A row of RFC 4180, with mongoimport's leniencies: white space around a quoted cell, white space around an unquoted one
 * cut, LF as well as CRLF. A quote opens a cell only at its start.
 */
export class CsvRow implements RowShape {
  at = 0;
  lineBreaks = 0;
  firstLineEnd = -1;
  firstOpenQuote = -1;
  end = 0;
  next = 0;
  blank = false;
  faultAt = 0;
  fault: RowFault = "bare_quote";
  readonly cells: CellList;
  #state = START;
  /** The cell's content. */
  #from = 0;
  #to = 0;
  #kind: number = cellKind.plain;

  readonly #separator: number;
  readonly #quote: number;
  /** Bytes up to this may mean something outside of quotes. */
  readonly #highest: number;

  constructor(cells: CellList, { separator, quote }: Dialect) {
    this.cells = cells;
    this.#separator = separator;
    this.#quote = quote;
    this.#highest = Math.max(separator, quote);
  }

  reset(): void {
    this.at = 0;
    this.lineBreaks = 0;
    this.firstLineEnd = -1;
    this.#state = START;
    this.cells.clear();
  }

  run(bytes: Uint8Array, start: number, end: number, final: boolean): "done" | "broken" | "more" {
    const { cells } = this;
    const separator = this.#separator;
    const quote = this.#quote;
    const highest = this.#highest;
    let at = start + this.at;
    let state = this.#state;
    let from = start + this.#from;
    scan: for (;;) {
      if (state === BARE) {
        for (;;) {
          if (at >= end) break scan;
          const byte = bytes[at]!;
          // All that means something here is mostly a comma or below, and most text is above.
          if (byte > highest) {
            at++;
          } else if (byte === separator) {
            cells.add(from - start, trimEnd(bytes, from, at) - start, cellKind.plain);
            at++;
            state = START;
            continue scan;
          } else if (byte === LF) {
            cells.add(from - start, trimEnd(bytes, from, at) - start, cellKind.plain);
            return this.#done(bytes, start, at);
          } else if (byte === quote) {
            return this.#broken("bare_quote", at - start);
          } else {
            at++;
          }
        }
      } else if (state === START) {
        for (;;) {
          if (at >= end) break scan;
          const byte = bytes[at]!;
          if (byte === separator) {
            cells.add(at - start, at - start, cellKind.plain);
            at++;
          } else if (byte === LF) {
            cells.add(at - start, at - start, cellKind.plain);
            return this.#done(bytes, start, at);
          } else if (byte === quote) {
            this.#kind = cellKind.quoted;
            at++;
            from = at;
            state = QUOTED;
            continue scan;
          } else {
            const blank = byte > 0x20 && byte < 0x80 ? 0 : blankLength(bytes, at, end);
            if (blank < 0 && !final) break scan;
            if (blank <= 0) {
              from = at;
              state = BARE;
              continue scan;
            }
            at += blank;
          }
        }
      } else if (state === QUOTED) {
        for (;;) {
          if (at >= end) break scan;
          const byte = bytes[at]!;
          if (byte > quote) {
            at++;
          } else if (byte === quote) {
            this.#to = at - start;
            at++;
            state = CLOSED;
            continue scan;
          } else {
            if (byte === LF) this.#lineBreak(at - start, from - 1 - start);
            at++;
          }
        }
      } else if (state === CLOSED) {
        if (at >= end) break;
        if (bytes[at] === quote) {
          this.#kind = cellKind.escaped;
          at++;
          state = QUOTED;
        } else {
          state = AFTER;
        }
      } else {
        if (at >= end) break;
        const byte = bytes[at]!;
        if (byte === separator) {
          cells.add(from - start, this.#to, this.#kind);
          at++;
          state = START;
        } else if (byte === LF) {
          cells.add(from - start, this.#to, this.#kind);
          return this.#done(bytes, start, at);
        } else {
          const blank = blankLength(bytes, at, end);
          if (blank < 0 && !final) break;
          if (blank <= 0) return this.#broken("text_after_quote", at - start);
          at += blank;
        }
      }
    }
    if (final) return this.#finish(bytes, start, at, state, from);
    this.at = at - start;
    this.#state = state;
    this.#from = from - start;
    return "more";
  }

  /** The input ends where a row would go on. */
  #finish(
    bytes: Uint8Array,
    start: number,
    at: number,
    state: number,
    from: number,
  ): "done" | "broken" {
    if (state === QUOTED) return this.#broken("open_quote", from - 1 - start);
    if (state === START) this.cells.add(at - start, at - start, cellKind.plain);
    else if (state === BARE) {
      this.cells.add(from - start, trimEnd(bytes, from, at) - start, cellKind.plain);
    } else this.cells.add(from - start, this.#to, this.#kind);
    this.#done(bytes, start, at);
    this.next = at - start;
    return "done";
  }

  #done(bytes: Uint8Array, start: number, lineFeed: number): "done" {
    this.end = (lineFeed > start && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed) - start;
    this.next = lineFeed + 1 - start;
    this.blank = this.end === 0;
    return "done";
  }

  #broken(fault: RowFault, at: number): "broken" {
    this.fault = fault;
    this.faultAt = at;
    this.at = at;
    return "broken";
  }

  #lineBreak(at: number, openQuote: number): void {
    this.lineBreaks++;
    if (this.firstLineEnd >= 0) return;
    this.firstLineEnd = at;
    this.firstOpenQuote = openQuote;
  }
}
