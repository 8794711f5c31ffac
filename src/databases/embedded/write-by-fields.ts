import { documentAt } from "../../bson/documents.ts";
import { orderKeyOfId } from "../../bson/order-key.ts";
import { bsonType } from "../../bson/types.ts";
import { findField, valueSize } from "../../bson/walk.ts";
import { compileMatcher } from "../../query/match.ts";
import type { FoundRow } from "./collection-table.ts";
import type { SinkSpec } from "../database.ts";
import { equalityFilter } from "./equality-filter.ts";
import type { FieldIndex } from "./field-index.ts";
import { type FieldValue, type Path, pathOf, valueAtPath } from "./field-paths.ts";
import { idText } from "./id-text.ts";
import { mergeFields } from "./merge-fields.ts";
import type { WriteJob } from "./write-batch.ts";
import { changedId, duplicateId, largestDocument, tooLarge } from "./write-rejects.ts";

const idName = Uint8Array.of(0x5f, 0x69, 0x64);

interface FieldsJob extends WriteJob {
  mode: "upsert" | "merge" | "delete";
  index: FieldIndex;
}

/**
 * Writes records whose documents are found by other fields than `_id`, one after another in file order: what one changes,
 * the next may find. Of several documents that match, the one inserted first is found (of one batch: the one with the lowest
 * `_id`). A record that has none of the fields
 * belongs to no document: it is inserted (delete: unchanged).
 */
export function writeByFields(job: FieldsJob): void {
  const paths = job.spec.upsertFields.map(pathOf);
  for (const index of job.indexes) {
    const found = findDocument(job, index, paths);
    if (!found) addDocument(job, index);
    else if (job.mode === "delete") removeDocument(job, found);
    else changeDocument(job, index, found);
    const failed = job.outcome.rejects.at(-1)?.offset === job.records.offset(index);
    if (failed && job.spec.stopOnError) return;
  }
}

/** @throws {DocferryError} `invalid_query` for upsertFields that are no paths */
export function checkPaths({ mode, upsertFields }: SinkSpec): void {
  if (mode === "insert") return;
  compileMatcher(
    equalityFilter(
      upsertFields,
      emptyDocument,
      upsertFields.map(() => null),
    ),
  );
}

const emptyDocument = Uint8Array.of(5, 0, 0, 0, 0);

function findDocument(
  { table, records, spec, index: fieldIndex }: FieldsJob,
  index: number,
  paths: Path[],
): FoundRow | undefined {
  const record = documentAt(records.batch, index);
  const values = paths.map((path) => recordValue(record, path));
  if (values.every((value) => value === null)) return undefined;
  const matches = compileMatcher(equalityFilter(spec.upsertFields, record, values));
  for (const id of fieldIndex.candidates(record, values)) {
    const row = table.findById(id);
    if (row && matches(row.document)) return row;
  }
  return undefined;
}

/** As mongoimport: what is absent, or stands within an array, is null; and null is absent. */
function recordValue(record: Uint8Array, path: Path): FieldValue | null {
  const value = valueAtPath(record, path);
  if (value === null || value === "array") return null;
  return value.type === bsonType.null || value.type === bsonType.undefined ? null : value;
}

function addDocument({ table, records, mode, outcome }: FieldsJob, index: number): void {
  if (mode === "delete") {
    outcome.unchanged++;
  } else if (table.insert(records.key(index), records.document(index))) {
    outcome.inserted++;
  } else {
    outcome.rejects.push(duplicateId(records, index));
  }
}

function removeDocument({ table, outcome }: FieldsJob, found: FoundRow): void {
  table.remove(found.id);
  outcome.deleted++;
}

function changeDocument(job: FieldsJob, index: number, found: FoundRow): void {
  const { table, records, outcome } = job;
  const lacksId = records.lacksId(index);
  if (!lacksId && !sameId(records.key(index), found.document)) {
    outcome.rejects.push(changedId(records, index, idTextOf(found.document)));
    return;
  }
  const changed = changedDocument(job, index, found);
  if (changed.length > largestDocument) {
    outcome.rejects.push(tooLarge(records, index, changed.length));
  } else if (Buffer.compare(changed, found.document) === 0) {
    outcome.unchanged++;
  } else {
    table.replace(found.id, found.document.length, changed);
    outcome.updated++;
  }
}

function changedDocument({ records, mode }: FieldsJob, index: number, found: FoundRow): Uint8Array {
  const record = documentAt(records.batch, index);
  if (mode === "merge") return mergeFields(found.document, record);
  return records.lacksId(index) ? withIdOf(found.document, record) : record;
}

function sameId(key: Uint8Array, document: Uint8Array): boolean {
  const found = orderKeyOfId(document);
  return found !== null && Buffer.compare(found, key) === 0;
}

/** The record behind the `_id` of another document. */
function withIdOf(document: Uint8Array, record: Uint8Array): Uint8Array {
  const from = findField(document, 0, idName);
  const to = from + 5 + valueSize(document[from]!, document, from + 5);
  const bytes = new Uint8Array(record.length + to - from);
  new DataView(bytes.buffer).setInt32(0, bytes.length, true);
  bytes.set(document.subarray(from, to), 4);
  bytes.set(record.subarray(4), 4 + to - from);
  return bytes;
}

function idTextOf(document: Uint8Array): string {
  const element = findField(document, 0, idName);
  return idText(document[element]!, document, element + 5);
}
