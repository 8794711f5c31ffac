import type { ErrorData } from "./errors.ts";
import { errorKinds } from "./errors.ts";

/** What becomes of a task whose attempt ended without success. */
export type Verdict =
  /** Again, not before `at` (unix ms). `stalled` says why the job waits, where a person can do something about it. */
  | { retry: true; at: number; failures: number; stalled: string | null }
  /** The job ends with this error. */
  | { retry: false; error: ErrorData };

/** Faults of ours are tried a few times only: they seldom go away, and each try may do harm. */
const internalTries = 3;
/** What passes by itself is waited for longer: about half an hour in all. */
const retryableTries = 40;
/** A worker that died or hung this often in a row at the same place is brought down by the task itself. */
const lostTries = 20;

const firstDelayMs = 200;
/** No task waits for longer than this until it may be tried again. */
export const longestDelayMs = 60_000;
const diskFullDelayMs = 2_000;

/**
 * Decides after a failed attempt. The only place that decides about retries.
 * @param failures failed attempts in a row before this one, without progress between them
 * @param kept something of the attempt survives it: the row begins anew
 */
export function afterFailure(input: {
  error: ErrorData;
  failures: number;
  kept: boolean;
  now: number;
}): Verdict {
  const failures = (input.kept ? 0 : input.failures) + 1;
  const { error, now } = input;
  if (error.code === "disk_full") {
    // As long as it takes: the job goes on once there is room.
    return { retry: true, at: now + diskFullDelayMs, failures, stalled: "disk full" };
  }
  const tries = error.code === "internal" ? internalTries : retryableTries;
  const retryable = error.code === "internal" || errorKinds[error.code].retryable;
  if (!retryable || failures >= tries) return { retry: false, error };
  return { retry: true, at: now + delay(failures), failures, stalled: error.message };
}

/** Decides after a lease that ran out, or whose process is known to be dead. */
export function afterLostLease(input: { failures: number; now: number }): Verdict {
  const failures = input.failures + 1;
  if (failures >= lostTries) {
    const message = `The worker died or hung ${failures} times in a row at the same place`;
    return { retry: false, error: { code: "internal", message } };
  }
  return { retry: true, at: input.now, failures, stalled: "its worker died or hung" };
}

function delay(failures: number): number {
  return Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
}
