import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Reject } from "../../job/reject.ts";

const addReject = `
  INSERT INTO rejects (job_key, task, offset, length, line, column, code, message, path)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const pageEnd = `
  SELECT task, offset FROM rejects WHERE job_key = ? ORDER BY task, offset LIMIT 1 OFFSET ?`;

const removePage = `DELETE FROM rejects WHERE job_key = ? AND (task, offset) < (?, ?)`;

const removeAll = `DELETE FROM rejects WHERE job_key = ?`;

/** Rejects removed in one transaction. */
const removeLimit = 20_000;

/** The writing side of the rejects. */
export class RejectTable {
  readonly #add: StatementSync;
  readonly #pageEnd: StatementSync;
  readonly #removePage: StatementSync;
  readonly #removeAll: StatementSync;

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(addReject);
    this.#pageEnd = db.prepare(pageEnd);
    this.#removePage = db.prepare(removePage);
    this.#removeAll = db.prepare(removeAll);
  }

  add(jobKey: string, task: number, rejects: readonly Reject[]): void {
    for (const { offset, length, line, column, code, message, path } of rejects) {
      this.#add.run(jobKey, task, offset, length, line, column, code, message, path);
    }
  }

  /** Removes a bounded number of a job's rejects; whether there are more. */
  removeSome(jobKey: string): boolean {
    const end = this.#pageEnd.get(jobKey, removeLimit) as
      | { task: number; offset: number }
      | undefined;
    if (end) this.#removePage.run(jobKey, end.task, end.offset);
    else this.#removeAll.run(jobKey);
    return end !== undefined;
  }
}
