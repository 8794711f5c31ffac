import type { BatchBuilder } from "../batch-builder.ts";
import { bytesBefore } from "../json/decode-string.ts";
import { blankLength, trimEnd } from "./blanks.ts";
import type { Dialect } from "./dialect.ts";
import { valueBytes, type RowLayout } from "./row-layout.ts";
import type { RowReader } from "./row-reader.ts";
import type { DerivedIdBytes, RowWriter } from "./row-writer.ts";

const LF = 10;
const CR = 13;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;

// Element types as literals: in the hot loop even a load from a constant object counts.
const STRING = 0x02;
const INT32 = 0x10;

/** Rows longer than this take the long way, which is bound by no word of memory. */
const longestRow = 1 << 20;
/** What a cell may write beyond its text, with the words that are written beyond a text's end. */
const slack = 32;

/**
 * Rows that are as most are, straight from bytes to documents: one field for each column, of text or of whatever type the text
 * looks like, and no more cells than columns. A row is looked at once, its text copied four bytes at a time while its end is
 * looked for, and the common integers are read on the way. At anything else (a broken quote, the last row of a piece) it
 * stops before the row, and the reader that knows all takes that.
 */
export class QuickRows {
  readonly #writer: RowWriter;
  readonly #batch: BatchBuilder;
  readonly #derivedId: DerivedIdBytes | null;
  readonly #ignoreBlanks: boolean;
  /** `_id` must come from its column, or the row goes the long way. */
  readonly #needsColumns: boolean;
  readonly #fixedBytes: number;
  readonly #quote: number;
  readonly #separator: number;
  /** 1 for columns whose cells find their type by the text. */
  readonly #auto: Uint8Array;
  /** The elements' beginnings (type byte, name, NUL), each at a multiple of four, and how long they are. */
  readonly #headers: DataView;
  readonly #headerAt: Int32Array;
  readonly #headerLength: Int32Array;
  /** Where the row ends that was written last: behind its line break. */
  #next = 0;

