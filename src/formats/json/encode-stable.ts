import { bsonType } from "../../bson/types.ts";
import { Cursor, int32At } from "../../bson/walk.ts";

/**
 * The document with the fields of all its documents in one order, so that the texts of two exports differ only where the
 * documents do: by the bytes of their names, `_id` before them at the top, names with `$` behind them, because one of those in
 * front may make a value of another type of a document. Fields of the same name and elements of arrays keep their order.
 */
export function stableDocument(bytes: Uint8Array, document: number): Uint8Array {
  const length = int32At(bytes, document);
  const target = new Uint8Array(length);
  writeSorted(target, 0, bytes, document, true);
  return target;
}

interface Field {
  type: number;
  nameStart: number;
  nameEnd: number;
  valueEnd: number;
}

/** Writes the sorted document at `at`; it has the size that it had. */
function writeSorted(
  target: Uint8Array,
  at: number,
  bytes: Uint8Array,
  document: number,
  isTop: boolean,
): void {
  const fields = fieldsOf(bytes, document);
  fields.sort((a, b) => compareNames(bytes, a, b, isTop));
  writeFields(target, at, bytes, document, fields);
}

function fieldsOf(bytes: Uint8Array, document: number): Field[] {
  const fields: Field[] = [];
  const cursor = new Cursor(bytes, document);
  while (cursor.next()) {
    const { type, nameStart, nameEnd, valueEnd } = cursor;
    fields.push({ type, nameStart, nameEnd, valueEnd });
  }
  return fields;
}

function writeFields(
  target: Uint8Array,
  start: number,
  bytes: Uint8Array,
  document: number,
  fields: readonly Field[],
): void {
  target.set(bytes.subarray(document, document + 4), start);
  let at = start + 4;
  for (const { type, nameStart, nameEnd, valueEnd } of fields) {
    const from = nameStart - 1;
    const value = nameEnd + 1;
    target.set(bytes.subarray(from, valueEnd), at);
    const valueAt = at + value - from;
    if (type === bsonType.document) {
      writeSorted(target, valueAt, bytes, value, false);
    } else if (type === bsonType.array) {
      writeFields(target, valueAt, bytes, value, fieldsOf(bytes, value));
    } else if (type === bsonType.codeWithScope) {
      const scope = 8 + int32At(bytes, value + 4);
      writeSorted(target, valueAt + scope, bytes, value + scope, false);
    }
    at += valueEnd - from;
  }
}

const DOLLAR = 0x24;
const id = Buffer.from("_id");

function compareNames(bytes: Uint8Array, a: Field, b: Field, isTop: boolean): number {
  const rank = rankOf(bytes, a, isTop) - rankOf(bytes, b, isTop);
  if (rank !== 0) return rank;
  const nameA = bytes.subarray(a.nameStart, a.nameEnd);
  return Buffer.compare(nameA, bytes.subarray(b.nameStart, b.nameEnd));
}

function rankOf(bytes: Uint8Array, { nameStart, nameEnd }: Field, isTop: boolean): number {
  if (bytes[nameStart] === DOLLAR) return 2;
  return isTop && id.equals(bytes.subarray(nameStart, nameEnd)) ? 0 : 1;
}
