import { bsonType } from "../bson/types.ts";
import { Cursor } from "../bson/walk.ts";
import { DocferryError } from "../job/errors.ts";
import { checkSort } from "./sort-path.ts";
import type { SortField } from "./plan.ts";

/**
 * A sort as MongoDB writes it, `{"age":-1,"name":1}`, read from BSON, which keeps the order of its fields.
 * @throws {DocferryError} `invalid_query`
 */
export function sortFromDocument(document: Uint8Array): SortField[] {
  const sort: SortField[] = [];
  const cursor = new Cursor(document);
  while (cursor.next()) {
    const path = Buffer.from(document.subarray(cursor.nameStart, cursor.nameEnd)).toString();
    const direction = directionOf(cursor);
    if (direction === null) {
      throw new DocferryError(
        "invalid_query",
        `The direction of ${JSON.stringify(path)} must be 1 or -1`,
      );
    }
    sort.push({ path, direction });
  }
  checkSort(sort);
  return sort;
}

function directionOf({ type, bytes, valueStart }: Cursor): 1 | -1 | null {
  const number = numberAt(type, new DataView(bytes.buffer, bytes.byteOffset), valueStart);
  return number === 1 || number === -1 ? number : null;
}

function numberAt(type: number, view: DataView, at: number): number | null {
  if (type === bsonType.int32) return view.getInt32(at, true);
  if (type === bsonType.double) return view.getFloat64(at, true);
  return type === bsonType.int64 ? Number(view.getBigInt64(at, true)) : null;
}
