import type { Documents } from "../../bson/documents.ts";
import type { DelimitedEncodeSpec, Encoder, TypedColumns } from "../codec.ts";
import { writeInteger } from "../json/encode-number.ts";
import { JsonOutput } from "../json/encode-output.ts";
import { trimEnd } from "./blanks.ts";
import { beginsFormula, endRow, headerRow, needsQuotes, quote } from "./cell-quotes.ts";
import { ColumnPaths } from "./column-paths.ts";
import { writeDocumentCell, writeTypedCell } from "./typed-cell-out.ts";
import { TypedFields } from "./typed-fields.ts";
import { typedNames } from "./typed-header.ts";

/**
 * Documents to typed CSV, from which whole documents come back byte for byte, and the cells of a selection value for value.
 * `retyped` counts what a selection says at another place than it had: fields whose own name has the dots of a path.
 */
export function createTypedCsvEncoder(spec: DelimitedEncodeSpec, typed: TypedColumns): Encoder {
  return new TypedCsvEncoder(spec, typed);
}

class TypedCsvEncoder implements Encoder {
  readonly head: Uint8Array;
  readonly between = new Uint8Array(0);
  readonly tail = new Uint8Array(0);
  retyped = 0;
  formulas = 0;
  readonly #types: TypedColumns["types"];
  /** Of whole documents. */
  readonly #fields: TypedFields | null;
  readonly #found: TypedFields | ColumnPaths;
  readonly #output = new JsonOutput();

  constructor(spec: DelimitedEncodeSpec, typed: TypedColumns) {
    const columns = typed.whole
      ? spec.columns
      : spec.columns.map((path) => path.replace(/\.\$$/, ""));
    this.#types = columns.map((_, index) => typed.types[index] ?? "json");
    this.#fields = typed.whole ? new TypedFields(columns) : null;
    this.#found = this.#fields ?? new ColumnPaths(columns);
    const names = typedNames(columns, typed);
    this.head = spec.header && names.length > 0 ? headerRow(names) : new Uint8Array(0);
  }

  encode({ bytes, starts, count }: Documents): Uint8Array {
    const output = this.#output;
    output.length = 0;
    for (let i = 0; i < count; i++) this.#encodeRow(bytes, starts[i]!);
    return output.written();
  }

  #encodeRow(bytes: Uint8Array, document: number): void {
    const output = this.#output;
    const rowStart = output.length;
    this.#found.find(bytes, document);
    this.retyped += this.#found.literal;
    if (this.#fields) this.#encodeWhole(this.#fields, bytes, document);
    else this.#encodeCells(bytes);
    endRow(output, rowStart);
  }

  #encodeWhole(fields: TypedFields, bytes: Uint8Array, document: number): void {
    const output = this.#output;
    const separators = this.#types.length;
    if (fields.complete) {
      this.#encodeCells(bytes);
      output.reserve(1);
      if (separators > 0) output.byte(COMMA);
      if (!fields.inOrder) writeOrder(output, fields);
      return;
    }
    output.reserve(separators);
    for (let i = 0; i < separators; i++) output.byte(COMMA);
    const start = output.length;
    writeDocumentCell(output, bytes, document);
    quote(output, start);
  }

  #encodeCells(bytes: Uint8Array): void {
    const output = this.#output;
    const { types, positions } = this.#found;
    for (let column = 0; column < types.length; column++) {
      if (column > 0) {
        output.reserve(1);
        output.byte(COMMA);
      }
      if (types[column] !== 0) {
        this.#encodeCell(column, types[column]!, bytes, positions[column]!);
      }
    }
  }

  #encodeCell(column: number, type: number, bytes: Uint8Array, at: number): void {
    const output = this.#output;
    const start = output.length;
    const isText = writeTypedCell(output, this.#types[column]!, type, bytes, at);
    const end = output.length;
    if (isText && beginsFormula(output.bytes[start]!)) this.formulas++;
    const quoted =
      needsQuotes(output.bytes, start, end) ||
      // Readers cut the white space at the end of a cell without quotes.
      (isText && trimEnd(output.bytes, start, end) !== end);
    if (quoted) quote(output, start);
  }
}

const COMMA = 44;
const BLANK = 32;

/** The numbers of the columns, counted from 1, in the order of the document's fields. */
function writeOrder(output: JsonOutput, { order, found }: TypedFields): void {
  output.reserve(found * 11);
  for (let i = 0; i < found; i++) {
    if (i > 0) output.byte(BLANK);
    writeInteger(output, order[i]! + 1);
  }
}
