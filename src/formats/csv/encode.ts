import { isUtf8 } from "node:buffer";
import type { Documents } from "../../bson/documents.ts";
import { bsonType } from "../../bson/types.ts";
import type { DelimitedEncodeSpec, Encoder } from "../codec.ts";
import { JsonOutput } from "../json/encode-output.ts";
import { AutoNumber, notANumber } from "./auto-number.ts";
import { trimEnd } from "./blanks.ts";
import { beginsFormula, endRow, headerRow, needsQuotes, quote } from "./cell-quotes.ts";
import { writeCellText } from "./cell-text.ts";
import { ColumnPaths } from "./column-paths.ts";
import { createTypedCsvEncoder } from "./typed-encode.ts";

/**
 * Documents to CSV, byte for byte as mongoexport 100 writes it, but for what cell-text.ts and column-paths.ts keep that it
 * loses, and this: an empty cell that is alone on its line is written as `""`, because the line would be blank otherwise, and
 * no reader takes a blank line for a row.
 *
 * `retyped` counts the cells from which a plain import (types by their text, blanks kept) makes another value: all types but
 * Int32, Int64 beyond Int32, doubles that are no whole numbers, and strings; strings that look like numbers, end in white space
 * or are not UTF-8; null, and columns that a document does not have, which both come back as `""`.
 */
export function createCsvEncoder(spec: DelimitedEncodeSpec): Encoder {
  return spec.typed ? createTypedCsvEncoder(spec, spec.typed) : new CsvEncoder(spec);
}

class CsvEncoder implements Encoder {
  readonly head: Uint8Array;
  readonly between = new Uint8Array(0);
  readonly tail = new Uint8Array(0);
  retyped = 0;
  formulas = 0;
  readonly #paths: ColumnPaths;
  readonly #output = new JsonOutput();
  readonly #number = new AutoNumber();

  constructor(spec: DelimitedEncodeSpec) {
    // The positional operator of a projection is no part of the field's path.
    const columns = spec.columns.map((path) => path.replace(/\.\$$/, ""));
    this.#paths = new ColumnPaths(columns);
    this.head = spec.header && columns.length > 0 ? headerRow(columns) : new Uint8Array(0);
  }

  encode({ bytes, starts, count }: Documents): Uint8Array {
    const output = this.#output;
    output.length = 0;
    for (let i = 0; i < count; i++) this.#encodeRow(bytes, starts[i]!);
    return output.written();
  }

  #encodeRow(bytes: Uint8Array, document: number): void {
    const output = this.#output;
    const paths = this.#paths;
    paths.find(bytes, document);
    this.retyped += paths.literal;
    const { types, positions } = paths;
    const rowStart = output.length;
    for (let column = 0; column < types.length; column++) {
      if (column > 0) {
        output.reserve(1);
        output.byte(COMMA);
      }
      if (types[column] === 0) this.retyped++;
      else this.#encodeCell(types[column]!, bytes, positions[column]!);
    }
    endRow(output, rowStart);
  }

  #encodeCell(type: number, bytes: Uint8Array, at: number): void {
    const output = this.#output;
    const start = output.length;
    const keepsType = writeCellText(output, type, bytes, at);
    const end = output.length;
    if (isText(type) && end > start && beginsFormula(output.bytes[start]!)) this.formulas++;
    const quoted = needsQuotes(output.bytes, start, end);
    const kept = keepsType && (type !== bsonType.string || this.#comesBack(start, end, quoted));
    if (!kept) this.retyped++;
    if (quoted) quote(output, start);
  }

  /** Whether a string's cell, not quoted yet, reads back as this string. */
  #comesBack(start: number, end: number, quoted: boolean): boolean {
    const { bytes } = this.#output;
    if (this.#number.read(bytes, start, end) !== notANumber) return false;
    if (!quoted && trimEnd(bytes, start, end) !== end) return false;
    return isAscii(bytes, start, end) || isUtf8(bytes.subarray(start, end));
  }
}

const COMMA = 44;

function isText(type: number): boolean {
  return type === bsonType.string || type === bsonType.symbol || type === bsonType.code;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let at = start; at < end; at++) all |= bytes[at]!;
  return all < 0x80;
}
