import type { DatabaseSync } from "node:sqlite";
import { noCounts } from "../../job/counts.ts";
import { endedStates } from "../../job/job.ts";
import { type JobLoad, release, type ReleaseLimits } from "../../job/release.ts";
import type { TaskState, TaskWork } from "../../job/task.ts";
import type { Flow, FlowChange, Remaining } from "../../job/transitions.ts";
import { all, one, type Row, run } from "./rows.ts";

/** What a job's transition functions want to know of its tasks. */
export function remainingOf(db: DatabaseSync, jobId: number): Remaining {
  const row = one(
    db,
    `SELECT waiting + active AS open, plan IS NOT NULL AS planned,
            (SELECT count(*) FROM task WHERE job_id = job.id AND state = 'running') AS running
     FROM job WHERE id = ?`,
    jobId,
  );
  return {
    open: row?.["open"] as number,
    running: row?.["running"] as number,
    planned: row?.["planned"] === 1,
  };
}

/** Persists what a transition function has decided. */
export function applyFlow(db: DatabaseSync, jobId: number, flow: Flow, now: number): void {
  run(
    db,
    `UPDATE job SET state = ?, ending = ?, error = ?,
       started_at = CASE WHEN started_at IS NULL AND ? <> 'queued' THEN ? ELSE started_at END,
       ended_at = CASE WHEN ? THEN coalesce(ended_at, ?) ELSE NULL END,
       stalled = CASE WHEN ? THEN NULL ELSE stalled END
     WHERE id = ?`,
    flow.state,
    flow.ending,
    flow.error ? JSON.stringify(flow.error) : null,
    flow.state,
    now,
    endedStates.has(flow.state) ? 1 : 0,
    now,
    endedStates.has(flow.state) ? 1 : 0,
    jobId,
  );
}

export function applyFlowChange(
  db: DatabaseSync,
  jobId: number,
  change: FlowChange,
  now: number,
): void {
  if (change.dropTasks) dropTasks(db, jobId);
  applyFlow(db, jobId, change, now);
  if (change.assemble) addTasks(db, jobId, [{ kind: "assemble" }], now);
}

/** Appends tasks to a job; none of them is claimable before it is released. */
export function addTasks(
  db: DatabaseSync,
  jobId: number,
  works: readonly TaskWork[],
  now: number,
): void {
  const last = one(db, "SELECT max(ordinal) AS last FROM task WHERE job_id = ?", jobId)?.["last"];
  let ordinal = typeof last === "number" ? last + 1 : 0;
  const counts = JSON.stringify(noCounts);
  for (const work of works) {
    run(
      db,
      `INSERT INTO task (job_id, ordinal, kind, state, available_at, work, counts)
       VALUES (?, ?, ?, 'waiting', ?, ?, ?)`,
      jobId,
      ordinal++,
      work.kind,
      now,
      JSON.stringify(work),
      counts,
    );
  }
  run(db, "UPDATE job SET waiting = waiting + ? WHERE id = ?", works.length, jobId);
}

/** The only place that changes a task's state, and with it its job's aggregates. */
export function setTaskState(
  db: DatabaseSync,
  task: Row,
  state: TaskState,
  change: { availableAt?: number; failures?: number } = {},
): void {
  run(
    db,
    `UPDATE task SET state = ?, available_at = ?, failures = ?, stop = 0, released = CASE ?
       WHEN 'ready' THEN 1 + coalesce((SELECT max(released) FROM task WHERE state = 'ready'), 0)
       ELSE 0 END
     WHERE id = ?`,
    state,
    change.availableAt ?? (task["available_at"] as number),
    change.failures ?? (task["failures"] as number),
    state,
    task["id"] as number,
  );
  const waiting = Number(state === "waiting") - Number(task["state"] === "waiting");
  const active = Number(isActive(state)) - Number(isActive(task["state"] as TaskState));
  if (waiting === 0 && active === 0) return;
  run(
    db,
    "UPDATE job SET waiting = waiting + ?, active = active + ? WHERE id = ?",
    waiting,
    active,
    task["job_id"] as number,
  );
}

