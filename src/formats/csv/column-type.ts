import { type DecimalBits, parseDecimal } from "../json/decode-decimal.ts";
import { DocferryError } from "../../job/errors.ts";
import { compileGoLayout } from "./date-layout-go.ts";
import { goLayoutOfMs } from "./date-layout-ms.ts";
import { goLayoutOfOracle } from "./date-layout-oracle.ts";
import { parseGoDouble } from "./double-text.ts";

/** What a typed column makes of a cell's text; `read` gives null for a text that is not of the type. */
export type ColumnType =
  | { kind: "auto" }
  | { kind: "string" }
  | { kind: "boolean"; name: string; read(text: string): boolean | null }
  | { kind: "int32"; name: string; read(text: string): number | null }
  | { kind: "int64"; name: string; read(text: string): bigint | null }
  | { kind: "double"; name: string; read(text: string): number | null }
  | { kind: "decimal"; name: string; read(text: string): DecimalBits | null }
  | { kind: "binary"; name: string; read(text: string): Uint8Array | null }
  /** Milliseconds since 1970. */
  | { kind: "date"; name: string; read(text: string): number | null };

export interface TypedName {
  /** The dotted path without the type. */
  path: string;
  type: ColumnType;
}

/**
 * A column's name with its type, `age.int32()` or `born.date(2006-01-02)`, as mongoimport's --columnsHaveTypes wants it.
 * In the argument `\(`, `\)` and `\\` stand for `(`, `)` and `\`.
 * @throws {DocferryError} invalid_file
 */
export function parseTypedName(name: string): TypedName {
  const match = /^(.*)\.(\w+)\((.*)\)$/s.exec(name);
  if (!match) throw invalid(`Could not parse type from header \`${name}\``);
  const [, path = "", type = "", argument = ""] = match;
  return { path, type: columnType(type, unescape(argument), name) };
}

function unescape(argument: string): string {
  return argument.replace(/\\([\\()]?)/g, "$1");
}

function columnType(type: string, argument: string, name: string): ColumnType {
  switch (type) {
    case "date":
    case "date_go":
      return { kind: "date", name: type, read: compileGoLayout(argument) };
    case "date_ms":
      return { kind: "date", name: type, read: compileGoLayout(goLayoutOfMs(argument)) };
    case "date_oracle":
      return { kind: "date", name: type, read: compileGoLayout(goLayoutOfOracle(argument)) };
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
  return { kind: "binary", name: "binary", read };
}

const plainTypes: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ["auto", { kind: "auto" }],
  ["string", { kind: "string" }],
  ["boolean", { kind: "boolean", name: "boolean", read: readBoolean }],
  ["int32", { kind: "int32", name: "int32", read: readInt32 }],
  ["int64", { kind: "int64", name: "int64", read: readInt64 }],
  ["double", { kind: "double", name: "double", read: parseGoDouble }],
  ["decimal", { kind: "decimal", name: "decimal", read: parseDecimal }],
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
