import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { EngineComposition } from "../../compose.ts";
import { errorKinds } from "../../job/errors.ts";
import { endedStates, type Job } from "../../job/job.ts";
import type { ProgressDisplay } from "../progress/progress-display.ts";
import { Interrupted, type TransferEnd } from "./transfer-end.ts";

/** What a transfer in this process works with, beside its request. */
export interface Session {
  display: ProgressDisplay;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  logger: Logger;
  threads: number;
  /** Forget the unfinished job of the same command. */
  restart: boolean;
  /** ms */
  clock: () => number;
}

/** The database file's name among environments. */
export const soloEnvironment = "file";

/** The job that the folder's store holds: there is at most one. */
export async function soloJob({ store }: EngineComposition): Promise<Job | null> {
  const [job] = await store.jobs.list({
    environment: soloEnvironment,
    state: null,
    type: null,
    before: null,
    limit: 1,
  });
  return job ?? null;
}

/**
 * Shows a job until it has ended.
 * @throws {Interrupted} once the engine has stopped where it was, if it was asked to
 */
export async function followSolo(
  parts: EngineComposition,
  jobId: number,
  session: Session,
  totalRecords: number | null,
): Promise<Job> {
  parts.engine.start();
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    const job = await parts.engine.job(soloEnvironment, jobId);
    session.display.update({
      phase: phases[job.state],
      records: job.progress.counts.records,
      rejects: job.progress.counts.rejected,
      bytes: job.progress.bytes,
      totalBytes: job.progress.totalBytes,
      totalRecords,
      stalled: job.stalled,
    });
    if (endedStates.has(job.state)) return job;
    await sleep(pauseMs, undefined, { signal: session.signal }).catch(() => undefined);
    if (!session.signal.aborted) continue;
    await parts.engine.drain();
    const { progress } = await parts.engine.job(soloEnvironment, jobId);
    const done = progress.counts.records.toLocaleString("en");
    throw new Interrupted(
      `Stopped after ${done} records. The same command goes on from there (with --restart it begins anew).`,
    );
  }
}

/** What goes on in each state, in a word. */
export const phases: Record<Job["state"], string> = {
  queued: "waiting",
  planning: "reading",
  running: "running",
  finishing: "finishing",
  succeeded: "done",
  failed: "failed",
  cancelling: "cancelling",
  cancelled: "cancelled",
};

/** How a job of this process ended. */
export function soloEnd(
  job: Job,
  told: Pick<
    TransferEnd,
    "from" | "to" | "failures" | "rejects" | "bytes" | "seconds" | "recordsBefore"
  >,
): TransferEnd {
  const { counts } = job.progress;
  const { inserted, updated, unchanged, deleted } = counts;
  const { from, to, ...rest } = told;
  return {
    type: job.spec.type,
    job: null,
    state: job.state as TransferEnd["state"],
    from,
    to,
    format: job.spec.type === "import" ? job.spec.format : job.spec.format.format,
    records: counts.records,
    written: job.spec.type === "import" ? { inserted, updated, unchanged, deleted } : null,
    failed: counts.rejected,
    ...rest,
    error: job.error && { ...job.error, hint: errorKinds[job.error.code].hint },
    retyped: job.result?.retyped ?? 0,
    formulas: job.result?.formulas ?? 0,
    digest: job.result?.digest ?? null,
  };
}
