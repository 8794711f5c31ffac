import { BsonError, bsonType } from "./types.ts";

// How to go through BSON without making objects of it. A document is named by its bytes and the position of its length
// prefix, a value by its type, the bytes and its position. Positions are absolute within the bytes, so nothing is sliced.
// What is walked has been validated (validate.ts) or written by us; the cursor still refuses to leave its document.

/**
 * Goes through the elements of one document (or array). Reusable: `open` it on the next one.
 *
 *     const cursor = new Cursor(bytes, at);
 *     while (cursor.next()) cursor.type, cursor.nameStart, cursor.nameEnd, cursor.valueStart, cursor.valueEnd
 */
export class Cursor {
  bytes: Uint8Array;
  /** The element's type byte. */
  type = 0;
  /** The name without its NUL. */
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd: number;
  /** Position of the document's closing NUL. */
  #close: number;

  constructor(bytes: Uint8Array, document = 0) {
    this.bytes = bytes;
    this.valueEnd = document + 4;
    this.#close = document + int32At(bytes, document) - 1;
  }

  open(bytes: Uint8Array, document: number): this {
    this.bytes = bytes;
    this.valueEnd = document + 4;
    this.#close = document + int32At(bytes, document) - 1;
    return this;
  }

  /** Moves to the next element; false after the last. @throws {BsonError} */
  next(): boolean {
    const start = this.valueEnd;
    if (start >= this.#close) return false;
    const { bytes } = this;
    const type = bytes[start]!;
    const nameEnd = nameEndAt(bytes, start + 1);
    const valueEnd = nameEnd + 1 + valueSize(type, bytes, nameEnd + 1);
    if (valueEnd > this.#close || valueEnd <= start) {
      throw new BsonError("An element ends outside its document", start);
    }
    this.type = type;
    this.nameStart = start + 1;
    this.nameEnd = nameEnd;
    this.valueStart = nameEnd + 1;
    this.valueEnd = valueEnd;
    return true;
  }
}

/** Position of the NUL that ends the name (or other C string) that begins at `from`. */
export function nameEndAt(bytes: Uint8Array, from: number): number {
  let at = from;
  // Outside the bytes `undefined > 0` is false as well, so this ends on any input.
  while (bytes[at]! > 0) at++;
  return at;
}

/** Bytes of the value of this type that begins at `at`. @throws {BsonError} for a type that BSON does not have */
export function valueSize(type: number, bytes: Uint8Array, at: number): number {
  switch (type) {
    case bsonType.string:
    case bsonType.code:
    case bsonType.symbol:
      return 4 + int32At(bytes, at);
    case bsonType.int32:
      return 4;
    case bsonType.double:
    case bsonType.int64:
    case bsonType.date:
    case bsonType.timestamp:
      return 8;
    case bsonType.document:
    case bsonType.array:
    case bsonType.codeWithScope:
      return int32At(bytes, at);
    case bsonType.objectId:
      return 12;
    case bsonType.boolean:
      return 1;
    case bsonType.null:
    case bsonType.undefined:
    case bsonType.minKey:
    case bsonType.maxKey:
      return 0;
    case bsonType.decimal:
      return 16;
    case bsonType.binary:
      return 5 + int32At(bytes, at);
    case bsonType.regex:
      return nameEndAt(bytes, nameEndAt(bytes, at) + 1) + 1 - at;
    case bsonType.dbPointer:
      return 16 + int32At(bytes, at);
    default:
      throw new BsonError(`Unknown BSON type 0x${type?.toString(16).padStart(2, "0")}`, at);
  }
}

/**
 * Position of the type byte of the document's first element with this name, or -1. Its value begins at
 * `position + name.length + 2`.
 * @param name UTF-8, without NUL
 */
export function findField(bytes: Uint8Array, document: number, name: Uint8Array): number {
  const close = document + int32At(bytes, document) - 1;
  let element = document + 4;
  while (element < close) {
    const nameEnd = nameEndAt(bytes, element + 1);
    if (nameIs(bytes, element + 1, nameEnd, name)) return element;
    const next = nameEnd + 1 + valueSize(bytes[element]!, bytes, nameEnd + 1);
    if (next > close || next <= element) {
      throw new BsonError("An element ends outside its document", element);
    }
    element = next;
  }
  return -1;
}

/** Whether the name `bytes[from … to)` is `name`. */
export function nameIs(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  const { length } = name;
  if (to - from !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== name[i]) return false;
  return true;
}

/** The little-endian Int32 at `at`: lengths, Int32 values, halves of Int64 values (the low half first). */
export function int32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

// One scratch for all reads of doubles: a DataView for each document would be an allocation for each document.
const scratch = new DataView(new ArrayBuffer(8));

export function doubleAt(bytes: Uint8Array, at: number): number {
  scratch.setInt32(0, int32At(bytes, at), true);
  scratch.setInt32(4, int32At(bytes, at + 4), true);
  return scratch.getFloat64(0, true);
}

/** The Int64 as a number where that is exact (up to ±2^53), else NaN: no BigInt for the common case. */
export function safeInt64At(bytes: Uint8Array, at: number): number {
  const value = int32At(bytes, at + 4) * 0x100000000 + (int32At(bytes, at) >>> 0);
  return Number.isSafeInteger(value) ? value : NaN;
}

export function int64At(bytes: Uint8Array, at: number): bigint {
  scratch.setInt32(0, int32At(bytes, at), true);
  scratch.setInt32(4, int32At(bytes, at + 4), true);
  return scratch.getBigInt64(0, true);
}

/** The text of `bytes[from … to)`; what is not UTF-8 becomes U+FFFD. */
export function textAt(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}

/** The text of a string, symbol or code value. */
export function stringAt(bytes: Uint8Array, at: number): string {
  return textAt(bytes, at + 4, at + 3 + int32At(bytes, at));
}
