import { compareNumbers } from "./number.ts";
import { BsonError, bsonType } from "./types.ts";
import { int32At, nameEndAt, valueSize } from "./walk.ts";

/**
 * MongoDB's order of all values: by type class (MinKey, undefined, null, numbers, strings and symbols, objects, arrays,
 * binaries, ObjectIds, booleans, dates, timestamps, regular expressions, DBPointers, code, code with scope, MaxKey), then by
 * value. Objects compare field by field: type class, name, value; what ends first is lower. Negative, 0 or positive.
 * Uses no stack of the machine, however deep the values.
 */
export function compareValues(
  typeA: number,
  bytesA: Uint8Array,
  atA: number,
  typeB: number,
  bytesB: Uint8Array,
  atB: number,
): number {
  const ranks = typeRank(typeA) - typeRank(typeB);
  if (ranks !== 0) return ranks;
  if (isNested(typeA)) return compareNested(typeA, bytesA, atA, bytesB, atB);
  return compareScalars(typeA, bytesA, atA, typeB, bytesB, atB);
}

const ranks = new Uint8Array(256);
ranks[bsonType.minKey] = 1;
ranks[bsonType.undefined] = 2;
ranks[bsonType.null] = 3;
ranks[bsonType.double] = 4;
ranks[bsonType.int32] = 4;
ranks[bsonType.int64] = 4;
ranks[bsonType.decimal] = 4;
ranks[bsonType.string] = 5;
ranks[bsonType.symbol] = 5;
ranks[bsonType.document] = 6;
ranks[bsonType.array] = 7;
ranks[bsonType.binary] = 8;
ranks[bsonType.objectId] = 9;
ranks[bsonType.boolean] = 10;
ranks[bsonType.date] = 11;
ranks[bsonType.timestamp] = 12;
ranks[bsonType.regex] = 13;
ranks[bsonType.dbPointer] = 14;
ranks[bsonType.code] = 15;
ranks[bsonType.codeWithScope] = 16;
ranks[bsonType.maxKey] = 17;

/** The place of the type's class in the order, 1 to 17: equal for types whose values compare with each other. @throws {BsonError} */
export function typeRank(type: number): number {
  const rank = ranks[type];
  if (!rank) throw new BsonError(`Unknown BSON type 0x${type.toString(16).padStart(2, "0")}`, 0);
  return rank;
}

/** Types whose values hold elements. */
export function isNested(type: number): boolean {
  return type === bsonType.document || type === bsonType.array || type === bsonType.codeWithScope;
}

/** Two values of the same nested type. */
function compareNested(
  type: number,
  bytesA: Uint8Array,
  startA: number,
  bytesB: Uint8Array,
  startB: number,
): number {
  // Positions of the closing NULs of what is open, and whether names count there.
  const closesA: number[] = [];
  const closesB: number[] = [];
  const named: boolean[] = [];
  let atA = startA;
  let atB = startB;
  let opening = type;
  for (;;) {
    if (opening) {
      if (opening === bsonType.codeWithScope) {
        const code = compareStrings(bytesA, atA + 4, bytesB, atB + 4);
        if (code !== 0) return code;
        atA += 8 + int32At(bytesA, atA + 4);
        atB += 8 + int32At(bytesB, atB + 4);
      }
      closesA.push(atA + int32At(bytesA, atA) - 1);
      closesB.push(atB + int32At(bytesB, atB) - 1);
      named.push(opening !== bsonType.array);
      atA += 4;
      atB += 4;
      opening = 0;
    }
    const endsA = atA >= closesA.at(-1)!;
    const endsB = atB >= closesB.at(-1)!;
    if (endsA || endsB) {
      if (!endsA) return 1;
      if (!endsB) return -1;
      atA = closesA.pop()! + 1;
      atB = closesB.pop()! + 1;
      named.pop();
      if (named.length === 0) return 0;
      continue;
    }
    const typeA = bytesA[atA]!;
    const typeB = bytesB[atB]!;
    const rank = typeRank(typeA) - typeRank(typeB);
    if (rank !== 0) return rank;
    const nameEndA = nameEndAt(bytesA, atA + 1);
    const nameEndB = nameEndAt(bytesB, atB + 1);
    if (named.at(-1)!) {
      const name = compareBytes(bytesA, atA + 1, nameEndA, bytesB, atB + 1, nameEndB);
      if (name !== 0) return name;
    }
    atA = nameEndA + 1;
    atB = nameEndB + 1;
    if (isNested(typeA)) {
      opening = typeA;
      continue;
    }
    const value = compareScalars(typeA, bytesA, atA, typeB, bytesB, atB);
    if (value !== 0) return value;
    atA += valueSize(typeA, bytesA, atA);
    atB += valueSize(typeB, bytesB, atB);
  }
}

