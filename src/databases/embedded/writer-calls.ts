import type { DatabaseSync } from "node:sqlite";
import { freeMemory } from "../../bson/free-memory.ts";
import type { Position } from "../../job/chunk.ts";
import type { Counts } from "../../job/counts.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { Calls } from "../../sqlite/serve-calls.ts";
import type { AccessRule, SinkProgress, SinkSpec } from "../database.ts";
import { Collections } from "./collections.ts";
import { FieldIndexes } from "./field-indexes.ts";
import { RejectTable } from "./reject-table.ts";
import { TaskProgress } from "./task-progress.ts";
import { inTransaction } from "./transaction.ts";
import { writeRecords } from "./write-batch.ts";
import { checkPaths } from "./write-by-fields.ts";

export interface WriteRequest {
  spec: SinkSpec;
  batch: RecordBatch;
  from: Position;
}

/**
 * What the writer thread of an environment does. Each call has a transaction of its own, outside the groups of `serveCalls`:
 * a commit here syncs nothing that grouping would save, and within a savepoint SQLite copies every page before it changes.
 */
export function writerCalls(db: DatabaseSync) {
  const collections = new Collections(db);
  const progress = new TaskProgress(db);
  const rejects = new RejectTable(db);
  const indexes = new FieldIndexes(db, collections);
  const changing = <T>(work: () => T): T => {
    try {
      return inTransaction(db, work);
    } catch (error) {
      collections.reset();
      throw error;
    }
  };

  return {
    createCollection: (_db: DatabaseSync, name: string): boolean =>
      changing(() => collections.create(name)),

    dropCollection: (_db: DatabaseSync, name: string): void => {
      changing(() => collections.drop(name));
    },

    setAccessRule: (
      _db: DatabaseSync,
      { name, rule }: { name: string; rule: AccessRule },
    ): void => {
      changing(() => collections.setAccessRule(name, rule));
    },

    removeSome: (): boolean => changing(() => collections.removeSome()),

    openSink: (_db: DatabaseSync, spec: SinkSpec): SinkProgress =>
      changing(() => {
        checkPaths(spec);
        collections.ensure(spec.collection);
        return progress.open(spec);
      }),

    /** One step towards what `write` needs to find documents; whether that is all. */
    prepareSink: (_db: DatabaseSync, spec: SinkSpec): boolean => {
      const table = changing(() => collections.ensure(spec.collection));
      return indexes.of(table, spec)?.buildSome() ?? true;
    },

    write: (_db: DatabaseSync, { spec, batch, from }: WriteRequest): SinkProgress => {
      const progressed = changing(() => {
        const before = progress.require(spec, from);
        const table = collections.ensure(spec.collection);
        const index = indexes.of(table, spec);
        // Nothing is left to do here unless the collection was dropped after `prepareSink`: then it is empty.
        index?.buildAll();
        const written = writeRecords(table, batch, spec, { before, index });
        rejects.add(spec.jobKey, spec.task, written.rejects);
        table.saveTotals();
        progress.advance(spec, from, written.progress);
        return written.progress;
      });
      const { bytes, starts, offsets, lengths, lines } = batch;
      freeMemory(bytes, starts, offsets, lengths, lines);
      return progressed;
    },

    sealJob: (_db: DatabaseSync, jobKey: string): Counts => changing(() => progress.seal(jobKey)),

    /** The one commit here that syncs: with its own page all that was committed before is on the disk. */
    flush: (): void => {
      db.exec("PRAGMA synchronous=FULL");
      try {
        inTransaction(db, () => db.exec("UPDATE flush SET number = number + 1"));
      } finally {
        db.exec("PRAGMA synchronous=NORMAL");
      }
    },

    /** One step of forgetting a job; whether there may be more. The first one takes every attempt's right to write. */
    forgetSome: (_db: DatabaseSync, jobKey: string): boolean =>
      changing(() => {
        progress.forget(jobKey);
        return rejects.removeSome(jobKey);
      }),
  } satisfies Calls;
}

export type WriterCalls = ReturnType<typeof writerCalls>;
