import { findField } from "../../bson/walk.ts";
import type { RejectCode } from "../../job/reject.ts";
import type { DelimitedDecodeSpec } from "../codec.ts";
import type { ColumnType } from "./column-type.ts";
import { elementHeader, type LayoutField, type RowLayout, valueBytes } from "./row-layout.ts";
import type { RowReader } from "./row-reader.ts";
import { cellKind } from "./row-shape.ts";
import { type DerivedIdBytes, derivedIdBytes, type RowWriter } from "./row-writer.ts";

/** Why a row becomes no document. */
export interface RowFailure {
  code: RejectCode;
  message: string;
  path: string;
  /** First byte of the cell at fault, relative to the row; -1 without. */
  at: number;
}

type RowOptions = Pick<DelimitedDecodeSpec, "ignoreBlanks" | "parseGrace" | "derivedId">;

/** Makes a document of a row's cells. */
export class RowDocument {
  readonly #layout: RowLayout;
  /** Of each column; null for those that find their type by the text, as extra cells do. */
  readonly #types: readonly (Exclude<ColumnType, { kind: "auto" }> | null)[];
  readonly #ignoreBlanks: boolean;
  readonly #parseGrace: DelimitedDecodeSpec["parseGrace"];
  readonly #derivedId: DerivedIdBytes | null;
  readonly #writer: RowWriter;
  readonly #extraHeaders: Uint8Array[] = [];
  #failure: RowFailure | null = null;
  #unescaped: Buffer = Buffer.alloc(0);

  constructor(layout: RowLayout, options: RowOptions, writer: RowWriter) {
    this.#layout = layout;
    this.#types = layout.columns.map(({ type }) => (type.kind === "auto" ? null : type));
    this.#ignoreBlanks = options.ignoreBlanks;
    this.#parseGrace = options.parseGrace;
    this.#derivedId = options.derivedId && derivedIdBytes(options.derivedId);
    this.#writer = writer;
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
    writer.reserve(layout.fixedBytes + rows.length + (extras > 0 ? extras * extraBytes : 0));
    this.#failure = null;
    const start = writer.open();
    if (derivedId && !layout.givesId) writer.derivedId(derivedId, rows.offset);
    if (layout.flat) this.#flat(rows);
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
    let bytes: Uint8Array = rows.bytes;
    let from = rows.start + triples[index * 3]!;
    let to = rows.start + triples[index * 3 + 1]!;
    if (from === to && this.#ignoreBlanks) return false;
    if (triples[index * 3 + 2] === cellKind.escaped) {
      to = this.#unescape(bytes, from, to);
      from = 0;
      bytes = this.#unescaped;
    }
    const writer = this.#writer;
    const typeAt = writer.header(header);
    const type = this.#types[index];
    if (!type) writer.auto(typeAt, bytes, from, to);
    else if (type.kind === "string") writer.string(typeAt, bytes, from, to);
    else if (!type.write(writer, typeAt, textOf(bytes, from, to))) {
      return this.#mistyped(typeAt, index, bytes, from, to, triples[index * 3]!);
    }
    return true;
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
    const message = `\`${excerpt(bytes, from, to)}\` is not of type ${type.kind}`;
    this.#failure = { code: "csv_type", message, path, at };
    return false;
  }

  /** Undoes doubled quotes, into `#unescaped`; gives the length. */
  #unescape(bytes: Uint8Array, from: number, to: number): number {
    if (this.#unescaped.length < to - from) {
      this.#unescaped = Buffer.allocUnsafeSlow((to - from) * 2);
    }
    const target = this.#unescaped;
    let length = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      target[length++] = byte;
      if (byte === QUOTE) at++;
    }
    return length;
  }
}

const QUOTE = 34;
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

/** The beginning of a cell, for messages. */
function excerpt(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= longestExcerpt) return textOf(bytes, from, to);
  let cut = from + longestExcerpt;
  // A character is not cut in two.
  while ((bytes[cut]! & 0xc0) === 0x80) cut--;
  return `${textOf(bytes, from, cut)}…`;
}

const longestExcerpt = 60;

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}
