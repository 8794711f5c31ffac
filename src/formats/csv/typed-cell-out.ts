import { isUtf8 } from "node:buffer";
import { decimalText, decimalTextLoses } from "../../bson/decimal.ts";
import { bsonType } from "../../bson/types.ts";
import { doubleAt, int32At, int64At, nameEndAt, safeInt64At, valueSize } from "../../bson/walk.ts";
import type { CellType } from "../codec.ts";
import { appendBase64 } from "../json/encode-base64.ts";
import { lastIsoDate, writeIsoDate } from "../json/encode-date.ts";
import { writeDouble, writeInteger } from "../json/encode-number.ts";
import type { JsonOutput } from "../json/encode-output.ts";
import { writeHex, writeText } from "../json/encode-text.ts";
import { writeValue } from "../json/encode-value.ts";
import { appendBytes } from "./cell-text.ts";

/**
 * Writes a value as a cell of typed CSV, not quoted yet: plain text where it is of the column's type and that text says all of
 * it, else JSON, and where no JSON says all of it, BSON.
 * @returns whether the cell is a string's own text
 */
export function writeTypedCell(
  output: JsonOutput,
  column: CellType,
  type: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  output.reserve(64);
  if (plainType[type] === column) {
    if (type === bsonType.string && writeString(output, bytes, at)) return true;
    if (type !== bsonType.string && writePlain(output, type, bytes, at)) return false;
  }
  writeJson(output, column, type, bytes, at);
  return false;
}

/** The document as the JSON text of a `:document` cell, or as BSON. */
export function writeDocumentCell(output: JsonOutput, bytes: Uint8Array, document: number): void {
  const start = output.length;
  const { retyped } = output;
  writeValue(output, bsonType.document, bytes, document, "lossless", false);
  if (output.retyped === retyped && !saysBson(bytes, document)) return;
  output.retyped = retyped;
  output.length = start;
  writeBson(output, bytes.subarray(document, document + int32At(bytes, document)));
}

/** The plain type of each BSON type that has one. */
export const plainType: readonly (CellType | undefined)[] = plainTypes();

function plainTypes(): (CellType | undefined)[] {
  const types: (CellType | undefined)[] = Array.from({ length: 256 });
  types[bsonType.string] = "string";
  types[bsonType.boolean] = "boolean";
  types[bsonType.int32] = "int32";
  types[bsonType.int64] = "int64";
  types[bsonType.double] = "double";
  types[bsonType.decimal] = "decimal";
  types[bsonType.date] = "date";
  types[bsonType.objectId] = "objectId";
  types[bsonType.binary] = "binary";
  return types;
}

/** False, with nothing written, for a text that would be read as something else. */
function writeString(output: JsonOutput, bytes: Uint8Array, at: number): boolean {
  const from = at + 4;
  const to = at + 3 + int32At(bytes, at);
  if (from === to || looksLikeJson(bytes, from, to)) return false;
  const start = output.length;
  appendBytes(output, bytes, from, to);
  if (isAscii(bytes, from, to) || isUtf8(bytes.subarray(from, to))) return true;
  output.length = start;
  return false;
}

/** How a cell that is JSON in a column of any type is known. */
export function looksLikeJson(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from]!;
  if (first === QUOTE || first === OPEN_BRACE || first === OPEN_BRACKET) return true;
  if (to - from === 4) return isWord(bytes, from, NULL) || isWord(bytes, from, TRUE);
  return to - from === 5 && isWord(bytes, from, FALSE);
}

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const NULL = Buffer.from("null");
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");

function isWord(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let all = 0;
  for (let at = from; at < to; at++) all |= bytes[at]!;
  return all < 0x80;
}

