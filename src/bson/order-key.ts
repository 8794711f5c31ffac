import { isNested, typeRank } from "./compare.ts";
import { appendNumberKey } from "./order-key-number.ts";
import { BsonError, bsonType } from "./types.ts";
import { findField, int32At, nameEndAt, valueSize } from "./walk.ts";

// An order key is bytes whose memcmp order is that of compareValues, and which are equal exactly where that is 0. So
// Int32 1, Int64 1, double 1.0 and decimal 1.00 have one key.
//
// Keys stand in databases, so what is written here is a format: a change needs a migration.
//
// A key is its class byte and then
//   minKey undefined null false true maxKey   nothing
//   numbers                                   see order-key-number.ts
//   string, symbol, code                      escaped text
//   binary                                    length (4 bytes, big-endian), subtype, data
//   ObjectId; date, timestamp                 12 bytes; 8 bytes, big-endian, the date's sign bit flipped
//   regex                                     escaped pattern, escaped options
//   DBPointer                                 size of the value (4 bytes, big-endian), the value's bytes
//   array                                     the elements' keys, 0
//   object                                    for each field: rank of its type class, escaped name, key of its value; 0
//   code with scope                           escaped code, then as an object
// Escaped: byte 0 as 1 1, byte 1 as 1 2, a 0 at the end.
//
// No key is the beginning of another. So keys of several values can be put one behind another, and one of them be inverted
// (every byte's complement) for descending order, without one value's end weighing against the next one's beginning.

const keyClass = {
  minKey: 0x01,
  undefined: 0x02,
  null: 0x03,
  // 0x10 to 0x27: numbers
  string: 0x30,
  object: 0x31,
  array: 0x32,
  binary: 0x33,
  objectId: 0x34,
  false: 0x35,
  true: 0x36,
  date: 0x37,
  timestamp: 0x38,
  regex: 0x39,
  dbPointer: 0x3a,
  code: 0x3b,
  codeWithScope: 0x3c,
  maxKey: 0x40,
} as const;

/** The key of one value, in memory of its own. */
export function orderKey(type: number, bytes: Uint8Array, at: number): Uint8Array {
  const bound = orderKeyBound(valueSize(type, bytes, at));
  const target = bound <= scratch.length ? scratch : new Uint8Array(bound);
  const length = appendOrderKey(target, 0, type, bytes, at);
  const key = new Uint8Array(length);
  // For keys this short a loop beats the call that slice() is.
  for (let i = 0; i < length; i++) key[i] = target[i]!;
  return key;
}

const scratch = new Uint8Array(4096);

/** The key of the document's `_id`, in memory of its own; null without `_id`. */
export function orderKeyOfId(bytes: Uint8Array, document = 0): Uint8Array | null {
  const element = idElement(bytes, document);
  return element < 0 ? null : orderKey(bytes[element]!, bytes, element + 5);
}

/**
 * Writes the key of the document's `_id` at `at` of `target` and gives the position behind it; -1 without `_id`.
 * For many documents at once: `target` needs `orderKeyBound` of the value, of which the document's size is an upper bound.
 */
export function appendOrderKeyOfId(
  target: Uint8Array,
  at: number,
  bytes: Uint8Array,
  document: number,
): number {
  const element = idElement(bytes, document);
  if (element < 0) return -1;
  return appendOrderKey(target, at, bytes[element]!, bytes, element + 5);
}

/** Bytes that the key of a value of `size` bytes needs at most. */
export function orderKeyBound(size: number): number {
  return 3 * size + 48;
}

/** Makes the key `target[from … to)` one of descending order. */
export function invertOrderKey(target: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) target[i] = ~target[i]!;
}

/** Writes the key at `at` of `target`, which has room for it (`orderKeyBound`), and gives the position behind it. */
export function appendOrderKey(
  target: Uint8Array,
  at: number,
  type: number,
  bytes: Uint8Array,
  valueAt: number,
): number {
  if (isNested(type)) return appendNested(target, at, type, bytes, valueAt);
  return appendScalar(target, at, type, bytes, valueAt);
}

const idName = Uint8Array.of(0x5f, 0x69, 0x64);

/** Where `_id` is, nearly always first. */
function idElement(bytes: Uint8Array, document: number): number {
  const first = document + 4;
  if (
    bytes[first + 1] === 0x5f &&
    bytes[first + 2] === 0x69 &&
    bytes[first + 3] === 0x64 &&
    bytes[first + 4] === 0 &&
    bytes[first] !== 0
  ) {
    return first;
  }
  return findField(bytes, document, idName);
}

