import type { DatabaseSync } from "node:sqlite";
import type { Job } from "../../job/job.ts";
import type { ReleaseLimits } from "../../job/release.ts";
import { afterFailure, afterLostLease, longestDelayMs, type Verdict } from "../../job/retry.ts";
import type { TaskKind } from "../../job/task.ts";
import { attemptStopped, claimed, gaveUp } from "../../job/transitions.ts";
import type { Claim, JobStore, Lease } from "../job-store.ts";
import { applyFlow, applyFlowChange, releaseTasks, remainingOf, setTaskState } from "./flow.ts";
import {
  all,
  flowOf,
  jobOf,
  jobRow,
  leased,
  one,
  parsed,
  type Row,
  run,
  specOf,
  taskOf,
} from "./rows.ts";

/** Who may run a task, from claim to end without a verdict of its own: attempts that give back, fail, or lose their lease. */
export function leaseCalls(limits: ReleaseLimits) {
  return {
    claim(
      db: DatabaseSync,
      { limit, now, leaseMs }: { limit: number; now: number; leaseMs: number },
    ): Claim[] {
      // One UPDATE for each task instead of one for all: the order of claims is the order of release.
      const claims: Claim[] = [];
      for (const { id } of all(
        db,
        `SELECT id FROM task WHERE state = 'ready' AND available_at <= ?
         ORDER BY released LIMIT ?`,
        now,
        limit,
      )) {
        const task = one(
          db,
          `UPDATE task SET state = 'running', attempt = attempt + 1, available_at = ?, stop = 0
           WHERE id = ? RETURNING *`,
          now + leaseMs,
          id as number,
        );
        if (!task) continue;
        const jobId = task["job_id"] as number;
        applyFlow(db, jobId, claimed(flowOf(jobRow(db, jobId)), task["kind"] as TaskKind), now);
        const job = jobRow(db, jobId);
        claims.push({ task: taskOf(task), job: jobOf(job), plan: parsed(job["plan"]) });
      }
      return claims;
    },

    beat(
      db: DatabaseSync,
      { leases, now, leaseMs }: { leases: Lease[]; now: number; leaseMs: number },
    ): { task: number; reason: "lease_lost" | "cancelled" }[] {
      const ended: { task: number; reason: "lease_lost" | "cancelled" }[] = [];
      for (const { task, attempt } of leases) {
        const row = one(
          db,
          `UPDATE task SET available_at = ? WHERE id = ? AND attempt = ? AND state = 'running'
           RETURNING stop`,
          now + leaseMs,
          task,
          attempt,
        );
        if (!row) ended.push({ task, reason: "lease_lost" });
        else if (row["stop"] === 1) ended.push({ task, reason: "cancelled" });
      }
      return ended;
    },

    giveBack(db: DatabaseSync, { lease, now }: { lease: Lease; now: number }): void {
      const task = leased(db, lease);
      stopAttempt(
        db,
        task,
        { retry: true, at: now, failures: task["failures"] as number, stalled: null },
        now,
      );
      releaseTasks(db, limits, now);
    },

    fail(
      db: DatabaseSync,
      { lease, error, kept, counts, now }: Parameters<JobStore["fail"]>[1] & { lease: Lease },
    ): Job {
      const task = leased(db, lease);
      if (counts) {
        run(
          db,
          "UPDATE job SET counts = ? WHERE id = ?",
          JSON.stringify(counts),
          task["job_id"] as number,
        );
      }
      const failures = task["failures"] as number;
      stopAttempt(db, task, afterFailure({ error, failures, kept, now }), now);
      releaseTasks(db, limits, now);
      return jobOf(jobRow(db, task["job_id"] as number));
    },

    sweep(db: DatabaseSync, { now }: { now: number }): { lost: number; nextDue: number | null } {
      const lost = all(
        db,
        "SELECT * FROM task WHERE state = 'running' AND available_at <= ? LIMIT 1000",
        now,
      );
      for (const task of lost) loseLease(db, task, now);
      releaseTasks(db, limits, now);
      const next = one(
        db,
        `SELECT min(available_at) AS due FROM task
         WHERE state IN ('waiting', 'running') AND available_at > ?`,
        now,
      );
      return { lost: lost.length, nextDue: (next?.["due"] as number | null) ?? null };
    },

    takeOver(db: DatabaseSync, { now }: { now: number }): number {
      const running = all(db, "SELECT * FROM task WHERE state = 'running'");
      for (const task of running) loseLease(db, task, now);
      // By the clock of the process before, which was ahead of this one's.
      run(
        db,
        "UPDATE task SET available_at = ? WHERE state IN ('waiting', 'ready') AND available_at > ?",
        now,
        now + longestDelayMs,
      );
      releaseTasks(db, limits, now);
      return running.length;
    },
  };
}

function loseLease(db: DatabaseSync, task: Row, now: number): void {
  stopAttempt(db, task, afterLostLease({ failures: task["failures"] as number, now }), now);
}

/** An attempt is over without having done its task. */
function stopAttempt(db: DatabaseSync, task: Row, verdict: Verdict, now: number): void {
  const jobId = task["job_id"] as number;
  const kind = task["kind"] as TaskKind;
  const spec = specOf(db, jobId);
  if (task["stop"] === 1 || !verdict.retry) {
    setTaskState(db, task, "dropped");
    const flow = flowOf(jobRow(db, jobId));
    const remaining = remainingOf(db, jobId);
    const change =
      task["stop"] === 1 || verdict.retry
        ? attemptStopped(flow, kind, remaining, spec)
        : gaveUp(flow, kind, verdict.error, remaining, spec);
    applyFlowChange(db, jobId, change, now);
    return;
  }
  setTaskState(db, task, "waiting", { availableAt: verdict.at, failures: verdict.failures });
  run(db, "UPDATE job SET stalled = ? WHERE id = ?", verdict.stalled, jobId);
}
