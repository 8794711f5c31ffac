import type { DatabaseSync } from "node:sqlite";
import { noCounts } from "../../job/counts.ts";
import { DocferryError } from "../../job/errors.ts";
import {
  endedStates,
  type ImportSpec,
  type Job,
  type JobSpec,
  type JobState,
} from "../../job/job.ts";
import type { ReleaseLimits } from "../../job/release.ts";
import { cancelRequested } from "../../job/transitions.ts";
import type { JobStore, SubmitOnce } from "../job-store.ts";
import { addTasks, applyFlowChange, releaseTasks, remainingOf } from "./flow.ts";
import { all, flowOf, jobColumns, jobOf, jobRow, one, type Row, run } from "./rows.ts";
import { requirePlaceForJob, requireRoomForFile } from "./usage.ts";

/** Reads of jobs, for any connection. */
export function getJobRow(db: DatabaseSync, id: number): Row | undefined {
  return one(db, `SELECT ${jobColumns} FROM job WHERE id = ?`, id);
}

export function listJobs(
  db: DatabaseSync,
  options: {
    environment: string;
    state: JobState | null;
    type: JobSpec["type"] | null;
    before: number | null;
    limit: number;
  },
): Job[] {
  const { environment, state, type, before, limit } = options;
  // Only the conditions that there are: with `? IS NULL OR …` no index would serve them.
  const conditions = ["environment = ?", "id < ?"];
  const values: (string | number)[] = [environment, before ?? Number.MAX_SAFE_INTEGER];
  if (state !== null) {
    conditions.push("state = ?");
    values.push(state);
  }
  if (type !== null) {
    conditions.push("type = ?");
    values.push(type);
  }
  return all(
    db,
    `SELECT * FROM job WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ?`,
    ...values,
    limit,
  ).map(jobOf);
}

/** @throws {DocferryError} `submit_key_used` */
export function submittedJob(
  db: DatabaseSync,
  environment: string,
  once: SubmitOnce,
): Job | undefined {
  const row = one(
    db,
    "SELECT * FROM job WHERE environment = ? AND submit_key = ?",
    environment,
    once.key,
  );
  if (!row) return undefined;
  if (row["submit_digest"] === once.digest) return jobOf(row);
  throw new DocferryError(
    "submit_key_used",
    `Idempotency-Key ${JSON.stringify(once.key)} was used for job ${row["id"] as number}, which was asked for differently`,
  );
}

export function unendedJobs(db: DatabaseSync, environment: string): number {
  const row = one(
    db,
    "SELECT count(*) AS jobs FROM job WHERE environment = ? AND ended_at IS NULL",
    environment,
  );
  return row?.["jobs"] as number;
}

export function expiredJobs(db: DatabaseSync, options: { before: number; limit: number }): Job[] {
  return all(
    db,
    "SELECT * FROM job WHERE forgotten = 0 AND ended_at < ? ORDER BY ended_at LIMIT ?",
    options.before,
    options.limit,
  ).map(jobOf);
}

/** By name, so that an index finds them however many have ended. */
const unendedStates = Object.keys({
  queued: 1,
  planning: 1,
  running: 1,
  finishing: 1,
  cancelling: 1,
} satisfies Record<Exclude<JobState, "succeeded" | "failed" | "cancelled">, 1>);

