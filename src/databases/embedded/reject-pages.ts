import type { DatabaseSync } from "node:sqlite";
import type { Reject } from "../../job/reject.ts";

const pageRows = 1000;

const columns = "offset, length, line, column, code, message, path";

const nextPage = `
  SELECT task, ${columns} FROM rejects WHERE job_key = ? AND (task, offset) > (?, ?)
  ORDER BY task, offset LIMIT ${pageRows}`;

const firstOfNextTask = `
  SELECT task, ${columns} FROM rejects WHERE job_key = ? AND task > ? ORDER BY task, offset LIMIT 1`;

type RejectRow = Reject & { task: number };

/** Where a page of a job's rejects ends. */
export interface RejectPlace {
  task: number;
  offset: number;
}

export const beforeRejects: RejectPlace = { task: -1, offset: -1 };

/** The next page of a job's rejects by task and offset; null behind the last. */
export function rejectPage(
  db: DatabaseSync,
  jobKey: string,
  after: RejectPlace,
): { rejects: Reject[]; end: RejectPlace } | null {
  const rows = db.prepare(nextPage).all(jobKey, after.task, after.offset) as unknown as RejectRow[];
  const last = rows.at(-1);
  return last
    ? { rejects: rows.map(rejectOf), end: { task: last.task, offset: last.offset } }
    : null;
}

/** The job's reject with the lowest offset: one look for each task that has rejects. */
export function firstReject(db: DatabaseSync, jobKey: string): Reject | undefined {
  const next = db.prepare(firstOfNextTask);
  let first: RejectRow | undefined;
  let task = -1;
  for (;;) {
    const row = next.get(jobKey, task) as unknown as RejectRow | undefined;
    if (!row) return first && rejectOf(first);
    if (!first || row.offset < first.offset) first = row;
    task = row.task;
  }
}

function rejectOf({ offset, length, line, column, code, message, path }: RejectRow): Reject {
  return { offset, length, line, column, code, message, path };
}
