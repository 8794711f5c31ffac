import { BsonError, bsonType } from "./types.ts";
import { badUtf8 } from "./utf8.ts";
import { int32At, nameEndAt } from "./walk.ts";

/** MongoDB's own limit: documents and arrays within each other, the outermost included. */
export const maxDepth = 200;

/**
 * Checks that `bytes[from … to)` is exactly one well-formed document: every length fits, every terminator is there, text is
 * UTF-8, booleans are 0 or 1, nothing is nested deeper than `depth`.
 * @throws {BsonError}
 */
export function validate(
  bytes: Uint8Array,
  { from = 0, to = bytes.length, depth = maxDepth } = {},
): void {
  // A stack of closing NULs instead of recursion, so that depth costs a caller no stack.
  const closes = [openDocument(bytes, from, to)];
  let at = from + 4;
  while (closes.length > 0) {
    const close = closes[closes.length - 1]!;
    if (at === close) {
      closes.pop();
      at++;
      continue;
    }
    const type = bytes[at]!;
    const value = checkCString(bytes, at + 1, close);
    if (type === bsonType.document || type === bsonType.array) {
      if (closes.length >= depth) throw new BsonError(`Nested deeper than ${depth}`, at);
      closes.push(openDocument(bytes, value, value + lengthAt(bytes, value, close, 5)));
      at = value + 4;
    } else if (type === bsonType.codeWithScope) {
      const end = value + lengthAt(bytes, value, close, 14);
      const scope = checkString(bytes, value + 4, end);
      if (closes.length >= depth) throw new BsonError(`Nested deeper than ${depth}`, at);
      closes.push(openDocument(bytes, scope, end));
      at = scope + 4;
    } else {
      at = checkScalar(type, bytes, value, close);
    }
  }
}

/** Position of the closing NUL of the document that must fill `bytes[from … to)`. */
function openDocument(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 5) throw new BsonError("A document needs at least 5 bytes", from);
  const length = int32At(bytes, from);
  if (length !== to - from) {
    throw new BsonError(`A document says ${length} bytes and has ${to - from}`, from);
  }
  if (bytes[to - 1] !== 0) throw new BsonError("A document does not end with NUL", to - 1);
  return to - 1;
}

/** The position behind the value. */
function checkScalar(type: number, bytes: Uint8Array, at: number, close: number): number {
  switch (type) {
    case bsonType.string:
    case bsonType.code:
    case bsonType.symbol:
      return checkString(bytes, at, close);
    case bsonType.binary:
      return checkBinary(bytes, at, close);
    case bsonType.boolean:
      if (bytes[at]! > 1) throw new BsonError(`A boolean is ${bytes[at]}`, at);
      return skip(at, 1, close);
    case bsonType.regex:
      return checkCString(bytes, checkCString(bytes, at, close), close);
    case bsonType.dbPointer:
      return skip(checkString(bytes, at, close), 12, close);
    case bsonType.int32:
      return skip(at, 4, close);
    case bsonType.double:
    case bsonType.int64:
    case bsonType.date:
    case bsonType.timestamp:
      return skip(at, 8, close);
    case bsonType.objectId:
      return skip(at, 12, close);
    case bsonType.decimal:
      return skip(at, 16, close);
    case bsonType.null:
    case bsonType.undefined:
    case bsonType.minKey:
    case bsonType.maxKey:
      return at;
    default:
      throw new BsonError(`Unknown BSON type 0x${type.toString(16).padStart(2, "0")}`, at);
  }
}

function skip(at: number, size: number, close: number): number {
  if (at + size > close) throw new BsonError("A value is cut off", at);
  return at + size;
}

/** The position behind the NUL. */
function checkCString(bytes: Uint8Array, at: number, close: number): number {
  const end = nameEndAt(bytes, at);
  if (end >= close) throw new BsonError("A name or regular expression has no end", at);
  checkUtf8(bytes, at, end);
  return end + 1;
}

function checkString(bytes: Uint8Array, at: number, close: number): number {
  const end = at + 4 + lengthAt(bytes, at, close - 4, 1);
  if (bytes[end - 1] !== 0) throw new BsonError("A string does not end with NUL", end - 1);
  checkUtf8(bytes, at + 4, end - 1);
  return end;
}

function checkBinary(bytes: Uint8Array, at: number, close: number): number {
  const length = lengthAt(bytes, at, close - 5, 0);
  // Subtype 2 has its length a second time, within the data.
  if (bytes[at + 4] === 2 && (length < 4 || int32At(bytes, at + 5) !== length - 4)) {
    throw new BsonError("The inner length of a binary of subtype 2 is wrong", at + 5);
  }
  return at + 5 + length;
}

/** The length prefix at `at`, which may reach up to `close` counted from `at`. */
function lengthAt(bytes: Uint8Array, at: number, close: number, least: number): number {
  if (at + least > close) throw new BsonError("A value is cut off", at);
  const length = int32At(bytes, at);
  if (length < least || at + length > close) throw new BsonError(`A length is ${length}`, at);
  return length;
}

function checkUtf8(bytes: Uint8Array, from: number, to: number): void {
  const bad = badUtf8(bytes, from, to);
  if (bad >= 0) throw new BsonError("Text is not UTF-8", bad);
}
