import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Job, JobSpec } from "../../job/job.ts";
import type { Part, Task } from "../../job/task.ts";
import type { Flow } from "../../job/transitions.ts";
import { DocferryError } from "../../job/errors.ts";
import type { Lease } from "../job-store.ts";

/** A row of SQLite and back to the domain's values. */
export type Row = Record<string, SQLOutputValue>;

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** The prepared statement of this text on this connection, made once. */
function prepared(db: DatabaseSync, sql: string): StatementSync {
  let known = statements.get(db);
  if (!known) statements.set(db, (known = new Map()));
  let statement = known.get(sql);
  if (!statement) known.set(sql, (statement = db.prepare(sql)));
  return statement;
}

export function one(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row | undefined {
  return prepared(db, sql).get(...values);
}

export function all(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): Row[] {
  return prepared(db, sql).all(...values);
}

/** How many rows it changed. */
export function run(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): number {
  return Number(prepared(db, sql).run(...values).changes);
}

/** What `jobOf` reads: half of a row, which a status query need not carry over whole. */
export const jobColumns =
  "id, key, environment, spec, state, stalled, counts, bytes, total_bytes, result, error, created_at, started_at, ended_at";

export function jobOf(row: Row): Job {
  return {
    id: row["id"] as number,
    key: row["key"] as string,
    environment: row["environment"] as string,
    spec: JSON.parse(row["spec"] as string),
    state: row["state"] as Job["state"],
    stalled: row["stalled"] as string | null,
    progress: {
      counts: JSON.parse(row["counts"] as string),
      bytes: row["bytes"] as number,
      totalBytes: row["total_bytes"] as number | null,
    },
    result: parsed(row["result"]) as Job["result"],
    error: parsed(row["error"]) as Job["error"],
    createdAt: row["created_at"] as number,
    startedAt: row["started_at"] as number | null,
    endedAt: row["ended_at"] as number | null,
  };
}

export function flowOf(row: Row): Flow {
  return {
    state: row["state"] as Flow["state"],
    ending: row["ending"] as Flow["ending"],
    error: parsed(row["error"]) as Flow["error"],
  };
}

export function taskOf(row: Row): Task {
  return {
    id: row["id"] as number,
    jobId: row["job_id"] as number,
    ordinal: row["ordinal"] as number,
    kind: row["kind"] as Task["kind"],
    state: row["state"] as Task["state"],
    attempt: row["attempt"] as number,
    failures: row["failures"] as number,
    availableAt: row["available_at"] as number,
    work: JSON.parse(row["work"] as string),
  };
}

export function partOf(row: Row): Part {
  return {
    task: row["task"] as number,
    ordinal: row["ordinal"] as number,
    object: row["object"] as string,
    size: row["size"] as number,
    md5: (row["md5"] as string) || null,
    counts: JSON.parse(row["counts"] as string),
    digest: row["digest"] as string,
    retyped: row["retyped"] as number,
    formulas: row["formulas"] as number,
    endKey: row["end_key"] as string | null,
  };
}

export function parsed(text: SQLOutputValue | undefined): unknown {
  return typeof text === "string" ? JSON.parse(text) : null;
}

/** The task that this lease may still change: every write of an attempt begins here. */
export function leased(db: DatabaseSync, lease: Lease): Row {
  const row = one(
    db,
    "SELECT * FROM task WHERE id = ? AND attempt = ? AND state = 'running'",
    lease.task,
    lease.attempt,
  );
  if (row) return row;
  throw new DocferryError(
    "lease_lost",
    `Attempt ${lease.attempt} no longer holds task ${lease.task}`,
  );
}

export function jobRow(db: DatabaseSync, id: number): Row {
  const row = one(db, "SELECT * FROM job WHERE id = ?", id);
  if (row) return row;
  throw new DocferryError("job_not_found", `No job ${id}`);
}

export function specOf(db: DatabaseSync, jobId: number): JobSpec {
  return JSON.parse(jobRow(db, jobId)["spec"] as string) as JobSpec;
}
