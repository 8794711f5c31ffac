import { valueSize } from "../../bson/walk.ts";
import type { FieldValue } from "./field-paths.ts";

/**
 * A filter that asks each path for a value of the record: `{"a":{"$eq":1},"b.c":{"$eq":null}}`. With `$eq`, so that a value
 * such as `{"$gt":1}` stays a value.
 */
export function equalityFilter(
  paths: readonly string[],
  record: Uint8Array,
  values: readonly (FieldValue | null)[],
): Uint8Array {
  const conditions = paths.map((path, i) => {
    const value = values[i] ?? null;
    const operand = value
      ? record.subarray(value.at, value.at + valueSize(value.type, record, value.at))
      : empty;
    return element(0x03, path, document([element(value?.type ?? 0x0a, "$eq", operand)]));
  });
  return document(conditions);
}

const empty = new Uint8Array(0);

function element(type: number, name: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(type), Buffer.from(`${name}\0`), value]);
}

function document(elements: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(elements);
  const bytes = Buffer.alloc(body.length + 5);
  bytes.writeInt32LE(bytes.length);
  bytes.set(body, 4);
  return bytes;
}
