import type { Counts } from "./counts.ts";

/** What a worker claims. All that takes time is a task. */
export interface Task {
  id: number;
  jobId: number;
  /** Number within the job, from 0. Names the task in the database's progress. */
  ordinal: number;
  kind: TaskKind;
  state: TaskState;
  /** Number of the run that goes on, or of the last one; 0 before the first. */
  attempt: number;
  /** Attempts that failed in a row without progress between them. */
  failures: number;
  /**
   * Unix ms. One column answers "who may take this?": for `ready` the first moment it may be claimed (new work and retry
   * delay), for `running` the end of the lease.
   */
  availableAt: number;
  work: TaskWork;
}

export type TaskKind = "plan" | "import" | "export" | "assemble";

/** `waiting`: not released. `ready`: claimable. `running`: leased. `done`, `dropped` (its job ended without it): ended. */
export type TaskState = "waiting" | "ready" | "running" | "done" | "dropped";

/** What to do, decided by the plan. */
export type TaskWork =
  | { kind: "plan" }
  /** Chunks `fromChunk` … `toChunk` (exclusive) of the job's chunk list. */
  | { kind: "import"; fromChunk: number; toChunk: number }
  | { kind: "export"; from: string | null; to: string | null }
  | { kind: "assemble" };

/** A finished piece of an export: the object that one attempt wrote. */
export interface Part {
  task: number;
  /** Number within the task, from 0. */
  ordinal: number;
  object: string;
  size: number;
  /** Hex MD5 of the object, where it may be the whole file; null where its bytes are hashed when the parts are joined. */
  md5: string | null;
  counts: Counts;
  /** Content digest of its documents. */
  digest: string;
  retyped: number;
  formulas: number;
  /** Where the next part of the task goes on; null where order is not by key. */
  endKey: string | null;
}
