import { appendOrderKey, invertOrderKey, orderKeyBound } from "../bson/order-key.ts";
import { bsonType } from "../bson/types.ts";
import { findField, nameEndAt, valueSize } from "../bson/walk.ts";
import { DocferryError } from "../job/errors.ts";
import { anyElement, elementAt, missing, type PathPart, pathParts } from "./match-path.ts";
import type { SortField } from "./plan.ts";

/**
 * A key for each document whose bytes (memcmp) have MongoDB's order for the sort; equal where the sort finds no difference.
 * A missing field counts as null, an empty array as undefined, which is lower; an array counts with its lowest element when
 * ascending and its highest when descending. Fields that lead into the same array are taken from one and the same element.
 * @returns a function whose results own their memory.
 * @throws {DocferryError} `invalid_query`, from that function, for a document in which two paths lead into different arrays
 */
export function compileSortKey(sort: SortField[]): (document: Uint8Array) => Uint8Array {
  const fields = sort.map(({ path, direction }) => ({
    path,
    parts: pathParts(path),
    descending: direction === -1,
  }));
  const writer = new KeyWriter();
  return (document) => {
    const places = fields.map(({ parts }) => resolve(document, 0, parts, 0));
    return lowestKey(document, fields, places, writer) ?? new Uint8Array(0);
  };
}

interface Field {
  path: string;
  parts: PathPart[];
  descending: boolean;
}

/** How far a path has been followed: to a value (`missing` where there is none), or to an array to look into. */
interface Place {
  type: number;
  at: number;
  /** An array whose elements are to be taken, each followed along the path from this part on; -1: the value is final. */
  rest: number;
}

/** Descending keys are complements, so that the highest element, too, has the lowest bytes. */
function lowestKey(
  bytes: Uint8Array,
  fields: Field[],
  places: Place[],
  writer: KeyWriter,
): Uint8Array | undefined {
  const array = sharedArray(fields, places);
  if (array === undefined) return writer.key(bytes, fields, places);
  let lowest: Uint8Array | undefined;
  const take = (type: number, at: number) => {
    const inner = places.map((place, index) =>
      place.rest < 0 ? place : intoElement(bytes, type, at, fields[index]!.parts, place.rest),
    );
    const key = lowestKey(bytes, fields, inner, writer);
    if (key && (!lowest || Buffer.compare(key, lowest) < 0)) lowest = key;
  };
  anyElement(bytes, array, (type, _, at) => {
    take(type, at);
    return false;
  });
  // An empty array has no element: undefined where the path ends there.
  if (!lowest) take(bsonType.undefined, 0);
  return lowest;
}

/** Position of the one array that is still to be looked into. */
function sharedArray(fields: Field[], places: Place[]): number | undefined {
  let found = -1;
  for (const [index, { rest, at }] of places.entries()) {
    if (rest < 0) continue;
    if (found >= 0 && places[found]!.at !== at) {
      throw new DocferryError(
        "invalid_query",
        `Cannot sort by ${fields[found]!.path} and ${fields[index]!.path}: in a document they lead into two arrays`,
      );
    }
    if (found < 0) found = index;
  }
  return found < 0 ? undefined : places[found]!.at;
}

/** @param rest the part of the path that the element is looked up by; behind the last: the element is the value */
function intoElement(
  bytes: Uint8Array,
  type: number,
  at: number,
  parts: PathPart[],
  rest: number,
): Place {
  if (rest === parts.length) return { type, at, rest: -1 };
  if (type !== bsonType.document) return { type: missing, at: 0, rest: -1 };
  return resolve(bytes, at, parts, rest);
}

/** Follows the path through documents, and through arrays where it names an element that is there. */
function resolve(bytes: Uint8Array, document: number, parts: PathPart[], first: number): Place {
  let type: number = bsonType.document;
  let at = document;
  for (let part = first; part < parts.length; part++) {
    const { name, index } = parts[part]!;
    if (type !== bsonType.document && type !== bsonType.array) {
      return { type: missing, at: 0, rest: -1 };
    }
    const element =
      type === bsonType.document ? findField(bytes, at, name) : elementAt(bytes, at, index);
    if (element < 0) {
      return type === bsonType.array
        ? { type, at, rest: part }
        : { type: missing, at: 0, rest: -1 };
    }
    const isNamed = type === bsonType.document;
    type = bytes[element]!;
    at = isNamed ? element + name.length + 2 : nameEndAt(bytes, element + 1) + 1;
    if (part === parts.length - 1) {
      return { type, at, rest: isNamed && type === bsonType.array ? parts.length : -1 };
    }
  }
  return { type, at, rest: -1 };
}

class KeyWriter {
  #target = new Uint8Array(1024);

  key(bytes: Uint8Array, fields: Field[], places: Place[]): Uint8Array {
    let length = 0;
    for (const [index, place] of places.entries()) {
      const type = place.type === missing ? bsonType.null : place.type;
      this.#reserve(length + orderKeyBound(valueSize(type, bytes, place.at)));
      const end = appendOrderKey(this.#target, length, type, bytes, place.at);
      if (fields[index]!.descending) invertOrderKey(this.#target, length, end);
      length = end;
    }
    return this.#target.slice(0, length);
  }

  #reserve(length: number): void {
    if (length <= this.#target.length) return;
    const grown = new Uint8Array(length * 2);
    grown.set(this.#target);
    this.#target = grown;
  }
}
