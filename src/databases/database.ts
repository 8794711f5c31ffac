import type { Documents } from "../bson/documents.ts";
import type { Position } from "../job/chunk.ts";
import type { Counts } from "../job/counts.ts";
import type { RecordBatch } from "../job/record-batch.ts";
import type { Reject } from "../job/reject.ts";
import type { QueryPlan } from "../query/plan.ts";

// PORT. A database holds the documents of one environment. `Source` may be opened in any thread; a `Database` has one
// owner. What both promise is written as the suite test/contract/database.ts.

export interface CollectionInfo {
  name: string;
  /** Documents. */
  count: number;
  /** Bytes of BSON. */
  size: number;
  /** Indexes, the one of `_id` among them. */
  indexCount: number;
  /** Bytes of their entries. */
  indexSize: number;
}

/**
 * Who may do what with a collection from end users' devices, in the vendor's words. It is kept for whoever takes it along, and
 * opens or closes nothing: no such device reaches a database of ours.
 */
export interface AccessRule {
  tag: "READONLY" | "PRIVATE" | "ADMINWRITE" | "ADMINONLY" | "CUSTOM";
  /** Of `CUSTOM` a text of JSON, to be given back as it came; else empty. */
  rule: string;
}

/** A stretch of a collection in key order. Opaque to all but its database; null is open. Plain data as hex text. */
export interface KeyRange {
  /** The first key, inclusive. */
  from: string | null;
  /** The key after the last, exclusive. */
  to: string | null;
}

/** A bounded page of documents; owns its memory. */
export interface DocumentPage extends Documents {
  /** What to give as `after` to go on behind this page; null where the order is not by key: such a range starts anew. */
  endKey: string | null;
  /** Documents looked at for this page, matching or not: liveness of a query that matches little. */
  scanned: number;
}

export interface Source extends AsyncDisposable {
  /** By name, in the order of UTF-8 bytes. Costs nothing that grows with the documents. */
  collections(): Promise<CollectionInfo[]>;
  /** What `setAccessRule` was last called with for the collection; null: never. @throws {DocferryError} `collection_not_found` */
  accessRule(name: string): Promise<AccessRule | null>;
  /**
   * Refuses what this database cannot run, before a job is made of it.
   * @throws {DocferryError} `invalid_query`
   */
  checkQuery(query: QueryPlan): void;
  /**
   * At most `atMost` ranges of about equal size that together are the whole collection, in key order; one range where the
   * query sorts, skips or limits. Costs a bounded number of reads, however large the collection.
   */
  ranges(query: QueryPlan, atMost: number): Promise<KeyRange[]>;
  /**
   * The matching documents of a range, projected, in the query's order, page by page. A document that is there throughout
   * comes exactly once; one that changes meanwhile in one of its states. Pages may be empty (see `scanned`).
   * @param after `endKey` of an earlier page; skip is then counted as done, limit still counts from `after`.
   * @throws {DocferryError} `collection_not_found`
   */
  read(
    query: QueryPlan,
    range: KeyRange,
    options: { after: string | null; signal: AbortSignal },
  ): AsyncIterable<DocumentPage>;
  /** Rejects of a job's tasks in order of task and offset, page by page. */
  rejects(jobKey: string, options: { signal: AbortSignal }): AsyncIterable<Reject[]>;
  /** The first reject of a job in file order. */
  firstReject(jobKey: string): Promise<Reject | undefined>;
}

/** What an import writes to. */
export interface SinkSpec {
  /** 32 hex digits: the job's key. */
  jobKey: string;
  /** The task's number within its job. */
  task: number;
  /** Higher than that of every earlier attempt at the task. */
  attempt: number;
  collection: string;
  /**
   * What a record does. `insert`: a new document; where its `_id` is there, a reject. `upsert`: replaces the document found
   * (one equal byte by byte is `unchanged`), else inserts. `merge`: sets its fields in the document found, else inserts.
   * `delete`: removes the document found, else counts as `unchanged`. A document that is found keeps its `_id`: a record
   * with another one is a reject.
   */
  mode: "insert" | "upsert" | "merge" | "delete";
  /**
   * Paths that find the document; `["_id"]` unless the user says otherwise. A record that has none of them finds none. Which
   * one is found where several match is the database's choice.
   */
  upsertFields: string[];
  /**
   * Unix seconds of the submit. With job key and offset it makes the `_id` of an inserted record that has none
   * (`DerivedId` of formats/codec.ts): records come without where they are found by other fields.
   */
  seconds: number;
  /** Write nothing after the first record (in file order) that fails. */
  stopOnError: boolean;
  /** Where the task begins. */
  start: Position;
}

/** What a task has committed. */
export interface SinkProgress {
  position: Position;
  counts: Counts;
  /** A record failed under `stopOnError`: nothing more may be written. */
  stopped: boolean;
}

/**
 * The right of one attempt to write. Progress, documents and rejects commit together.
 * @throws {DocferryError} `lease_lost` from `write` once a later attempt has opened the same task, or the position is not `from`.
 */
export interface Sink extends AsyncDisposable {
  /** As committed when this attempt opened it. */
  readonly progress: SinkProgress;
  /**
   * Writes a batch in one transaction: its documents, its rejects, the new position and counts. Takes the batch's memory.
   * Records with the same key take effect in file order.
   * @param from the position that the previous write (or `progress`) ended at.
   */
  write(batch: RecordBatch, from: Position): Promise<SinkProgress>;
}

export interface Database extends Source {
  /**
   * Creates the collection if it is not there; whether it was not. Refuses names that no collection may have
   * (`invalid_collection_name`).
   */
  createCollection(name: string): Promise<boolean>;
  /**
   * The collection with its documents is gone when this returns, in time that does not grow with them. A sink on it makes it
   * anew with its next write: whoever drops asks jobs to end first.
   * @throws {DocferryError} `collection_not_found`
   */
  dropCollection(name: string): Promise<void>;
  /** Kept with the collection, whatever is written to it, and dropped with it. @throws {DocferryError} `collection_not_found` */
  setAccessRule(name: string, rule: AccessRule): Promise<void>;
  /** Raises the fence: from now on no earlier attempt of the task can write. Creates the collection. */
  openSink(spec: SinkSpec): Promise<Sink>;
  /**
   * Takes every attempt's right to write for the job, for good, and answers what they have committed in all: the job's
   * final counts. Idempotent.
   */
  sealJob(jobKey: string): Promise<Counts>;
  /** Everything written so far is on the disk when this returns, power loss included. */
  flush(): Promise<void>;
  /** Removes progress and rejects of a job; documents stay. */
  forgetJob(jobKey: string): Promise<void>;
}

/** The databases of all environments. */
export interface Databases extends AsyncDisposable {
  /** Opens (and on first use makes) the environment's database. The same one for the same environment. */
  open(environment: string): Promise<Database>;
  /** A reader of its own, for a thread that only reads. */
  openSource(environment: string): Promise<Source>;
  /** Deletes the environment's database with all in it. */
  remove(environment: string): Promise<void>;
  /** How many import tasks may write side by side in one environment. */
  readonly writersPerEnvironment: number;
}
