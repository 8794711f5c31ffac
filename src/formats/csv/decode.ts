import { isUtf8 } from "node:buffer";
import { badUtf8 } from "../../bson/utf8.ts";
import type { Position } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { RejectCode } from "../../job/reject.ts";
import { BatchBuilder } from "../batch-builder.ts";
import type { Decoder, DecoderMemory, DelimitedDecodeSpec } from "../codec.ts";
import { dialectOf } from "./dialect.ts";
import { parseColumns } from "./field-tree.ts";
import { QuickRows } from "./quick-rows.ts";
import { compileLayout } from "./row-layout.ts";
import { RowReader } from "./row-reader.ts";
import { RowDocument, type RowFailure } from "./row-document.ts";
import { derivedIdBytes, RowWriter } from "./row-writer.ts";

/**
 * Rows of a CSV or TSV file to documents.
 * @param start where the stretch begins: a row's start behind the header
 * @throws {DocferryError} invalid_file for columns that make no documents
 */
export function createCsvDecoder(
  spec: DelimitedDecodeSpec,
  start: Position,
  memory: DecoderMemory | null = null,
): Decoder {
  return new CsvDecoder(spec, start, memory);
}

class CsvDecoder implements Decoder {
  readonly #rows: RowReader;
  readonly #document: RowDocument;
  readonly #writer: RowWriter;
  readonly #batch: BatchBuilder;
  readonly #quick: QuickRows | null = null;

  constructor(spec: DelimitedDecodeSpec, start: Position, memory: DecoderMemory | null) {
    const layout = compileLayout(parseColumns(spec.columns, spec), spec);
    const dialect = dialectOf(spec);
    this.#rows = new RowReader(spec.format, start, { cells: true, dialect });
    this.#batch = new BatchBuilder(memory);
    this.#writer = new RowWriter(memory);
    this.#document = new RowDocument(layout, spec, this.#writer);
    if (spec.format === "csv" && QuickRows.fits(layout)) {
      const { ignoreBlanks } = spec;
      const derivedId = spec.derivedId && derivedIdBytes(spec.derivedId);
      const options = { ignoreBlanks, derivedId, dialect };
      this.#quick = new QuickRows(layout, options, this.#writer, this.#batch);
    }
  }

  push(bytes: Uint8Array, last: boolean): RecordBatch {
    const rows = this.#rows;
    const writer = this.#writer;
    rows.feed(bytes, last);
    writer.start(rows.bytes.length);
    // Looking at all of it at once is many times faster than at each row; a character never spans a row's end.
    const whole = last ? rows.bytes.length : rows.bytes.lastIndexOf(LF) + 1;
    const clean = isUtf8(rows.bytes.subarray(0, whole));
    const quick = clean ? this.#quick : null;
    // Rows that are read the long way before the quick one is tried again: more of them where it fails row by row.
    let wait = 0;
    let misses = 0;
    for (;;) {
      if (quick && wait-- === 0) {
        const taken = quick.take(rows, whole);
        misses = taken > 0 ? 0 : Math.min(misses + 1, mostMisses);
        wait = misses * misses;
      }
      const state = rows.next();
      if (state === "end") break;
      if (state === "row") this.#takeRow(clean);
      else if (state === "broken") this.#rejectBroken();
    }
    const end = rows.position;
    rows.release();
    return this.#batch.take(writer.out, writer.at, end);
  }

  #takeRow(clean: boolean): void {
    const rows = this.#rows;
    const from = rows.start;
    const to = from + rows.length;
    if (!clean && !isUtf8(rows.bytes.subarray(from, to))) {
      this.#rejectUtf8(badUtf8(rows.bytes, from, to));
      return;
    }
    const failure = this.#document.write(rows);
    if (failure) this.#rejectCell(failure);
    else this.#batch.add(this.#writer.at, rows.offset, rows.length, rows.line);
  }

  #rejectBroken(): void {
    const { fault, column } = this.#rows;
    const { code, message } = faults[fault];
    this.#reject(code, column, message, "");
  }

  #rejectUtf8(at: number): void {
    const rows = this.#rows;
    const { triples, count } = rows.cells;
    let cell = 0;
    while (cell < count - 1 && rows.start + triples[cell * 3 + 1]! < at) cell++;
    const byte = rows.bytes[at]!.toString(16).padStart(2, "0");
    const message = `Byte 0x${byte} is not part of UTF-8 text`;
    this.#reject("invalid_utf8", columnOf(rows, at), message, this.#document.pathOf(cell));
  }

  #rejectCell(failure: RowFailure): void {
    const column = failure.at < 0 ? 0 : columnOf(this.#rows, this.#rows.start + failure.at);
    this.#reject(failure.code, column, failure.message, failure.path);
  }

  #reject(code: RejectCode, column: number, message: string, path: string): void {
    const { offset, length, line } = this.#rows;
    this.#batch.reject({ offset, length, line, column, code, message, path });
  }
}

const LF = 10;
const mostMisses = 8;

const faults = {
  bare_quote: {
    code: "csv_quote",
    message: "A quote stands inside a cell that does not begin with one",
  },
  text_after_quote: {
    code: "csv_quote",
    message: "Text stands behind the quote that ends a cell",
  },
  open_quote: { code: "csv_quote", message: "The quote that begins a cell has none that ends it" },
  too_long: { code: "too_large", message: "The row has more than 48 MiB" },
  too_many_cells: { code: "too_large", message: "The row has more cells than a document can hold" },
} as const satisfies Record<RowReader["fault"], { code: RejectCode; message: string }>;

/** 1-based column of the byte at `at` on the line that it stands on. */
function columnOf(rows: RowReader, at: number): number {
  let lineStart = at;
  while (lineStart > rows.start && rows.bytes[lineStart - 1] !== LF) lineStart--;
  return at - lineStart + 1;
}
