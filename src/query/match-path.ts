import { bsonType } from "../bson/types.ts";
import { findField, int32At, nameEndAt, valueSize } from "../bson/walk.ts";

/** Whether a value passes: its type byte (`missing` where there is none), the bytes, its position. */
export type ValueTest = (type: number, bytes: Uint8Array, at: number) => boolean;

/** The type of a field that is not there. No BSON type is 0. */
export const missing = 0;

/** One name of a dotted path. */
export interface PathPart {
  /** UTF-8. */
  name: Uint8Array;
  /** The position in an array that it may mean as well; -1 for none. */
  index: number;
}

export function pathParts(path: string): PathPart[] {
  return path.split(".").map((part) => ({
    name: Buffer.from(part, "utf8"),
    index: /^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : -1,
  }));
}

/**
 * Whether a value at the path passes. As in MongoDB a path leads through documents, into every document of an array, and to
 * the element of a number; an array at its end stands for its elements and for itself. Where a document on the way lacks the
 * field, `missing` is one of the values; where an array has no document to go on with, there is no value at all.
 * @param spread an array at the end stands for its elements too
 */
export function anyAtPath(
  bytes: Uint8Array,
  document: number,
  path: PathPart[],
  spread: boolean,
  passes: ValueTest,
): boolean {
  return inDocument(bytes, document, path, 0, spread, passes);
}

function inDocument(
  bytes: Uint8Array,
  start: number,
  path: PathPart[],
  first: number,
  spread: boolean,
  passes: ValueTest,
): boolean {
  let document = start;
  for (let part = first; ; part++) {
    const { name } = path[part]!;
    const element = findField(bytes, document, name);
    if (element < 0) return passes(missing, bytes, 0);
    const type = bytes[element]!;
    const value = element + name.length + 2;
    if (part === path.length - 1) return atEnd(type, bytes, value, spread, passes);
    if (type === bsonType.array) return inArray(bytes, value, path, part + 1, spread, passes);
    if (type !== bsonType.document) return passes(missing, bytes, 0);
    document = value;
  }
}

function atEnd(
  type: number,
  bytes: Uint8Array,
  value: number,
  spread: boolean,
  passes: ValueTest,
): boolean {
  if (spread && type === bsonType.array && anyElement(bytes, value, passes)) return true;
  return passes(type, bytes, value);
}

/** Whether an element of the array (or document) passes. */
export function anyElement(bytes: Uint8Array, array: number, passes: ValueTest): boolean {
  const close = array + int32At(bytes, array) - 1;
  let element = array + 4;
  while (element < close) {
    const type = bytes[element]!;
    const value = nameEndAt(bytes, element + 1) + 1;
    if (passes(type, bytes, value)) return true;
    element = value + valueSize(type, bytes, value);
  }
  return false;
}

/** Position of the type byte of the array's element at an index; -1 where it has none. */
export function elementAt(bytes: Uint8Array, array: number, index: number): number {
  if (index < 0) return -1;
  const close = array + int32At(bytes, array) - 1;
  let element = array + 4;
  for (let position = 0; element < close; position++) {
    if (position === index) return element;
    const value = nameEndAt(bytes, element + 1) + 1;
    element = value + valueSize(bytes[element]!, bytes, value);
  }
  return -1;
}

/** The path goes on behind an array with `path[part]`. */
function inArray(
  bytes: Uint8Array,
  array: number,
  path: PathPart[],
  part: number,
  spread: boolean,
  passes: ValueTest,
): boolean {
  const { index } = path[part]!;
  const isLast = part === path.length - 1;
  let position = 0;
  return anyElement(bytes, array, (type, _, value) => {
    const isIndexed = position++ === index;
    if (type === bsonType.document) {
      if (inDocument(bytes, value, path, part, spread, passes)) return true;
      if (!isIndexed) return false;
      if (isLast) return passes(type, bytes, value);
      return inDocument(bytes, value, path, part + 1, spread, passes);
    }
    if (!isIndexed) return false;
    // An array that a number names is itself the value: only one that a field holds is spread.
    if (isLast) return passes(type, bytes, value);
    return type === bsonType.array && inArray(bytes, value, path, part + 1, spread, passes);
  });
}
