import type { Position } from "../../job/chunk.ts";
import { addCounts, noCounts } from "../../job/counts.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { Reject } from "../../job/reject.ts";
import type { SinkProgress, SinkSpec } from "../database.ts";
import type { CollectionTable } from "./collection-table.ts";
import type { FieldIndex } from "./field-index.ts";
import { KeyedRecords } from "./keyed-records.ts";
import { deleteByKey, insertByKey, mergeByKey, upsertByKey } from "./write-by-key.ts";
import { invalidId } from "./write-rejects.ts";
import { writeByFields } from "./write-by-fields.ts";

/** What writing records did. */
export interface Outcome {
  inserted: number;
  updated: number;
  unchanged: number;
  deleted: number;
  /** In no particular order. */
  rejects: Reject[];
}

/** What a way of writing gets: records that it may write, in file order. */
export interface WriteJob {
  table: CollectionTable;
  records: KeyedRecords;
  indexes: Uint32Array;
  spec: SinkSpec;
  outcome: Outcome;
}

/** What the batch came to. */
export interface BatchResult {
  progress: SinkProgress;
  rejects: Reject[];
}

/**
 * Writes the documents of a batch into the table.
 * @param before what the task has committed
 * @param index finds documents by the spec's upsertFields where these are others than `_id`
 */
export function writeRecords(
  table: CollectionTable,
  batch: RecordBatch,
  spec: SinkSpec,
  { before, index }: { before: SinkProgress; index: FieldIndex | null },
): BatchResult {
  using records = new KeyedRecords(batch, spec);
  const rejects = [...batch.rejects, ...invalidIds(records)].sort((a, b) => a.offset - b.offset);
  const outcome = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, rejects };
  const writable = writableRecords(records, spec.stopOnError ? rejects[0] : undefined);
  const job = { table, records, indexes: writable, spec, outcome };
  if (index && spec.mode !== "insert") writeByFields({ ...job, mode: spec.mode, index });
  else byKey[spec.mode](job);
  return resultOf(batch, spec, before, outcome);
}

const byKey: Record<SinkSpec["mode"], (job: WriteJob) => void> = {
  insert: insertByKey,
  upsert: upsertByKey,
  merge: mergeByKey,
  delete: deleteByKey,
};

function invalidIds(records: KeyedRecords): Reject[] {
  return records.invalid.map((index) => invalidId(records, index));
}

/** All records with a valid `_id`, those behind a failure left out. */
function writableRecords(records: KeyedRecords, failure: Reject | undefined): Uint32Array {
  const { offsets, count } = records.batch;
  const invalid = new Set(records.invalid);
  const end = failure ? firstBehind(offsets, failure.offset) : count;
  const indexes = new Uint32Array(end);
  let length = 0;
  for (let i = 0; i < end; i++) if (!invalid.has(i)) indexes[length++] = i;
  return indexes.subarray(0, length);
}

function resultOf(
  batch: RecordBatch,
  spec: SinkSpec,
  before: SinkProgress,
  outcome: Outcome,
): BatchResult {
  const { inserted, updated, unchanged, deleted } = outcome;
  const sorted = outcome.rejects.sort((a, b) => a.offset - b.offset);
  const failure = spec.stopOnError ? sorted[0] : undefined;
  const rejects = failure ? [failure] : sorted;
  const rejected = rejects.length;
  const records = inserted + updated + unchanged + deleted + rejected;
  return {
    progress: {
      position: failure ? behind(batch, failure) : batch.end,
      counts: addCounts(before.counts, {
        ...noCounts,
        records,
        inserted,
        updated,
        unchanged,
        deleted,
        rejected,
      }),
      stopped: failure !== undefined,
    },
    rejects,
  };
}

/** Where the record after a failed one begins. */
function behind(batch: RecordBatch, failure: Reject): Position {
  const index = firstBehind(batch.offsets, failure.offset);
  const reject = batch.rejects.find(({ offset }) => offset > failure.offset);
  const offset = index < batch.count ? batch.offsets[index]! : Infinity;
  if (reject && reject.offset < offset) return { offset: reject.offset, line: reject.line };
  return offset === Infinity ? batch.end : { offset, line: batch.lines[index]! };
}

/** Index of the first of ascending offsets that is behind `offset`. */
function firstBehind(offsets: Float64Array, offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