/** Calls on jobs that no attempt makes. */
export function jobCalls(limits: ReleaseLimits) {
  return {
    submit(db: DatabaseSync, job: Parameters<JobStore["submit"]>[0]): Job {
      const earlier = job.once && submittedJob(db, job.environment, job.once);
      if (earlier) return earlier;
      requirePlaceForJob(db, job.environment);
      // No export begins that could not store a byte; how large it gets is seen as its parts come.
      if (job.spec.type === "export") {
        requireRoomForFile(db, { environment: job.environment, name: job.spec.file, size: 1 });
      }
      if (job.spec.type === "import") requirePinnable(db, job.environment, job.spec);
      const { lastInsertRowid } = db
        .prepare(
          `INSERT INTO job (key, environment, type, spec, object, state, counts, total_bytes, created_at,
             submit_key, submit_digest)
           VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)`,
        )
        .run(
          job.key,
          job.environment,
          job.spec.type,
          JSON.stringify(job.spec),
          job.spec.type === "import" ? job.spec.object : null,
          JSON.stringify(noCounts),
          job.spec.type === "import" ? job.spec.size : null,
          job.now,
          job.once?.key ?? null,
          job.once?.digest ?? null,
        );
      const id = Number(lastInsertRowid);
      addTasks(db, id, [{ kind: "plan" }], job.now);
      releaseTasks(db, limits, job.now);
      return jobOf(jobRow(db, id));
    },

    cancel(db: DatabaseSync, { id, now }: { id: number; now: number }): Job {
      const row = jobRow(db, id);
      const flow = flowOf(row);
      if (!endedStates.has(flow.state) && flow.ending !== "cancelled") {
        const spec = JSON.parse(row["spec"] as string) as JobSpec;
        applyFlowChange(db, id, cancelRequested(flow, remainingOf(db, id), spec), now);
        releaseTasks(db, limits, now);
      }
      return jobOf(jobRow(db, id));
    },

    cancelAll(db: DatabaseSync, { environment, now }: { environment: string; now: number }): void {
      for (const row of all(
        db,
        "SELECT * FROM job WHERE environment = ? AND ended_at IS NULL",
        environment,
      )) {
        const [id, flow] = [row["id"] as number, flowOf(row)];
        if (flow.ending === "cancelled") continue;
        const spec = JSON.parse(row["spec"] as string) as JobSpec;
        applyFlowChange(db, id, cancelRequested(flow, remainingOf(db, id), spec), now);
      }
      releaseTasks(db, limits, now);
    },

    unendedOn(db: DatabaseSync, options: Parameters<JobStore["unendedOn"]>[0]): number[] {
      const { environment, collection, after, limit } = options;
      return all(
        db,
        `SELECT id FROM job
         WHERE environment = ? AND state IN (${unendedStates.map(() => "?").join(", ")}) AND id > ?
           AND ? IN (spec ->> '$.collection', spec ->> '$.query.collection')
         ORDER BY id LIMIT ?`,
        environment,
        ...unendedStates,
        after,
        collection,
        limit,
      ).map(({ id }) => id as number);
    },

    removeJobs(
      db: DatabaseSync,
      { environment, limit }: { environment: string; limit: number },
    ): number {
      const rows = all(
        db,
        "SELECT id FROM job WHERE environment = ? AND ended_at IS NOT NULL ORDER BY id LIMIT ?",
        environment,
        limit,
      );
      for (const { id } of rows) {
        removeLeftovers(db, id as number);
        run(db, "DELETE FROM job WHERE id = ?", id as number);
      }
      return rows.length;
    },

    stall(db: DatabaseSync, { id, cause }: { id: number; cause: string | null }): void {
      run(db, "UPDATE job SET stalled = ? WHERE id = ? AND ended_at IS NULL", cause, id);
    },

    forget(db: DatabaseSync, id: number): void {
      removeLeftovers(db, id);
      run(db, "UPDATE job SET forgotten = 1 WHERE id = ?", id);
    },
  };
}

/** From here on the job pins the object: it must still be the file's, or the sweeper may be about to remove it. */
function requirePinnable(db: DatabaseSync, environment: string, spec: ImportSpec): void {
  const file = one(
    db,
    "SELECT object FROM file WHERE environment = ? AND name = ?",
    environment,
    spec.file,
  );
  if (file?.["object"] === spec.object) return;
  throw new DocferryError("conflict", `File ${spec.file} is no longer what it was`);
}

function removeLeftovers(db: DatabaseSync, id: number): void {
  run(db, "DELETE FROM part WHERE job_id = ?", id);
  run(db, "DELETE FROM chunk WHERE job_id = ?", id);
  run(db, "DELETE FROM task WHERE job_id = ?", id);
}