function isActive(state: TaskState): boolean {
  return state === "ready" || state === "running";
}

/** Ends all tasks of a job that do not run, and asks those that do to stop. */
function dropTasks(db: DatabaseSync, jobId: number): void {
  const ready = run(
    db,
    "UPDATE task SET state = 'dropped' WHERE job_id = ? AND state = 'ready'",
    jobId,
  );
  run(db, "UPDATE task SET state = 'dropped' WHERE job_id = ? AND state = 'waiting'", jobId);
  run(db, "UPDATE task SET stop = 1 WHERE job_id = ? AND state = 'running'", jobId);
  run(db, "UPDATE job SET waiting = 0, active = active - ? WHERE id = ?", ready, jobId);
}

/** How many jobs of one environment are looked at to fill a slot: older ones that are not due may stand before. */
const jobsLookedAt = 200;

/**
 * Makes the tasks claimable whose turn it is now. Runs in the transaction of whatever changed what it looks at; reads
 * aggregates and a bounded number of jobs, however many wait.
 */
export function releaseTasks(db: DatabaseSync, limits: ReleaseLimits, now: number): void {
  const byEnvironment = new Map<string, number>();
  let active = 0;
  for (const row of all(
    db,
    "SELECT environment, sum(active) AS active FROM job WHERE active > 0 GROUP BY environment",
  )) {
    byEnvironment.set(row["environment"] as string, row["active"] as number);
    active += row["active"] as number;
  }
  const room = limits.total - active;
  if (room <= 0) return;
  const jobs = waitingEnvironments(db)
    .filter((environment) => (byEnvironment.get(environment) ?? 0) < limits.perEnvironment)
    .flatMap((environment) => dueJobs(db, environment, room, limits, now));
  for (const [jobId, count] of release(jobs, limits, active, byEnvironment)) {
    for (const task of all(
      db,
      `SELECT * FROM task WHERE job_id = ? AND state = 'waiting' AND available_at <= ?
       ORDER BY ordinal LIMIT ?`,
      jobId,
      now,
      count,
    )) {
      setTaskState(db, task, "ready", { availableAt: now });
    }
  }
}

/** A loose scan of the partial index: one step an environment, not one a job. */
function waitingEnvironments(db: DatabaseSync): string[] {
  return all(
    db,
    `WITH RECURSIVE found(environment) AS (
       SELECT min(environment) FROM job WHERE waiting > 0
       UNION ALL
       SELECT (SELECT min(environment) FROM job WHERE waiting > 0 AND environment > found.environment)
       FROM found WHERE found.environment IS NOT NULL
     )
     SELECT environment FROM found WHERE environment IS NOT NULL`,
  ).map((row) => row["environment"] as string);
}

function dueJobs(
  db: DatabaseSync,
  environment: string,
  room: number,
  limits: ReleaseLimits,
  now: number,
): JobLoad[] {
  const jobs: JobLoad[] = [];
  for (const job of all(
    db,
    "SELECT id, active FROM job WHERE environment = ? AND waiting > 0 ORDER BY id LIMIT ?",
    environment,
    jobsLookedAt,
  )) {
    const due = one(
      db,
      `SELECT count(*) AS due FROM (SELECT 1 FROM task WHERE job_id = ? AND state = 'waiting'
         AND available_at <= ? LIMIT ?)`,
      job["id"] as number,
      now,
      room,
    )?.["due"] as number;
    if (due === 0) continue;
    jobs.push({
      id: job["id"] as number,
      environment,
      waiting: due,
      active: job["active"] as number,
      parallelism: limits.perEnvironment,
    });
    if (jobs.length >= room) break;
  }
  return jobs;
}

/** Clears the cause once the job gets on again. */
export function clearStall(db: DatabaseSync, jobId: number): void {
  run(db, "UPDATE job SET stalled = NULL WHERE id = ? AND stalled IS NOT NULL", jobId);
}
