import type { StoredObject } from "../files/object-store.ts";
import type { Chunk } from "../job/chunk.ts";
import type { Counts } from "../job/counts.ts";
import type { ErrorData } from "../job/errors.ts";
import type { Job, JobResult, JobSpec, JobState } from "../job/job.ts";
import type { Part, Task, TaskWork } from "../job/task.ts";

// PORT. Where jobs and tasks live. Every change is one transaction, decided by the pure functions of job/, and fenced by
// (task, attempt) where an attempt makes it: no row, no right (`lease_lost`). What it promises is written as the suite
// test/contract/job-store.ts. Times are unix ms and come from the caller.

/** The right of one attempt to run a task. */
export interface Lease {
  task: number;
  attempt: number;
}

/** How far an attempt is, with what all attempts at its task have committed. */
export interface Progress {
  counts: Counts;
  bytes: number;
  /** Something that this attempt did will survive it: the failures before it are forgotten. */
  kept: boolean;
}

/** What a worker gets to do. */
export interface Claim {
  task: Task;
  job: Job;
  /** What the job's plan found (see engine/plan.ts); null while it is planned. */
  plan: unknown;
}

/** A client's own name for a submit, so that one that is sent again makes no second job. */
export interface SubmitOnce {
  /** Unique in its environment, for as long as the job's row stands. */
  key: string;
  /** SHA-256 of what was asked, hex: the same key with another one is refused. */
  digest: string;
}

export interface JobStore {
  /**
   * Job and `plan` task in one transaction: on the disk when this returns. With `once`, a job that was submitted under the
   * same key is answered instead (its `key` is then another one).
   * @throws {DocferryError} `too_many_jobs` if the environment or its account may have no more in flight; `storage_limit` if an
   *   export could not store a byte;
   * @throws {DocferryError} `conflict` if the import's file does not point to the import's object (any more);
   *   `submit_key_used` if the job of that key was asked for with another digest
   */
  submit(job: {
    key: string;
    environment: string;
    spec: JobSpec;
    now: number;
    once?: SubmitOnce;
  }): Promise<Job>;
  /**
   * The job that was submitted under this key, if any.
   * @throws {DocferryError} `submit_key_used` if it was asked for with another digest
   */
  submitted(environment: string, once: SubmitOnce): Promise<Job | undefined>;
  get(id: number): Promise<Job | undefined>;
  /** Newest first, with ids below `before`. */
  list(options: {
    environment: string;
    state: JobState | null;
    type: JobSpec["type"] | null;
    before: number | null;
    limit: number;
  }): Promise<Job[]>;

  /** Leases up to `limit` claimable tasks until `now + leaseMs`; each gets the next attempt number. */
  claim(options: { limit: number; now: number; leaseMs: number }): Promise<Claim[]>;
  /** Prolongs leases. Answers those that may not go on, and why. */
  beat(options: {
    leases: Lease[];
    now: number;
    leaseMs: number;
  }): Promise<{ task: number; reason: "lease_lost" | "cancelled" }[]>;
  /** Ends an attempt without a verdict (drain): the task is claimable again at once and nothing counts against it. */
  giveBack(lease: Lease, now: number): Promise<void>;
  /** Ends an attempt that failed: a retry later, or the job's end. Answers the job as it then is. */
  fail(
    lease: Lease,
    options: {
      error: ErrorData;
      kept: boolean;
      /** What the database has committed in all, where nobody can write any more. */
      counts?: Counts | null;
      now: number;
    },
  ): Promise<Job>;

  /** Appends chunks to the job's list; the plan of an earlier attempt is forgotten when the first come (`from` 0). */
  addChunks(lease: Lease, options: { from: number; chunks: Chunk[] }): Promise<void>;
  /** Chunks `from` … `to` (exclusive). */
  chunks(jobId: number, from: number, to: number): Promise<Chunk[]>;
  /** Ends the plan task: its finding, and the tasks it leads to. */
  finishPlan(
    lease: Lease,
    options: { plan: unknown; tasks: TaskWork[]; totalBytes: number | null; now: number },
  ): Promise<Job>;
  /** Mirrors how far the attempt is; counts and bytes never go back. Answers whether the attempt is to stop. */
  mirror(lease: Lease, progress: Progress): Promise<"cancelled" | null>;
  /**
   * A finished part of an export: fenced, so that a lost attempt's object never counts.
   * @throws {DocferryError} `storage_limit` if all parts together are more than may be stored
   */
  addPart(lease: Lease, part: Part): Promise<void>;
  /** Takes back the parts of a task that has to begin anew. */
  dropParts(lease: Lease): Promise<void>;
  /** In order of task and ordinal. */
  parts(jobId: number): Promise<Part[]>;
  /** Ends an import or export task with its final counts; the last one of a job leads to `assemble`. Idempotent. */
  finishTask(
    lease: Lease,
    options: {
      counts: Counts;
      bytes: number;
      /** A record failed under stop_on_error: the job ends with this. */
      stopped: ErrorData | null;
      now: number;
    },
  ): Promise<Job>;
  /**
   * Ends the job's `assemble`: names its files and sets its end in one transaction. Idempotent. An export that was cancelled
   * meanwhile ends without files and result.
   */
  finishJob(
    lease: Lease,
    options: {
      result: JobResult;
      error: ErrorData | null;
      /** What the database has committed in all; null where the tasks' counts are final. */
      counts: Counts | null;
      files: { name: string; object: StoredObject; contentType: string }[];
      now: number;
    },
  ): Promise<Job>;

  /** Asks a job to end: at once where nothing runs, else once its attempts have stopped. */
  cancel(id: number, now: number): Promise<Job>;
  /** Says (or with null takes back) why a job cannot go on at the moment. */
  stall(id: number, cause: string | null): Promise<void>;
  /** Takes back leases that have run out and releases what has become due. Answers when to look again, unix ms. */
  sweep(now: number): Promise<{ lost: number; nextDue: number | null }>;
  /**
   * Takes back all leases at once: the only process that held any is known to be dead. What waits by a clock that was ahead is
   * due now. How many leases there were.
   */
  takeOver(now: number): Promise<number>;
  /** Ended jobs whose keep time is over and whose progress and rejects still stand in a database. */
  expired(before: number, limit: number): Promise<Job[]>;
  /** The job's leftovers are gone: parts, chunks, hidden files. The job itself stays. */
  forget(id: number): Promise<void>;
  /** How many of an environment's jobs have not ended. */
  unended(environment: string): Promise<number>;
  /**
   * Ids above `after` of jobs on a collection that have not ended, in order: imports into it, exports from it. Every submit
   * that was called before this counts, whether it has been answered or not.
   */
  unendedOn(options: {
    environment: string;
    collection: string;
    after: number;
    limit: number;
  }): Promise<number[]>;
  /** Asks all of an environment's jobs to end. */
  cancelAll(environment: string, now: number): Promise<void>;
  /** Removes up to `limit` ended jobs of an environment with all that belongs to them. How many it removed. */
  remove(environment: string, limit: number): Promise<number>;
  /**
   * Calls the listener after each commit that may have made a task claimable, or changed a job.
   * @returns a function that ends it
   */
  onChange(listener: () => void): () => void;
}
