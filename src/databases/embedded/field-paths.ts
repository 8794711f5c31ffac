import { bsonType } from "../../bson/types.ts";
import { findField } from "../../bson/walk.ts";

/** A value within a document. */
export interface FieldValue {
  type: number;
  at: number;
}

/** The names of a dotted path, as bytes. */
export type Path = Uint8Array[];

export function pathOf(dotted: string): Path {
  return dotted.split(".").map((name) => Buffer.from(name, "utf8"));
}

/** What a path through objects leads to; null where it leads nowhere; `array` where one stands in the way. */
export function valueAtPath(document: Uint8Array, path: Path): FieldValue | "array" | null {
  let at = 0;
  for (const [depth, name] of path.entries()) {
    const element = findField(document, at, name);
    if (element < 0) return null;
    const type = document[element]!;
    at = element + name.length + 2;
    if (depth === path.length - 1) return { type, at };
    if (type === bsonType.array) return "array";
    if (type !== bsonType.document) return null;
  }
  return null;
}
