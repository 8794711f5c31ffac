import { bsonType } from "../../bson/types.ts";
import { BsonError } from "../../bson/types.ts";
import { validate } from "../../bson/validate.ts";
import { Cursor, int32At, valueSize } from "../../bson/walk.ts";
import type { RejectCode } from "../../job/reject.ts";
import type { CellType } from "../codec.ts";
import { parseRfc3339 } from "../json/decode-date.ts";
import { parseDecimal } from "../json/decode-decimal.ts";
import { FieldNames } from "../json/decode-field-names.ts";
import { ObjectParser } from "../json/decode-object.ts";
import { DecodeState, textPadding } from "../json/decode-state.ts";
import { parseGoDouble } from "./double-text.ts";
import type { RowWriter } from "./row-writer.ts";
import { bsonClosing, bsonOpening, looksLikeJson } from "./typed-cell-out.ts";

/** What is wrong with a cell, and where within its value. */
export interface CellFault {
  code: RejectCode;
  message: string;
  path: string;
}

/** Reads the cells of typed CSV. */
export class TypedCellReader {
  /** Why the last `json` or `document` gave nothing. */
  fault: CellFault = { code: "csv_type", message: "", path: "" };
  readonly #state = new DecodeState();
  readonly #parser: ObjectParser;
  readonly #rule: boolean;
  #text = Buffer.alloc(0);

  /** @param rule reject the field names that an environment does not take */
  constructor(rule: boolean) {
    this.#parser = new ObjectParser(this.#state, rule);
    this.#rule = rule;
  }

  /** Writes the value of a cell that is not empty; null for one that is not of the type, or else `fault`. */
  write(
    writer: RowWriter,
    typeAt: number,
    column: CellType,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): "written" | "mistyped" | "fault" {
    if (column === "json" || looksLikeJson(bytes, from, to)) {
      return this.#json(writer, typeAt, bytes, from, to) ? "written" : "fault";
    }
    if (column === "string") {
      writer.string(typeAt, bytes, from, to);
      return "written";
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
    return writePlain(writer, typeAt, column, text) ? "written" : "mistyped";
  }

  /** The whole document that a cell is, or null and `fault`. Valid until the next call. */
  document(bytes: Uint8Array, from: number, to: number): Uint8Array | null {
    if (isBson(bytes, from, to)) return this.#bson(bytes, from, to);
    return this.#parse([bytes.subarray(from, to)], 0);
  }

  #json(writer: RowWriter, typeAt: number, bytes: Uint8Array, from: number, to: number): boolean {
    const document = isBson(bytes, from, to)
      ? this.#bson(bytes, from, to)
      : this.#parse([opening, bytes.subarray(from, to), closing], opening.length);
    if (!document) return false;
    const type = document[4]!;
    // All of the document is one value of a field without name, or the cell has more than a value.
    const single =
      document.length > 6 &&
      document[5] === 0 &&
      6 + valueSize(type, document, 6) === document.length - 1;
    if (!single) return this.#failed("csv_type", "The cell is not one JSON value");
    writer.reserve(document.length);
    writer.value(typeAt, type, document.subarray(6, document.length - 1));
    return true;
  }

  #bson(bytes: Uint8Array, from: number, to: number): Uint8Array | null {
    const text = Buffer.from(
      bytes.buffer,
      bytes.byteOffset + from + bsonOpening.length,
      to - from - bsonOpening.length - bsonClosing.length,
    ).toString("latin1");
    const document = Buffer.from(text, "base64");
    try {
      if (document.toString("base64") !== text) throw new BsonError("The text is not base64", 0);
      validate(document, { depth: maxDepth });
    } catch (error) {
      if (!(error instanceof BsonError)) throw error;
      this.#failed("csv_type", `The cell's BSON is wrong: ${error.message}`);
      return null;
    }
    const wrong = wrongName(document, bsonType.document, 0, this.#rule);
    if (wrong === null) return document;
    this.#failed(wrong, `The cell's BSON has ${nameFaults[wrong]}`);
    return null;
  }