function appendNested(
  target: Uint8Array,
  start: number,
  type: number,
  bytes: Uint8Array,
  valueAt: number,
): number {
  // Positions of the closing NULs of what is open, and whether names count there: no recursion, whatever the depth.
  const closes: number[] = [];
  const named: boolean[] = [];
  let at = start;
  let from = valueAt;
  let opening = type;
  for (;;) {
    if (opening) {
      target[at++] = nestedClass(opening);
      if (opening === bsonType.codeWithScope) {
        const code = from + 8;
        from = code + int32At(bytes, from + 4);
        at = appendEscaped(target, at, bytes, code, from - 1);
      }
      closes.push(from + int32At(bytes, from) - 1);
      named.push(opening !== bsonType.array);
      from += 4;
      opening = 0;
    }
    if (from >= closes.at(-1)!) {
      target[at++] = 0;
      from = closes.pop()! + 1;
      named.pop();
      if (closes.length === 0) return at;
      continue;
    }
    const elementType = bytes[from]!;
    const nameEnd = nameEndAt(bytes, from + 1);
    if (named.at(-1)!) {
      target[at++] = typeRank(elementType);
      at = appendEscaped(target, at, bytes, from + 1, nameEnd);
    }
    from = nameEnd + 1;
    if (isNested(elementType)) {
      opening = elementType;
    } else {
      at = appendScalar(target, at, elementType, bytes, from);
      from += valueSize(elementType, bytes, from);
    }
  }
}

function nestedClass(type: number): number {
  if (type === bsonType.document) return keyClass.object;
  return type === bsonType.array ? keyClass.array : keyClass.codeWithScope;
}

function appendScalar(
  target: Uint8Array,
  at: number,
  type: number,
  bytes: Uint8Array,
  from: number,
): number {
  switch (type) {
    case bsonType.objectId:
      target[at] = keyClass.objectId;
      return copy(target, at + 1, bytes, from, from + 12);
    case bsonType.string:
    case bsonType.symbol:
      target[at] = keyClass.string;
      return appendEscaped(target, at + 1, bytes, from + 4, from + 3 + int32At(bytes, from));
    case bsonType.int32:
    case bsonType.double:
    case bsonType.int64:
    case bsonType.decimal:
      return appendNumberKey(target, at, type, bytes, from);
    case bsonType.boolean:
      target[at] = bytes[from] === 0 ? keyClass.false : keyClass.true;
      return at + 1;
    case bsonType.date:
      target[at] = keyClass.date;
      appendInt32(target, at + 1, int32At(bytes, from + 4) ^ 0x80000000);
      return appendInt32(target, at + 5, int32At(bytes, from));
    case bsonType.timestamp:
      target[at] = keyClass.timestamp;
      appendInt32(target, at + 1, int32At(bytes, from + 4));
      return appendInt32(target, at + 5, int32At(bytes, from));
    case bsonType.binary: {
      const length = int32At(bytes, from);
      target[at] = keyClass.binary;
      appendInt32(target, at + 1, length);
      return copy(target, at + 5, bytes, from + 4, from + 5 + length);
    }
    case bsonType.regex: {
      const pattern = nameEndAt(bytes, from);
      target[at] = keyClass.regex;
      const options = appendEscaped(target, at + 1, bytes, from, pattern);
      return appendEscaped(target, options, bytes, pattern + 1, nameEndAt(bytes, pattern + 1));
    }
    case bsonType.dbPointer: {
      const size = valueSize(type, bytes, from);
      target[at] = keyClass.dbPointer;
      appendInt32(target, at + 1, size);
      return copy(target, at + 5, bytes, from, from + size);
    }
    case bsonType.code:
      target[at] = keyClass.code;
      return appendEscaped(target, at + 1, bytes, from + 4, from + 3 + int32At(bytes, from));
    case bsonType.minKey:
      target[at] = keyClass.minKey;
      return at + 1;
    case bsonType.undefined:
      target[at] = keyClass.undefined;
      return at + 1;
    case bsonType.null:
      target[at] = keyClass.null;
      return at + 1;
    case bsonType.maxKey:
      target[at] = keyClass.maxKey;
      return at + 1;
    default:
      throw new BsonError(`Unknown BSON type 0x${type.toString(16).padStart(2, "0")}`, from);
  }
}

function appendEscaped(
  target: Uint8Array,
  start: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  let at = start;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte > 1) {
      target[at++] = byte;
    } else {
      target[at++] = 1;
      target[at++] = byte + 1;
    }
  }
  target[at++] = 0;
  return at;
}

function copy(target: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) target[at + i - from] = bytes[i]!;
  return at + to - from;
}

/** Big-endian. */
function appendInt32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}
