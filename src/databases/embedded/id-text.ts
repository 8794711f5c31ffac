import { bsonType } from "../../bson/types.ts";
import { doubleAt, int32At, int64At, stringAt } from "../../bson/walk.ts";

/** Longer texts are cut: they stand in the message of a reject. */
const longest = 60;

/** An `_id` as a person writes it: `5`, `"abc"`, `507f1f77bcf86cd799439011`. */
export function idText(type: number, bytes: Uint8Array, at: number): string {
  const text = textOf(type, bytes, at);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function textOf(type: number, bytes: Uint8Array, at: number): string {
  switch (type) {
    case bsonType.int32:
      return String(int32At(bytes, at));
    case bsonType.int64:
      return String(int64At(bytes, at));
    case bsonType.double:
      return String(doubleAt(bytes, at));
    case bsonType.string:
    case bsonType.symbol:
      return JSON.stringify(stringAt(bytes, at).slice(0, longest));
    case bsonType.objectId:
      return hexAt(bytes, at, 12);
    case bsonType.boolean:
      return bytes[at] === 0 ? "false" : "true";
    case bsonType.date:
      return dateText(int64At(bytes, at));
    case bsonType.binary:
      return binaryText(bytes, at);
    case bsonType.timestamp:
      return `Timestamp(${int32At(bytes, at + 4) >>> 0}, ${int32At(bytes, at) >>> 0})`;
    default:
      return otherNames[type] ?? "of this value";
  }
}

const otherNames: Record<number, string> = {
  [bsonType.null]: "null",
  [bsonType.minKey]: "MinKey",
  [bsonType.maxKey]: "MaxKey",
  [bsonType.undefined]: "undefined",
  [bsonType.decimal]: "of this decimal",
  [bsonType.document]: "of this object",
  [bsonType.array]: "of this array",
  [bsonType.regex]: "of this regular expression",
  [bsonType.code]: "of this code",
  [bsonType.codeWithScope]: "of this code",
  [bsonType.dbPointer]: "of this DBPointer",
};

function hexAt(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString("hex");
}

/** ISO text where JavaScript's dates reach, else the milliseconds. */
function dateText(milliseconds: bigint): string {
  const date = new Date(Number(milliseconds));
  return Number.isNaN(date.getTime()) ? `Date(${milliseconds})` : date.toISOString();
}

function binaryText(bytes: Uint8Array, at: number): string {
  const length = int32At(bytes, at);
  const hex = hexAt(bytes, at + 5, Math.min(length, longest));
  if (bytes[at + 4] === 4 && length === 16) {
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }
  return `0x${hex}`;
}