  /** Parses the pieces' text as one object. */
  #parse(pieces: readonly Uint8Array[], shift: number): Uint8Array | null {
    const state = this.#state;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#text.length < length + textPadding) {
      this.#text = Buffer.alloc((length + textPadding) * 2);
    }
    let at = 0;
    for (const piece of pieces) {
      this.#text.set(piece, at);
      at += piece.length;
    }
    this.#text.fill(0, length, length + textPadding);
    state.setText(this.#text, length);
    state.at = 0;
    state.beginDocument();
    const end = this.#parser.record(0, 0);
    if (end === length) return state.out.subarray(0, state.at);
    if (end >= 0) this.#failed("csv_type", "The cell is not one JSON value");
    else if (state.faultAt >= length - (shift > 0 ? 1 : 0)) {
      this.#failed("json_unfinished", "The JSON of the cell does not end");
    } else {
      const path = this.#parser.faultPath();
      // The field that the cell's value is the value of has no name, and so no place in the path.
      this.#failed(state.code, state.message, shift > 0 ? path.replace(/^\.?/, "") : path);
    }
    return null;
  }

  #failed(code: RejectCode, message: string, path = ""): false {
    this.fault = { code, message, path };
    return false;
  }
}

const opening = Buffer.from('{"":');
const closing = Buffer.from("}");
/** A value within a document may be as deep as the document less one; it stands in one here, too. */
const maxDepth = 200;

function isBson(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < bsonOpening.length + bsonClosing.length) return false;
  for (let i = 0; i < bsonOpening.length; i++) {
    if (bytes[from + i] !== bsonOpening[i]) return false;
  }
  return bytes[to - 2] === bsonClosing[0] && bytes[to - 1] === bsonClosing[1];
}

const nameFaults = {
  duplicate_key: "a name twice in one document",
  field_name: "a name with dots at an end or in a row, or two that say the same path",
};

/**
 * What keeps JSON from having names twice, or such as an environment does not take, holds for BSON as well. Those of array
 * elements are not looked at, here as there.
 */
function wrongName(
  bytes: Uint8Array,
  of: number,
  at: number,
  rule: boolean,
): keyof typeof nameFaults | null {
  const names = new FieldNames(rule);
  const cursor = new Cursor(bytes, at);
  while (cursor.next()) {
    const { type, nameStart, nameEnd, valueStart } = cursor;
    if (of !== bsonType.array) {
      const name = Buffer.from(bytes.subarray(nameStart, nameEnd)).toString("latin1");
      if (names.has(name)) return "duplicate_key";
      if (!names.add(name)) return "field_name";
    }
    let wrong: keyof typeof nameFaults | null = null;
    if (type === bsonType.document || type === bsonType.array) {
      wrong = wrongName(bytes, type, valueStart, rule);
    } else if (type === bsonType.codeWithScope) {
      const scope = valueStart + 8 + int32At(bytes, valueStart + 4);
      wrong = wrongName(bytes, bsonType.document, scope, rule);
    }
    if (wrong !== null) return wrong;
  }
  return null;
}

/** False, with nothing written, for a text that is not of the type. */
function writePlain(
  writer: RowWriter,
  typeAt: number,
  column: Exclude<CellType, "string" | "json">,
  text: string,
): boolean {
  switch (column) {
    case "int32": {
      const value = Number(text);
      if (!integer.test(text) || value !== (value | 0)) return false;
      writer.int32(typeAt, value);
      return true;
    }
    case "int64": {
      if (!integer.test(text) || text.length > 20) return false;
      const value = BigInt(text);
      if (BigInt.asIntN(64, value) !== value) return false;
      writer.int64(typeAt, value);
      return true;
    }
    case "double": {
      const value = parseGoDouble(text);
      if (value === null) return false;
      writer.double(typeAt, value);
      return true;
    }
    case "decimal": {
      const value = parseDecimal(text);
      if (value === null) return false;
      writer.decimal(typeAt, value);
      return true;
    }
    case "date": {
      const value = parseRfc3339(text);
      if (value === null) return false;
      writer.date(typeAt, value);
      return true;
    }
    case "boolean": {
      // In lower case they are JSON; spreadsheets write them like this.
      if (text !== "TRUE" && text !== "FALSE") return false;
      writer.boolean(typeAt, text === "TRUE");
      return true;
    }
    case "objectId": {
      if (!/^[0-9a-fA-F]{24}$/.test(text)) return false;
      writer.value(typeAt, bsonType.objectId, Buffer.from(text, "hex"));
      return true;
    }
    case "binary": {
      const value = Buffer.from(text, "base64");
      if (value.toString("base64") !== text) return false;
      writer.binary(typeAt, value);
      return true;
    }
    default:
      return column satisfies never;
  }
}

const integer = /^-?\d+$/;
