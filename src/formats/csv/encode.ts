import { isUtf8 } from "node:buffer";
import type { Documents } from "../../bson/documents.ts";
import { isNested } from "../../bson/compare.ts";
import { bsonType } from "../../bson/types.ts";
import { int32At } from "../../bson/walk.ts";
import type { DelimitedEncodeSpec, Encoder } from "../codec.ts";
import { JsonOutput } from "../json/encode-output.ts";
import { writeValue } from "../json/encode-value.ts";
import { AutoNumber, notANumber } from "./auto-number.ts";
import { trimEnd } from "./blanks.ts";
import {
  appendQuoted,
  beginsFormula,
  copyPlain,
  endRow,
  headerRow,
  needsQuotes,
  quote,
} from "./cell-quotes.ts";
import { appendBytes, writeCellText } from "./cell-text.ts";
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
  /** The JSON of a nested value, on its way into quotes. */
  readonly #nested = new JsonOutput();
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
    if (type === bsonType.string) {
      return this.#encodeString(bytes, at + 4, at + 3 + int32At(bytes, at));
    }
    if (isNested(type)) return this.#encodeNested(type, bytes, at);
    const output = this.#output;
    const start = output.length;
    if (!writeCellText(output, type, bytes, at)) this.retyped++;
    const end = output.length;
    if (isText(type) && end > start && beginsFormula(output.bytes[start]!)) this.formulas++;
    if (needsQuotes(output.bytes, start, end)) quote(output, start);
  }

  #encodeString(bytes: Uint8Array, from: number, to: number): void {
    const output = this.#output;
    if (from < to && beginsFormula(bytes[from]!)) this.formulas++;
    const ascii = copyPlain(output, bytes, from, to);
    const quoted = !ascii && needsQuotes(bytes, from, to);
    if (quoted) appendQuoted(output, bytes, from, to);
    else if (!ascii) appendBytes(output, bytes, from, to);
    if (!this.#comesBack(bytes, from, to, ascii, quoted)) this.retyped++;
  }

  /** Whether the cell of a text reads back as this text. */
  #comesBack(
    bytes: Uint8Array,
    from: number,
    to: number,
    ascii: boolean,
    quoted: boolean,
  ): boolean {
    if (this.#number.read(bytes, from, to) !== notANumber) return false;
    if (!quoted && trimEnd(bytes, from, to) !== to) return false;
    return ascii || isUtf8(bytes.subarray(from, to));
  }

  #encodeNested(type: number, bytes: Uint8Array, at: number): void {
    const text = this.#nested;
    text.length = 0;
    writeValue(text, type, bytes, at, "lossless");
    if (needsQuotes(text.bytes, 0, text.length)) {
      appendQuoted(this.#output, text.bytes, 0, text.length);
    } else {
      appendBytes(this.#output, text.bytes, 0, text.length);
    }
    this.retyped++;
  }
}

const COMMA = 44;

function isText(type: number): boolean {
  return type === bsonType.string || type === bsonType.symbol || type === bsonType.code;
}
