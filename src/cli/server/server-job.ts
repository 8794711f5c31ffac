import type { Job, JobHandle } from "#client";
import type { ProgressDisplay } from "../progress/progress-display.ts";
import type { ProgressView } from "../progress/progress-line.ts";
import { FailureCounter, Interrupted, type TransferEnd } from "../transfer/transfer-end.ts";

/** Shows a job until it has ended. @throws {Interrupted} the job goes on without us */
export async function followServerJob(
  handle: JobHandle,
  { display, signal }: { display: ProgressDisplay; signal: AbortSignal },
): Promise<Job> {
  try {
    return await handle.wait({
      signal,
      allowFailure: true,
      onProgress: (job) => display.update(viewOf(job)),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(
      `The service goes on with job ${handle.id}. docferry jobs watch ${handle.id} shows it, docferry jobs cancel ${handle.id} stops it.`,
    );
  }
}

export function viewOf({ progress, stalled }: Job): ProgressView {
  return {
    phase: progress.phase,
    records: progress.records,
    rejects: progress.rejects,
    bytes: progress.bytes,
    totalBytes: progress.totalBytes,
    totalRecords: null,
    stalled,
  };
}

/** How a job of a service ended. */
export async function serverEnd(
  handle: JobHandle,
  job: Job,
  told: Pick<TransferEnd, "from" | "to" | "rejects">,
): Promise<TransferEnd> {
  const { result, progress } = job;
  const failed = result?.rejects ?? progress.rejects;
  const failures = new FailureCounter();
  if (failed > 0) for await (const reject of handle.rejects()) failures.add(reject);
  const { inserted = 0, updated = 0, unchanged = 0, deleted = 0 } = result ?? {};
  return {
    type: job.type,
    job: job.id,
    state: job.state as TransferEnd["state"],
    from: told.from,
    to: told.to,
    format: job.format,
    records: result?.records ?? progress.records,
    written: job.type === "import" && result ? { inserted, updated, unchanged, deleted } : null,
    failed,
    failures: failures.take(),
    bytes: progress.bytes,
    seconds: secondsOf(job),
    recordsBefore: 0,
    error: job.error,
    rejects: told.rejects,
    retyped: result?.retyped ?? 0,
    formulas: result?.formulas ?? 0,
    digest: result?.digest ?? null,
  };
}

function secondsOf({ started, ended }: Job): number {
  return started === null || ended === null ? 0 : (Date.parse(ended) - Date.parse(started)) / 1000;
}
