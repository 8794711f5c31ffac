import type { Databases } from "../../databases/database.ts";
import type { ObjectStore } from "../../files/object-store.ts";

/** What a step may use in its thread. */
export interface StepContext {
  files: ObjectStore;
  databases: Pick<Databases, "openSource">;
  /** Aborted when the attempt that asked for the step is over. */
  signal: AbortSignal;
}

/**
 * A piece of work that takes CPU time, done in a thread of the pool. It yields what its caller can go on with, and at least
 * every second or so, because an attempt whose steps yield nothing loses its lease. Arguments, items and result cross
 * threads: plain data and typed arrays.
 */
export type Step<A, Item, Result> = (
  argument: A,
  context: StepContext,
) => AsyncGenerator<Item, Result, void>;