/** False, with nothing written, where the plain text does not say all of the value. */
function writePlain(output: JsonOutput, type: number, bytes: Uint8Array, at: number): boolean {
  switch (type) {
    case bsonType.int32:
      writeInteger(output, int32At(bytes, at));
      return true;
    case bsonType.int64:
      writeInt64(output, bytes, at);
      return true;
    case bsonType.double:
      return writeDoubleText(output, bytes, at);
    case bsonType.boolean:
      output.literal(bytes[at] === 0 ? FALSE : TRUE);
      return true;
    case bsonType.date: {
      const milliseconds = safeInt64At(bytes, at);
      // Not true of NaN, which stands for what is far beyond.
      if (!(milliseconds >= 0 && milliseconds <= lastIsoDate)) return false;
      writeIsoDate(output, milliseconds);
      return true;
    }
    case bsonType.objectId:
      writeHex(output, bytes, at, at + 12);
      return true;
    case bsonType.decimal:
      if (decimalTextLoses(bytes, at)) return false;
      output.ascii(decimalText(bytes, at));
      return true;
    default:
      return writeBinary(output, bytes, at);
  }
}

function writeInt64(output: JsonOutput, bytes: Uint8Array, at: number): void {
  const value = safeInt64At(bytes, at);
  if (Number.isNaN(value)) output.ascii(int64At(bytes, at).toString());
  else writeInteger(output, value);
}

function writeDoubleText(output: JsonOutput, bytes: Uint8Array, at: number): boolean {
  const value = doubleAt(bytes, at);
  if (Number.isFinite(value)) writeDouble(output, value);
  else if (!Number.isNaN(value)) output.ascii(value > 0 ? "Infinity" : "-Infinity");
  else if (int32At(bytes, at + 4) === 0x7ff80000 && int32At(bytes, at) === 0) output.ascii("NaN");
  else return false;
  return true;
}

/** Base64 of subtype 0 that has any bytes: an empty cell is no value. */
function writeBinary(output: JsonOutput, bytes: Uint8Array, at: number): boolean {
  const length = int32At(bytes, at);
  if (bytes[at + 4] !== 0 || length === 0) return false;
  output.reserve(Math.ceil(length / 3) * 4);
  output.length = appendBase64(output, output.length, bytes, at + 5, at + 5 + length);
  return true;
}

function writeJson(
  output: JsonOutput,
  column: CellType,
  type: number,
  bytes: Uint8Array,
  at: number,
): void {
  const start = output.length;
  const { retyped } = output;
  if (type === bsonType.string) writeText(output, bytes, at + 4, at + 3 + int32At(bytes, at));
  // A bare number would be one of the column's type.
  else
    writeValue(
      output,
      type,
      bytes,
      at,
      column !== "json" && isNumber(type) ? "canonical" : "lossless",
    );
  const ambiguous = type === bsonType.document && saysBson(bytes, at);
  if (output.retyped === retyped && !ambiguous) return;
  output.retyped = retyped;
  output.length = start;
  writeBson(output, singleField(type, bytes.subarray(at, at + valueSize(type, bytes, at))));
}

function isNumber(type: number): boolean {
  return type === bsonType.int32 || type === bsonType.int64 || type === bsonType.double;
}

/** Whether the document's first field has the name that marks BSON. */
function saysBson(bytes: Uint8Array, document: number): boolean {
  const name = document + 5;
  return nameEndAt(bytes, name) - name === bsonName.length && isWord(bytes, name, bsonName);
}

const bsonName = Buffer.from("$bson");
/** What a cell begins with that holds BSON as base64. */
export const bsonOpening = Buffer.from('{"$bson":"');
export const bsonClosing = Buffer.from('"}');

function writeBson(output: JsonOutput, document: Uint8Array): void {
  output.reserve(32 + Math.ceil(document.length / 3) * 4);
  output.literal(bsonOpening);
  output.length = appendBase64(output, output.length, document, 0, document.length);
  output.literal(bsonClosing);
}

/** The document whose only field, without name, is the value. */
function singleField(type: number, value: Uint8Array): Uint8Array {
  const document = Buffer.alloc(value.length + 7);
  document.writeInt32LE(document.length, 0);
  document[4] = type;
  document.set(value, 6);
  return document;
}
