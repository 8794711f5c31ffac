import type { Static } from "typebox";
import { errorKinds } from "../../job/errors.ts";
import type { Job } from "../../job/job.ts";
import type { jobSchema, progressSchema } from "./schemas.ts";

export type NativeJob = Static<typeof jobSchema>;
export type NativeProgress = Static<typeof progressSchema>;

/** A job as the native API shows it. @param now unix ms: what rate and eta count from */
export function nativeJob(job: Job, now: number): NativeJob {
  const { spec, error } = job;
  return {
    id: job.id,
    type: spec.type,
    state: job.state,
    environment: job.environment,
    file: spec.file,
    collection: spec.type === "import" ? spec.collection : spec.query.collection,
    format: spec.type === "import" ? spec.format : spec.format.format,
    stalled: job.stalled,
    progress: progressOf(job, now),
    result: resultOf(job),
    error: error && { ...error, hint: errorKinds[error.code].hint },
    created: new Date(job.createdAt).toISOString(),
    started: timeOf(job.startedAt),
    ended: timeOf(job.endedAt),
  };
}

/** @param now unix ms */
export function progressOf(job: Job, now: number): NativeProgress {
  const { counts, bytes, totalBytes } = job.progress;
  const seconds = secondsOf(job, now);
  return {
    phase: phaseOf(job),
    records: counts.records,
    bytes,
    totalBytes,
    rejects: counts.rejected,
    rate: seconds > 0 ? rounded(counts.records / seconds) : 0,
    eta: etaOf(job, seconds),
  };
}

function phaseOf(job: Job): NativeProgress["phase"] {
  switch (job.state) {
    case "queued":
      return "waiting";
    case "planning":
      return "planning";
    case "running":
      return job.spec.type === "import" ? "importing" : "exporting";
    case "finishing":
      return "assembling";
    case "cancelling":
      return "stopping";
    case "succeeded":
    case "failed":
    case "cancelled":
      return "ended";
    default:
      return job.state satisfies never;
  }
}

function secondsOf({ startedAt, endedAt }: Job, now: number): number {
  return startedAt === null ? 0 : Math.max(0, (endedAt ?? now) - startedAt) / 1000;
}

/** From bytes, which are known to the last, while records are not. */
function etaOf({ state, progress }: Job, seconds: number): number | null {
  const { bytes, totalBytes } = progress;
  if (state !== "running" || totalBytes === null || bytes === 0) return null;
  return rounded((Math.max(0, totalBytes - bytes) * seconds) / bytes);
}

function resultOf({ result, progress }: Job): NativeJob["result"] {
  if (result === null) return null;
  const { records, rejected, inserted, updated, unchanged, deleted } = progress.counts;
  const { file, digest, retyped, formulas, consistency } = result;
  return {
    file,
    records,
    rejects: rejected,
    inserted,
    updated,
    unchanged,
    deleted,
    digest,
    retyped,
    formulas,
    consistency,
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
