import type { Reject } from "../../job/reject.ts";
import type { KeyedRecords } from "./keyed-records.ts";

/** MongoDB's limit of a document's bytes. */
export const largestDocument = 16 * 2 ** 20;

export function duplicateId(records: KeyedRecords, index: number): Reject {
  return records.reject(
    index,
    "duplicate_id",
    `_id ${records.idText(index)} is there already`,
    "_id",
  );
}

export function invalidId(records: KeyedRecords, index: number): Reject {
  return records.reject(
    index,
    "invalid_id",
    `No document may have an _id ${records.idText(index)}`,
    "_id",
  );
}

/** A document that `upsertFields` finds keeps its `_id`. */
export function changedId(records: KeyedRecords, index: number, found: string): Reject {
  const message = `The document that the record belongs to has the _id ${found}, not ${records.idText(index)}`;
  return records.reject(index, "invalid_id", message, "_id");
}

export function tooLarge(records: KeyedRecords, index: number, size: number): Reject {
  const message = `The document would have ${size} bytes, more than the ${largestDocument} that it may have`;
  return records.reject(index, "too_large", message, "");
}
