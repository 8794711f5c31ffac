import { parseDecimal } from "../json/decode-decimal.ts";
import type { CellType } from "../codec.ts";
import { DocferryError } from "../../job/errors.ts";
import { compileGoLayout } from "./date-layout-go.ts";
import { goLayoutOfMs } from "./date-layout-ms.ts";
import { goLayoutOfOracle } from "./date-layout-oracle.ts";
import { parseGoDouble } from "./double-text.ts";
import type { RowWriter } from "./row-writer.ts";
import { parseOwnTypedName } from "./typed-header.ts";

/** What a column makes of its cells' texts. */
export type ColumnType =
  | { kind: "auto" }
  | { kind: "string" }
  | ParsedType
  /** The column of a typed CSV: cells of this type, or of another that they tell. */
  | { kind: "cells"; of: CellType }
  /** What a typed CSV's other columns do not say of a document. */
  | { kind: "document" };

interface ParsedType {
  kind: "boolean" | "int32" | "int64" | "double" | "decimal" | "binary" | "date";
  /** Writes the value that the text stands for; false, with nothing written, for a text that is not of the type. */
  write(writer: RowWriter, typeAt: number, text: string): boolean;
}

export interface Column {
  /** Dotted, without the type. */
  path: string;
  /** The path is the name of one field, dots and all. */
  literal: boolean;
  type: ColumnType;
}

/**
 * A column's name with its type: `age:int32`, of typed CSV, or `age.int32()`, `born.date(2006-01-02)`, as mongoimport's
 * --columnsHaveTypes wants it. In the argument `\(`, `\)` and `\\` stand for `(`, `)` and `\`.
 * @throws {DocferryError} invalid_file
 */
export function parseTypedName(name: string): Column {
  const own = parseOwnTypedName(name);
  if (own) {
    const { type, ...column } = own;
    return {
      ...column,
      type: type === "document" ? { kind: "document" } : { kind: "cells", of: type },
    };
  }
  const match = /^(.*)\.(\w+)\((.*)\)$/s.exec(name);
  if (!match) throw invalid(`Could not parse type from header \`${name}\``);
  const [, path = "", type = "", argument = ""] = match;
  return { path, literal: false, type: columnType(type, unescape(argument), name) };
}

function unescape(argument: string): string {
  return argument.replace(/\\([\\()]?)/g, "$1");
}

function columnType(type: string, argument: string, name: string): ColumnType {
  switch (type) {
    case "date":
    case "date_go":
      return dateType(argument);
    case "date_ms":
      return dateType(goLayoutOfMs(argument));
    case "date_oracle":
      return dateType(goLayoutOfOracle(argument));
    case "binary":
      return binaryType(argument, name);
  }
  const plain = plainTypes.get(type);
  if (!plain) throw invalid(`Unknown type \`${type}\` in header \`${name}\``);
  if (argument !== "") {
    throw invalid(`Type \`${type}\` takes no argument, but header \`${name}\` has one`);
  }
  return plain;
}

function binaryType(encoding: string, name: string): ColumnType {
  const read = binaryEncodings.get(encoding);
  if (!read) {
    throw invalid(
      `Binary encoding \`${encoding}\` in header \`${name}\` is none of base64, base32, hex`,
    );
  }
  return parsed("binary", read, (writer, typeAt, value) => writer.binary(typeAt, value));
}

function dateType(layout: string): ColumnType {
  const read = compileGoLayout(layout);
  return parsed("date", read, (writer, typeAt, value) => writer.date(typeAt, value));
}

function parsed<Value>(
  kind: ParsedType["kind"],
  read: (text: string) => Value | null,
  write: (writer: RowWriter, typeAt: number, value: Value) => void,
): ParsedType {
  return {
    kind,
    write(writer, typeAt, text) {
      const value = read(text);
      if (value !== null) write(writer, typeAt, value);
      return value !== null;
    },
  };
}

const plainTypes: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ["auto", { kind: "auto" }],
  ["string", { kind: "string" }],
  ["boolean", parsed("boolean", readBoolean, (writer, at, value) => writer.boolean(at, value))],
  ["int32", parsed("int32", readInt32, (writer, at, value) => writer.int32(at, value))],
  ["int64", parsed("int64", readInt64, (writer, at, value) => writer.int64(at, value))],
  ["double", parsed("double", parseGoDouble, (writer, at, value) => writer.double(at, value))],
  ["decimal", parsed("decimal", parseDecimal, (writer, at, value) => writer.decimal(at, value))],
]);

function readBoolean(text: string): boolean | null {
  const lower = text.toLowerCase();
  if (lower === "true" || text === "1") return true;
  return lower === "false" || text === "0" ? false : null;
}

function readInt32(text: string): number | null {
  const value = readInt64(text);
  return value !== null && BigInt.asIntN(32, value) === value ? Number(value) : null;
}

function readInt64(text: string): bigint | null {
  const match = /^([+-]?)0*(\d{1,19})$/.exec(text);
  if (!match) return null;
  const value = BigInt(`${match[1] === "-" ? "-" : ""}${match[2]}`);
  return BigInt.asIntN(64, value) === value ? value : null;
}

const binaryEncodings: ReadonlyMap<string, (text: string) => Uint8Array | null> = new Map([
  ["base64", readBase64],
  ["base32", readBase32],
  ["hex", readHex],
]);

/** Padding is required, line breaks are passed over, stray low bits pass: as Go's StdEncoding has it. */
function readBase64(text: string): Uint8Array | null {
  const bare = text.replace(/[\r\n]/g, "");
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return null;
  return Buffer.from(bare, "base64");
}

/** Upper case, padding required, as Go's StdEncoding. */
function readBase32(text: string): Uint8Array | null {
  const bare = text.replace(/[\r\n]/g, "");
  const digits = bare.replace(/=+$/, "");
  // 8 digits are 5 bytes; these are the digits that whole bytes leave in the last group.
  const last = digits.length % 8;
  if (bare.length % 8 !== 0 || bare.length - digits.length > 6) return null;
  if (![0, 2, 4, 5, 7].includes(last) || /[^A-Z2-7]/.test(digits)) return null;
  const bytes = new Uint8Array(Math.floor((digits.length * 5) / 8));
  let bits = 0;
  let pending = 0;
  let at = 0;
  for (const digit of digits) {
    bits = ((bits << 5) | base32Digits.indexOf(digit)) & 0xfff;
    pending += 5;
    if (pending < 8) continue;
    pending -= 8;
    bytes[at++] = bits >> pending;
  }
  return bytes;
}

const base32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function readHex(text: string): Uint8Array | null {
  return /^(?:[0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : null;
}

function invalid(message: string): DocferryError {
  return new DocferryError("invalid_file", message);
}
