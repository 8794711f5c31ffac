import { decimalText } from "../../bson/decimal.ts";
import { BsonError, bsonType } from "../../bson/types.ts";
import { doubleAt, int32At, int64At, nameEndAt, safeInt64At, textAt } from "../../bson/walk.ts";
import { writeIsoDate } from "../json/encode-date.ts";
import { writeDouble, writeInteger } from "../json/encode-number.ts";
import type { JsonOutput } from "../json/encode-output.ts";
import { writeHex } from "../json/encode-text.ts";
import { exportedDouble } from "./double-text.ts";

/**
 * Writes a value as the cell that mongoexport's CSV has for it, not quoted yet, but loses nothing where mongoexport does:
 * binary data of subtype 2 are whole, a symbol is its text.
 *
 * @param type of any but a string or a nested value
 * @returns whether the plain cell reads back as a value of the same type
 */
export function writeCellText(
  output: JsonOutput,
  type: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  output.reserve(64);
  switch (type) {
    case bsonType.int32:
      writeInteger(output, int32At(bytes, at));
      return true;
    case bsonType.int64:
      return writeInt64(output, bytes, at);
    case bsonType.double:
      return writeDoubleText(output, doubleAt(bytes, at));
    case bsonType.null:
      return false;
    case bsonType.symbol:
    case bsonType.code:
      appendBytes(output, bytes, at + 4, at + 3 + int32At(bytes, at));
      return false;
    case bsonType.binary:
      writeBinary(output, bytes, at);
      return false;
    case bsonType.boolean:
      output.literal(bytes[at] === 0 ? FALSE : TRUE);
      return false;
    case bsonType.objectId:
      output.literal(OBJECT_ID);
      writeHex(output, bytes, at, at + 12);
      output.byte(CLOSE);
      return false;
    case bsonType.date:
      writeDate(output, bytes, at);
      return false;
    default:
      writeText(output, scalarText(type, bytes, at));
      return false;
  }
}

function scalarText(type: number, bytes: Uint8Array, at: number): string {
  switch (type) {
    case bsonType.decimal:
      return decimalText(bytes, at);
    case bsonType.regex: {
      const patternEnd = nameEndAt(bytes, at);
      const options = textAt(bytes, patternEnd + 1, nameEndAt(bytes, patternEnd + 1));
      return `/${textAt(bytes, at, patternEnd)}/${options}`;
    }
    case bsonType.timestamp: {
      const increment = int32At(bytes, at) >>> 0;
      return `{ "$timestamp": { "t": ${int32At(bytes, at + 4) >>> 0}, "i": ${increment} } }`;
    }
    case bsonType.minKey:
      return "$MinKey";
    case bsonType.maxKey:
      return "$MaxKey";
    case bsonType.undefined:
      return '{ "$undefined": true }';
    case bsonType.dbPointer: {
      const id = at + 4 + int32At(bytes, at);
      const name = textAt(bytes, at + 4, id - 1);
      return `{ "$ref": "${name}", "$id": ObjectID("${hex(bytes, id, id + 12)}") }`;
    }
    default:
      throw new BsonError(`Unknown BSON type 0x${type.toString(16).padStart(2, "0")}`, at);
  }
}

function writeInt64(output: JsonOutput, bytes: Uint8Array, at: number): boolean {
  const value = safeInt64At(bytes, at);
  if (Number.isNaN(value)) output.ascii(int64At(bytes, at).toString());
  else writeInteger(output, value);
  return value !== (value | 0);
}

function writeDoubleText(output: JsonOutput, value: number): boolean {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e6) {
    const whole = Number.isInteger(value);
    if (whole) writeInteger(output, value);
    else writeDouble(output, value);
    return !whole;
  }
  const text = exportedDouble(value);
  output.ascii(text);
  // A whole number without exponent reads as an integer; `-0` does not.
  return (
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Object.is(value, -0) || text.includes("e"))
  );
}

function writeDate(output: JsonOutput, bytes: Uint8Array, at: number): void {
  const milliseconds = safeInt64At(bytes, at);
  if (milliseconds >= 0 && milliseconds < endOfIsoDates) {
    writeIsoDate(output, milliseconds, true);
  } else {
    output.ascii(exportedDate(int64At(bytes, at)));
  }
}

/** Upper-case hexadecimal digits, as they are many times longer than other cells, by table. */
function writeBinary(output: JsonOutput, bytes: Uint8Array, at: number): void {
  const end = at + 5 + int32At(bytes, at);
  // The old subtype 2 has the length once more before its data.
  let from = bytes[at + 4] === 2 ? at + 9 : at + 5;
  output.reserve(2 * (end - from));
  for (; from < end; from++) {
    output.byte(hexDigits[bytes[from]! >>> 4]!);
    output.byte(hexDigits[bytes[from]! & 15]!);
  }
}

const hexDigits = Buffer.from("0123456789ABCDEF", "latin1");
const TRUE = Buffer.from("true", "latin1");
const FALSE = Buffer.from("false", "latin1");
const OBJECT_ID = Buffer.from("ObjectId(", "latin1");
const CLOSE = 0x29;

/** Up to 3000-12-31T23:59:58.999Z an ISO date with milliseconds; years before 0 as Go prints them: `-0001-12-31T…`. */
function exportedDate(milliseconds: bigint): string {
  if (milliseconds >= BigInt(endOfIsoDates)) {
    return `{ "$date": { "$numberLong" : "${milliseconds}" }}`;
  }
  // The calendar repeats after 400 years, which brings every date into JavaScript's range.
  const cycles = milliseconds < -8_000_000_000_000_000n ? -milliseconds / cycle : 0n;
  const date = new Date(Number(milliseconds + cycles * cycle));
  const year = BigInt(date.getUTCFullYear()) - cycles * 400n;
  const size = (year < 0n ? -year : year).toString().padStart(4, "0");
  const iso = date.toISOString();
  return `${year < 0n ? "-" : ""}${size}${iso.slice(iso.indexOf("-", 1))}`;
}

/** 3000-12-31T23:59:59Z. */
const endOfIsoDates = 32_535_215_999_000;

/** Milliseconds of 400 years. */
const cycle = 146_097n * 86_400_000n;

/** Copies the bytes as they are. */
export function appendBytes(output: JsonOutput, bytes: Uint8Array, from: number, to: number): void {
  const length = to - from;
  output.reserve(length);
  if (length < shortText) {
    const target = output.bytes;
    let at = output.length;
    for (let i = from; i < to; i++) target[at++] = bytes[i]!;
  } else {
    output.bytes.set(bytes.subarray(from, to), output.length);
  }
  output.length += length;
}

/** Below this length a loop copies faster than a call. */
const shortText = 64;

function writeText(output: JsonOutput, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  output.reserve(bytes.length);
  output.literal(bytes);
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("hex");
}
