import { BSON, type Document } from "bson";
import type { Documents } from "../../src/bson/documents.ts";
import { documentAt } from "../../src/bson/documents.ts";
import type { Position } from "../../src/job/chunk.ts";
import type { RecordBatch } from "../../src/job/record-batch.ts";
import type { Reject } from "../../src/job/reject.ts";

/** A record as a test names it: a document, or why it became none. */
export type TestRecord = Document | { reject: Reject["code"] };

/** Each record takes 100 bytes and a line of a file: the record `i` begins at byte `100 * i` on line `i + 1`. */
export const recordSpan = 100;

/** The batch that decoding some records of such a file would give. @param first index in the file of the first record */
export function batchOf(records: TestRecord[], first = 0): RecordBatch {
  const documents: { bytes: Uint8Array; index: number }[] = [];
  const rejects: Reject[] = [];
  for (const [i, record] of records.entries()) {
    const index = first + i;
    if (isReject(record)) rejects.push(rejectOf(index, record.reject));
    else documents.push({ bytes: BSON.serialize(record, { ignoreUndefined: false }), index });
  }
  return {
    ...documentsOf(documents.map(({ bytes }) => bytes)),
    offsets: Float64Array.from(documents, ({ index }) => index * recordSpan),
    lengths: Uint32Array.from(documents, () => recordSpan - 1),
    lines: Float64Array.from(documents, ({ index }) => index + 1),
    rejects,
    end: positionOf(first + records.length),
  };
}

export function positionOf(record: number): Position {
  return { offset: record * recordSpan, line: record + 1 };
}

export function documentsOf(documents: Uint8Array[]): Documents {
  const starts = new Uint32Array(documents.length + 1);
  for (const [i, { length }] of documents.entries()) starts[i + 1] = starts[i]! + length;
  const bytes = new Uint8Array(starts.at(-1)!);
  for (const [i, document] of documents.entries()) bytes.set(document, starts[i]);
  return { bytes, starts, count: documents.length };
}

/** The documents as canonical Extended JSON. */
export function textsOf(documents: Documents): string[] {
  return Array.from({ length: documents.count }, (_, i) => textOf(documentAt(documents, i)));
}

/** Canonical Extended JSON of a document, or of its bytes. */
export function textOf(document: Document | Uint8Array): string {
  const bytes = document instanceof Uint8Array ? document : BSON.serialize(document);
  const value = BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true });
  return BSON.EJSON.stringify(value, { relaxed: false });
}

function isReject(record: TestRecord): record is { reject: Reject["code"] } {
  return typeof record["reject"] === "string";
}

function rejectOf(index: number, code: Reject["code"]): Reject {
  const { offset, line } = positionOf(index);
  return { offset, length: recordSpan - 1, line, column: 1, code, message: "Broken", path: "" };
}
