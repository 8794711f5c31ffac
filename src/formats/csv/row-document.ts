import { findField } from "../../bson/walk.ts";
import type { RejectCode } from "../../job/reject.ts";
import type { DelimitedDecodeSpec } from "../codec.ts";
import { CellBytes, excerpt, longestExcerpt, textOf } from "./cell-bytes.ts";
import type { ColumnType } from "./column-type.ts";
import { dialectOf } from "./dialect.ts";
import { elementHeader, type LayoutField, type RowLayout, valueBytes } from "./row-layout.ts";
import type { RowReader } from "./row-reader.ts";
import { type DerivedIdBytes, derivedIdBytes, type RowWriter } from "./row-writer.ts";
import { type CellFault, TypedCellReader } from "./typed-cell-in.ts";

/** Why a row becomes no document. */
export interface RowFailure {
  code: RejectCode;
  message: string;
  path: string;
  /** First byte of the cell at fault, relative to the row; -1 without. */
  at: number;
}

type RowOptions = Pick<
  DelimitedDecodeSpec,
  "ignoreBlanks" | "parseGrace" | "derivedId" | "fieldNames" | "separator" | "quote"
>;

/** Makes a document of a row's cells. */
export class RowDocument {
  readonly #layout: RowLayout;
  /** Of each column; null for those that find their type by the text, as extra cells do. */
  readonly #types: readonly (Exclude<ColumnType, { kind: "auto" }> | null)[];
  readonly #ignoreBlanks: boolean;
  readonly #parseGrace: DelimitedDecodeSpec["parseGrace"];
  readonly #derivedId: DerivedIdBytes | null;
  readonly #writer: RowWriter;
  readonly #typedCells: TypedCellReader;
  readonly #cellBytes: CellBytes;
  readonly #extraHeaders: Uint8Array[] = [];
  #failure: RowFailure | null = null;
  /** Of a typed CSV's cell that is not what it looks like. */
  #fault: CellFault | null = null;
  /** The most that a row's cells take. */
  #room = 0;

  constructor(layout: RowLayout, options: RowOptions, writer: RowWriter) {
    this.#layout = layout;
    this.#types = layout.columns.map(({ type }) => (type.kind === "auto" ? null : type));
    this.#ignoreBlanks = options.ignoreBlanks;
    this.#parseGrace = options.parseGrace;
    this.#derivedId = options.derivedId && derivedIdBytes(options.derivedId);
    this.#cellBytes = new CellBytes(dialectOf(options).quote);
    this.#writer = writer;
    this.#typedCells = new TypedCellReader(options.fieldNames === "environment");
  }

  /** The field that the cell with this index makes. */
  pathOf(cell: number): string {
    return this.#layout.columns[cell]?.path ?? extraName(cell);
  }