/** Two values of the same class that hold no elements. */
function compareScalars(
  typeA: number,
  bytesA: Uint8Array,
  atA: number,
  typeB: number,
  bytesB: Uint8Array,
  atB: number,
): number {
  switch (typeA) {
    case bsonType.double:
    case bsonType.int32:
    case bsonType.int64:
    case bsonType.decimal:
      return compareNumbers(typeA, bytesA, atA, typeB, bytesB, atB);
    case bsonType.string:
    case bsonType.symbol:
    case bsonType.code:
      return compareStrings(bytesA, atA, bytesB, atB);
    case bsonType.objectId:
      return compareBytes(bytesA, atA, atA + 12, bytesB, atB, atB + 12);
    case bsonType.boolean:
      return bytesA[atA]! - bytesB[atB]!;
    case bsonType.date:
      return (
        int32At(bytesA, atA + 4) - int32At(bytesB, atB + 4) ||
        (int32At(bytesA, atA) >>> 0) - (int32At(bytesB, atB) >>> 0)
      );
    case bsonType.timestamp:
      return (
        (int32At(bytesA, atA + 4) >>> 0) - (int32At(bytesB, atB + 4) >>> 0) ||
        (int32At(bytesA, atA) >>> 0) - (int32At(bytesB, atB) >>> 0)
      );
    case bsonType.binary: {
      // Length, then subtype, then data: the last two stand side by side.
      const lengthA = int32At(bytesA, atA);
      const lengthB = int32At(bytesB, atB);
      if (lengthA !== lengthB) return lengthA - lengthB;
      return compareBytes(bytesA, atA + 4, atA + 5 + lengthA, bytesB, atB + 4, atB + 5 + lengthB);
    }
    case bsonType.regex:
      return compareRegex(bytesA, atA, bytesB, atB);
    case bsonType.dbPointer: {
      const sizeA = valueSize(typeA, bytesA, atA);
      const sizeB = valueSize(typeB, bytesB, atB);
      if (sizeA !== sizeB) return sizeA - sizeB;
      return compareBytes(bytesA, atA, atA + sizeA, bytesB, atB, atB + sizeB);
    }
    default:
      // MinKey, undefined, null, MaxKey: one value each.
      return 0;
  }
}

/** Two values with a length prefix and a NUL at the end. */
function compareStrings(bytesA: Uint8Array, atA: number, bytesB: Uint8Array, atB: number): number {
  const endA = atA + 3 + int32At(bytesA, atA);
  const endB = atB + 3 + int32At(bytesB, atB);
  return compareBytes(bytesA, atA + 4, endA, bytesB, atB + 4, endB);
}

function compareRegex(bytesA: Uint8Array, atA: number, bytesB: Uint8Array, atB: number): number {
  const patternA = nameEndAt(bytesA, atA);
  const patternB = nameEndAt(bytesB, atB);
  const pattern = compareBytes(bytesA, atA, patternA, bytesB, atB, patternB);
  if (pattern !== 0) return pattern;
  const optionsA = nameEndAt(bytesA, patternA + 1);
  const optionsB = nameEndAt(bytesB, patternB + 1);
  return compareBytes(bytesA, patternA + 1, optionsA, bytesB, patternB + 1, optionsB);
}

function compareBytes(
  bytesA: Uint8Array,
  fromA: number,
  toA: number,
  bytesB: Uint8Array,
  fromB: number,
  toB: number,
): number {
  const lengthA = toA - fromA;
  const lengthB = toB - fromB;
  const common = Math.min(lengthA, lengthB);
  for (let i = 0; i < common; i++) {
    const difference = bytesA[fromA + i]! - bytesB[fromB + i]!;
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
