import type { DatabaseSync } from "node:sqlite";
import type { StoredObject } from "../../files/object-store.ts";
import type { Chunk } from "../../job/chunk.ts";
import { addCounts, type Counts, subtractCounts } from "../../job/counts.ts";
import type { ErrorData } from "../../job/errors.ts";
import type { Job, JobResult } from "../../job/job.ts";
import type { ReleaseLimits } from "../../job/release.ts";
import type { Part, TaskWork } from "../../job/task.ts";
import { assembled, attemptStopped, planned, taskDone } from "../../job/transitions.ts";
import type { Lease, Progress } from "../job-store.ts";
import { putFile } from "./files.ts";
import {
  addTasks,
  applyFlow,
  applyFlowChange,
  clearStall,
  releaseTasks,
  remainingOf,
  setTaskState,
} from "./flow.ts";
import { flowOf, jobOf, jobRow, leased, one, type Row, run, specOf } from "./rows.ts";
import { requireRoomForFile } from "./usage.ts";

/** What attempts bring: each call begins at the row that its lease still holds, so that a lost one changes nothing. */
export function outcomeCalls(limits: ReleaseLimits) {
  return {
    addChunks(
      db: DatabaseSync,
      { lease, from, chunks }: { lease: Lease; from: number; chunks: Chunk[] },
    ): void {
      const jobId = leased(db, lease)["job_id"] as number;
      if (from === 0) run(db, "DELETE FROM chunk WHERE job_id = ?", jobId);
      chunks.forEach((chunk, index) =>
        run(
          db,
          "INSERT INTO chunk (job_id, number, from_byte, to_byte, line) VALUES (?, ?, ?, ?, ?)",
          jobId,
          from + index,
          chunk.from,
          chunk.to,
          chunk.line,
        ),
      );
      // A plan that fails begins anew: its failures still count.
      clearStall(db, jobId);
    },

    finishPlan(
      db: DatabaseSync,
      {
        lease,
        plan,
        tasks,
        totalBytes,
        now,
      }: { lease: Lease; plan: unknown; tasks: TaskWork[]; totalBytes: number | null; now: number },
    ): Job {
      const task = leased(db, lease);
      const jobId = task["job_id"] as number;
      run(
        db,
        "UPDATE job SET plan = ?, total_bytes = ? WHERE id = ?",
        JSON.stringify(plan),
        totalBytes,
        jobId,
      );
      setTaskState(db, task, "done");
      const flow = flowOf(jobRow(db, jobId));
      if (flow.ending) {
        // Somebody cancelled while the plan was being finished: it leads to nothing.
        applyFlowChange(
          db,
          jobId,
          attemptStopped(flow, "plan", remainingOf(db, jobId), specOf(db, jobId)),
          now,
        );
      } else {
        addTasks(db, jobId, tasks, now);
        applyFlowChange(db, jobId, planned(flow, tasks.length), now);
      }
      clearStall(db, jobId);
      releaseTasks(db, limits, now);
      return jobOf(jobRow(db, jobId));
    },

    mirror(
      db: DatabaseSync,
      { lease, counts, bytes, kept }: Progress & { lease: Lease },
    ): "cancelled" | null {
      const task = leased(db, lease);
      // A later attempt may begin before where the last mirror was: what users have seen never goes back.
      if (bytes >= (task["bytes"] as number)) setTaskProgress(db, task, counts, bytes);
      if (kept) forgetFailures(db, lease);
      clearStall(db, task["job_id"] as number);
      return task["stop"] === 1 ? "cancelled" : null;
    },

    addPart(db: DatabaseSync, { lease, part }: { lease: Lease; part: Part }): void {
      const jobId = leased(db, lease)["job_id"] as number;
      run(
        db,
        `INSERT INTO part (job_id, task, ordinal, object, size, md5, counts, digest, retyped, formulas, end_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        jobId,
        part.task,
        part.ordinal,
        part.object,
        part.size,
        part.md5 ?? "",
        JSON.stringify(part.counts),
        part.digest,
        part.retyped,
        part.formulas,
        part.endKey,
      );
      requireRoomForParts(db, jobId);
      // Without a key the next attempt begins anew.
      if (part.endKey !== null) forgetFailures(db, lease);
      clearStall(db, jobId);
    },

    dropParts(db: DatabaseSync, lease: Lease): void {
      const task = leased(db, lease);
      run(
        db,
        "DELETE FROM part WHERE job_id = ? AND task = ?",
        task["job_id"] as number,
        task["ordinal"] as number,
      );
    },

    finishTask(
      db: DatabaseSync,
      {
        lease,
        counts,
        bytes,
        stopped,
        now,
      }: {
        lease: Lease;
        counts: Counts;
        bytes: number;
        stopped: ErrorData | null;
        now: number;
      },
    ): Job {
      const known = one(db, "SELECT * FROM task WHERE id = ?", lease.task);
      if (known && known["attempt"] === lease.attempt && known["state"] === "done") {
        return jobOf(jobRow(db, known["job_id"] as number));
      }
      const task = leased(db, lease);
      const jobId = task["job_id"] as number;
      setTaskProgress(db, task, counts, bytes);
      setTaskState(db, task, "done");
      const flow = flowOf(jobRow(db, jobId));
      const change = taskDone(flow, remainingOf(db, jobId), stopped, specOf(db, jobId));
      applyFlowChange(db, jobId, change, now);
      clearStall(db, jobId);
      releaseTasks(db, limits, now);
      return jobOf(jobRow(db, jobId));
    },

    finishJob(
      db: DatabaseSync,
      {
        lease,
        result,
        error,
        counts,
        files,
        now,
      }: {
        lease: Lease;
        result: JobResult;
        error: ErrorData | null;
        counts: Counts | null;
        files: { name: string; object: StoredObject; contentType: string }[];
        now: number;
      },
    ): Job {
      const known = one(db, "SELECT * FROM task WHERE id = ?", lease.task);
      if (known && known["attempt"] === lease.attempt && known["state"] === "done") {
        return jobOf(jobRow(db, known["job_id"] as number));
      }
      const task = leased(db, lease);
      const jobId = task["job_id"] as number;
      const job = jobRow(db, jobId);
      // An export that was cancelled while it was put together has no file; an import's rejects are wanted all the same.
      const given = job["type"] === "import" || flowOf(job).ending === null;
      const environment = job["environment"] as string;
      if (given) for (const file of files) putFile(db, { environment, ...file, now });
      setTaskState(db, task, "done");
      run(
        db,
        "UPDATE job SET result = ?, counts = coalesce(?, counts) WHERE id = ?",
        given ? JSON.stringify(result) : null,
        counts && JSON.stringify(counts),
        jobId,
      );
      applyFlow(db, jobId, assembled(flowOf(jobRow(db, jobId)), error), now);
      releaseTasks(db, limits, now);
      return jobOf(jobRow(db, jobId));
    },
  };
}

/** An export that has grown beyond what its environment may store ends here, not when all of it is there. */
function requireRoomForParts(db: DatabaseSync, jobId: number): void {
  const sum = one(db, "SELECT sum(size) AS bytes FROM part WHERE job_id = ?", jobId);
  const { environment, spec } = jobOf(jobRow(db, jobId));
  requireRoomForFile(db, { environment, name: spec.file, size: sum?.["bytes"] as number });
}

/** Something of the attempt survives it: the row of failures is over. */
function forgetFailures(db: DatabaseSync, lease: Lease): void {
  run(db, "UPDATE task SET failures = 0 WHERE id = ? AND failures > 0", lease.task);
}

/** The job's sums change by what the task's have changed. */
function setTaskProgress(db: DatabaseSync, task: Row, counts: Counts, bytes: number): void {
  const jobId = task["job_id"] as number;
  const before = JSON.parse(task["counts"] as string) as Counts;
  const job = one(db, "SELECT counts, bytes FROM job WHERE id = ?", jobId);
  const sum = addCounts(
    JSON.parse(job?.["counts"] as string) as Counts,
    subtractCounts(counts, before),
  );
  run(
    db,
    "UPDATE job SET counts = ?, bytes = bytes + ? WHERE id = ?",
    JSON.stringify(sum),
    bytes - (task["bytes"] as number),
    jobId,
  );
  run(
    db,
    "UPDATE task SET counts = ?, bytes = ? WHERE id = ?",
    JSON.stringify(counts),
    bytes,
    task["id"] as number,
  );
}