  /** Writes the document of the row that the reader has given, or nothing: then it returns why not. */
  write(rows: RowReader): RowFailure | null {
    const writer = this.#writer;
    const layout = this.#layout;
    const derivedId = this.#derivedId;
    const extras = rows.cells.count - layout.columns.length;
    this.#room = layout.fixedBytes + rows.length + (extras > 0 ? extras * extraBytes : 0);
    writer.reserve(this.#room);
    this.#failure = null;
    const start = writer.open();
    if (derivedId && !layout.givesId) writer.derivedId(derivedId, rows.offset);
    if (this.#hasDocumentCell(rows)) this.#byDocumentCell(rows, start);
    else if (layout.flat) this.#flat(rows);
    else this.#fields(rows, layout.fields, false);
    if (extras > 0 && !this.#failure) this.#extras(rows);
    writer.close(start);
    if (derivedId && layout.givesId && findField(writer.out, start, idName) < 0) {
      writer.derivedIdFirst(derivedId, rows.offset, start);
    }
    if (writer.at - start > maxDocumentBytes) {
      this.#failure ??= { ...tooLarge };
    }
    if (this.#failure) writer.at = start;
    return this.#failure;
  }

  #hasDocumentCell(rows: RowReader): boolean {
    const { documentColumn } = this.#layout;
    if (documentColumn < 0 || documentColumn >= rows.cells.count) return false;
    const { triples } = rows.cells;
    return triples[documentColumn * 3] !== triples[documentColumn * 3 + 1];
  }

  /** The cell that says in which order the fields come, or all of the document. */
  #byDocumentCell(rows: RowReader, start: number): void {
    const writer = this.#writer;
    const column = this.#layout.documentColumn;
    const cell = this.#cellBytes;
    cell.read(rows, column);
    const { bytes, from, to } = cell;
    if (bytes[from] !== OPEN_BRACE) return this.#inOrder(rows, textOf(bytes, from, to));
    const document = this.#typedCells.document(bytes, from, to);
    if (!document) {
      this.#failure = { ...this.#typedCells.fault, at: rows.cells.triples[column * 3]! };
      return;
    }
    writer.reserve(document.length);
    writer.at = start + 4;
    writer.append(document.subarray(4, document.length - 1));
  }

  /** The cells in the order of the column numbers, then those that the order leaves out. */
  #inOrder(rows: RowReader, order: string): void {
    const numbers = order
      .split(" ")
      .map((text) => (/^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0));
    const fields = new Map(this.#layout.fields.map((field) => [field.column, field]));
    for (const number of numbers) {
      const field = fields.get(number - 1);
      if (!field) {
        const column = this.#layout.documentColumn;
        const message = `\`${order.slice(0, longestExcerpt)}\` is no order of columns, nor a document`;
        this.#failure = {
          code: "csv_type",
          message,
          path: "",
          at: rows.cells.triples[column * 3]!,
        };
        return;
      }
      fields.delete(number - 1);
      if (field.column < rows.cells.count) this.#cell(rows, field.column, field.header);
      if (this.#failure) return;
    }
    this.#fields(rows, [...fields.values()], false);
  }

  #flat(rows: RowReader): void {
    const { fields } = this.#layout;
    const { count } = rows.cells;
    const size = count < fields.length ? count : fields.length;
    for (let i = 0; i < size && !this.#failure; i++) this.#cell(rows, i, fields[i]!.header);
  }

  /** Writes the fields of one level; false when none of them has a value. */
  #fields(rows: RowReader, fields: readonly LayoutField[], array: boolean): boolean {
    let any = false;
    let missing = false;
    for (const field of fields) {
      const written =
        field.column < 0
          ? this.#inner(rows, field)
          : field.column < rows.cells.count && this.#cell(rows, field.column, field.header);
      if (this.#failure) return false;
      if (!written) {
        missing = true;
        continue;
      }
      if (array && missing) {
        const message = `There is a value for \`${field.path}\`, but none for the array's element before it`;
        this.#failure = { code: "csv_cells", message, path: field.path, at: -1 };
        return false;
      }
      any = true;
    }
    return any;
  }

  /** A document or array, left out when nothing is in it. */
  #inner(rows: RowReader, field: LayoutField): boolean {
    const writer = this.#writer;
    const before = writer.at;
    writer.header(field.header);
    const start = writer.open();
    const written = this.#fields(rows, field.children, field.array);
    if (written) writer.close(start);
    else writer.at = before;
    return written;
  }

  /** Cells beyond the columns are called `field2`, `field3`, by their index from 0. */
  #extras(rows: RowReader): void {
    for (let i = this.#layout.columns.length; i < rows.cells.count && !this.#failure; i++) {
      const header = (this.#extraHeaders[i] ??= elementHeader(extraName(i)));
      if (!this.#cell(rows, i, header)) continue;
      if (!this.#layout.names.has(extraName(i))) continue;
      const message = `There are more cells than columns, and a column is called \`${extraName(i)}\` already`;
      const at = rows.cells.triples[i * 3]!;
      this.#failure = { code: "csv_cells", message, path: extraName(i), at };
    }
  }

  /** Writes the element of one cell; false when it makes none. */
  #cell(rows: RowReader, index: number, header: Uint8Array): boolean {
    const { triples } = rows.cells;
    const type = this.#types[index];
    const empty = triples[index * 3] === triples[index * 3 + 1];
    if (empty && (this.#ignoreBlanks || type?.kind === "cells")) return false;
    const cell = this.#cellBytes;
    cell.read(rows, index);
    const { bytes, from, to } = cell;
    const writer = this.#writer;
    const typeAt = writer.header(header);
    if (!type) writer.auto(typeAt, bytes, from, to);
    else if (type.kind === "string") writer.string(typeAt, bytes, from, to);
    else if (!this.#typed(type, typeAt, bytes, from, to)) {
      return this.#mistyped(typeAt, index, bytes, from, to, triples[index * 3]!);
    }
    return true;
  }

  /** Writes a cell that is read by its column's type; false, maybe with a fault, where it is not of that type. */
  #typed(
    type: Exclude<ColumnType, { kind: "auto" | "string" }>,
    typeAt: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): boolean {
    this.#fault = null;
    if (type.kind === "document") return false;
    if (type.kind !== "cells") return type.write(this.#writer, typeAt, textOf(bytes, from, to));
    const outcome = this.#typedCells.write(this.#writer, typeAt, type.of, bytes, from, to);
    if (outcome === "fault") this.#fault = this.#typedCells.fault;
    // What its value took beyond the cell's text was taken from the room of the cells to come.
    else this.#writer.reserve(this.#room);
    return outcome === "written";
  }

  /** A cell that is not of its column's type: what becomes of it is the user's word. */
  #mistyped(
    typeAt: number,
    index: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    at: number,
  ): boolean {
    const writer = this.#writer;
    if (this.#parseGrace === "autoCast") {
      writer.auto(typeAt, bytes, from, to);
      return true;
    }
    writer.at = typeAt;
    if (this.#parseGrace === "skipField") return false;
    const { path, type } = this.#layout.columns[index]!;
    const fault = this.#fault;
    if (fault) {
      this.#failure = { ...fault, path: fault.path ? `${path}.${fault.path}` : path, at };
      return false;
    }
    const name = type.kind === "cells" ? type.of : type.kind;
    const message = `\`${excerpt(bytes, from, to)}\` is not of type ${name}`;
    this.#failure = { code: "csv_type", message, path, at };
    return false;
  }
}

const OPEN_BRACE = 123;
const idName = Buffer.from("_id", "latin1");
const maxDocumentBytes = 16 * 1024 * 1024;

const tooLarge: RowFailure = {
  code: "too_large",
  message: "The document would have more than 16 MiB",
  path: "",
  at: -1,
};

function extraName(index: number): string {
  return `field${index}`;
}

/** The most that an extra cell takes beyond its text: its name and what its value needs. */
const extraBytes = `field${2 ** 32}`.length + 2 + valueBytes;