  constructor(
    layout: RowLayout,
    options: { ignoreBlanks: boolean; derivedId: DerivedIdBytes | null; dialect: Dialect },
    writer: RowWriter,
    batch: BatchBuilder,
  ) {
    this.#writer = writer;
    this.#batch = batch;
    this.#derivedId = layout.givesId ? null : options.derivedId;
    this.#ignoreBlanks = options.ignoreBlanks;
    this.#needsColumns = options.derivedId !== null && layout.givesId;
    this.#fixedBytes = layout.fixedBytes + layout.columns.length * (valueBytes + slack);
    this.#quote = options.dialect.quote;
    this.#separator = options.dialect.separator;
    this.#auto = Uint8Array.from(layout.columns, ({ type }) => (type.kind === "auto" ? 1 : 0));
    const lengths = layout.fields.map(({ header }) => header.length);
    this.#headerLength = Int32Array.from(lengths);
    this.#headerAt = new Int32Array(lengths.length);
    let size = 0;
    for (const [index, length] of lengths.entries()) {
      this.#headerAt[index] = size;
      size += Math.ceil(length / 4) * 4;
    }
    const headers = new Uint8Array(size);
    for (const [index, { header }] of layout.fields.entries()) {
      headers.set(header, this.#headerAt[index]);
    }
    this.#headers = new DataView(headers.buffer);
  }

  /** Whether the rows of these columns can be taken this way. */
  static fits({ columns, flat, documentColumn }: RowLayout): boolean {
    const simple = columns.every(({ type }) => type.kind === "auto" || type.kind === "string");
    return simple && flat && documentColumn < 0 && columns.length > 0;
  }

  /** Takes rows up to the first that is not for it, and tells how many. The bytes must be UTF-8 up to `to`. */
  take(rows: RowReader, to: number): number {
    let at = rows.boundary;
    if (at < 0) return 0;
    const { bytes } = rows;
    const source = rows.view;
    const writer = this.#writer;
    const batch = this.#batch;
    let taken = 0;
    while (at < to) {
      const lines = this.#row(bytes, source, at, to, rows.offsetToCome);
      if (lines === 0) break;
      const next = this.#next;
      const end = next - 1 > at && bytes[next - 2] === CR ? next - 2 : next - 1;
      batch.add(writer.at, rows.offsetToCome, end - at, rows.lineToCome);
      rows.jump(next, lines);
      at = next;
      taken++;
    }
    return taken;
  }

  /** Writes one row's document; gives how many lines it has, 0 with nothing written when it is not for this way. */
  #row(bytes: Uint8Array, source: DataView, start: number, to: number, offset: number): number {
    const writer = this.#writer;
    writer.reserve(this.#fixedBytes + 1024);
    const derivedId = this.#derivedId;
    const documentAt = writer.open();
    if (derivedId) writer.derivedId(derivedId, offset);
    const { out, view } = writer;
    let o = writer.at;
    const auto = this.#auto;
    const headers = this.#headers;
    const headerAt = this.#headerAt;
    const headerLength = this.#headerLength;
    const separator = this.#separator;
    const quote = this.#quote;
    const separators = Math.imul(separator, 0x01010101);
    const quotes = Math.imul(quote, 0x01010101);
    const columns = auto.length;
    let lines = 1;
    let p = start;
    let stop = to - 4 < start + longestRow ? to - 4 : start + longestRow;
    // A cell takes no more bytes than its text but for what is fixed.
    const room = p + (out.length - o - this.#fixedBytes);
    if (room < stop) stop = room;
    for (let column = 0; column < columns; column++) {
      if (p >= stop) return this.#back(documentAt);
      const typeAt = o;
      const headerEnd = headerLength[column]!;
      const from = headerAt[column]!;
      for (let i = 0; i < headerEnd; i += 4) {
        view.setInt32(o + i, headers.getInt32(from + i, true), true);
      }
      o += headerEnd;
      let c = bytes[p]!;

      // An integer of up to nine digits.
      if (c <= NINE && c >= ZERO && auto[column] === 1) {
        const first = p;
        let value = 0;
        do {
          value = (value * 10 + c - ZERO) | 0;
          c = bytes[++p]!;
        } while (c <= NINE && c >= ZERO && p - first < 9);
        if (c === CR && bytes[p + 1] === LF) c = bytes[++p]!;
        if (
          (c === separator || c === LF) &&
          (bytes[first] !== ZERO || p - first === 1) &&
          p < stop
        ) {
          view.setInt32(o, value, true);
          out[typeAt] = INT32;
          o += 4;
          p++;
          if (c === separator) continue;
          if (column < columns - 1 && this.#needsColumns) return this.#back(documentAt);
          return this.#done(documentAt, o, p, lines);
        }
        p = first;
        c = bytes[p]!;
      }

      // White space before a cell is none of it.
      while (c <= 0x20 || c >= 0x80) {
        if (c === separator || c === LF) break;
        const blank = blankLength(bytes, p, to);
        if (blank <= 0) break;
        p += blank;
        c = bytes[p]!;
      }
      const textAt = o + 4;
      o = textAt;
      if (c === quote) {
        p++;
        for (;;) {
          if (p >= stop) return this.#back(documentAt);
          const word = source.getInt32(p, true);
          const quoteIn = word ^ quotes;
          const breakIn = word ^ 0x0a0a0a0a;
          const special =
            (((quoteIn - 0x01010101) & ~quoteIn) | ((breakIn - 0x01010101) & ~breakIn)) &
            0x80808080;
          view.setInt32(o, word, true);
          if (special === 0) {
            o += 4;
            p += 4;
            continue;
          }
          const plain = bytesBefore(special);
          o += plain;
          p += plain;
          if (bytes[p] === LF) {
            out[o++] = LF;
            p++;
            lines++;
          } else if (bytes[p + 1] === quote) {
            out[o++] = quote;
            p += 2;
          } else {
            break;
          }
        }
        c = bytes[++p]!;
        while (c !== separator && c !== LF) {
          const blank = p < stop ? blankLength(bytes, p, to) : 0;
          if (blank <= 0) return this.#back(documentAt);
          p += blank;
          c = bytes[p]!;
        }
      } else {
        const textFrom = p;
        for (;;) {
          if (p >= stop) return this.#back(documentAt);
          const word = source.getInt32(p, true);
          const separatorIn = word ^ separators;
          const breakIn = word ^ 0x0a0a0a0a;
          const quoteIn = word ^ quotes;
          const special =
            (((separatorIn - 0x01010101) & ~separatorIn) |
              ((breakIn - 0x01010101) & ~breakIn) |
              ((quoteIn - 0x01010101) & ~quoteIn)) &
            0x80808080;
          view.setInt32(o, word, true);
          if (special === 0) {
            o += 4;
            p += 4;
            continue;
          }
          const plain = bytesBefore(special);
          o += plain;
          p += plain;
          break;
        }
        c = bytes[p]!;
        if (c === quote) return this.#back(documentAt);
        const last = bytes[p - 1]!;
        if (p > textFrom && (last <= 0x20 || last >= 0x80)) {
          o -= p - trimEnd(bytes, textFrom, p);
        }
      }
      p++;

      if (o === textAt && this.#ignoreBlanks) {
        if (this.#needsColumns) return this.#back(documentAt);
        o = typeAt;
      } else {
        const first = out[textAt]!;
        let number = 0;
        if (
          first <= NINE &&
          (first >= ZERO || first === MINUS) &&
          o > textAt &&
          auto[column] === 1
        ) {
          number = writer.number(typeAt, textAt - 4, textAt, o);
        }
        if (number > 0) {
          o = textAt - 4 + number;
        } else {
          out[o++] = 0;
          view.setInt32(textAt - 4, o - textAt, true);
          out[typeAt] = STRING;
        }
      }
      if (c === LF) {
        if (column < columns - 1 && this.#needsColumns) return this.#back(documentAt);
        // A line without anything is no record.
        if (column === 0 && isBlankLine(bytes, start, p)) return this.#back(documentAt);
        return this.#done(documentAt, o, p, lines);
      }
    }
    // More cells than columns.
    return this.#back(documentAt);
  }

  #done(documentAt: number, at: number, next: number, lines: number): number {
    const writer = this.#writer;
    writer.at = at;
    writer.close(documentAt);
    this.#next = next;
    return lines;
  }

  #back(documentAt: number): number {
    this.#writer.at = documentAt;
    return 0;
  }
}

/** @param next behind the line break */
function isBlankLine(bytes: Uint8Array, start: number, next: number): boolean {
  return next - start === 1 || (next - start === 2 && bytes[start] === CR);
}
