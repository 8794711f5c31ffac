import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Position } from "../../job/chunk.ts";
import type { Counts } from "../../job/counts.ts";
import { DocferryError } from "../../job/errors.ts";
import type { SinkProgress, SinkSpec } from "../database.ts";

const openProgress = `
  INSERT INTO task_progress (job_key, task, attempt, offset, line) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (job_key, task) DO UPDATE SET attempt = excluded.attempt WHERE excluded.attempt >= attempt
  RETURNING *`;

/** No attempt comes after it. The task -1 stands for those that have not been opened. */
const sealProgress = `
  INSERT INTO task_progress (job_key, task, attempt, offset, line)
  SELECT job_key, task, ?2, offset, line FROM task_progress WHERE job_key = ?1
  UNION ALL VALUES (?1, -1, ?2, 0, 0)
  ON CONFLICT (job_key, task) DO UPDATE SET attempt = excluded.attempt`;

const sumProgress = `
  SELECT sum(records) AS records, sum(inserted) AS inserted, sum(updated) AS updated,
    sum(unchanged) AS unchanged, sum(deleted) AS deleted, sum(rejected) AS rejected
  FROM task_progress WHERE job_key = ?`;

const readProgress = `SELECT * FROM task_progress WHERE job_key = ? AND task = ?`;

const advanceProgress = `
  UPDATE task_progress SET
    offset = ?, line = ?, records = ?, inserted = ?, updated = ?, unchanged = ?, deleted = ?, rejected = ?, stopped = ?
  WHERE job_key = ? AND task = ? AND attempt = ? AND offset = ? AND stopped = 0`;

interface ProgressRow {
  attempt: number;
  offset: number;
  line: number;
  records: number;
  inserted: number;
  updated: number;
  unchanged: number;
  deleted: number;
  rejected: number;
  stopped: number;
}

/** What tasks have committed, and which attempt may go on: rows in the file of the documents that they count. */
export class TaskProgress {
  readonly #open: StatementSync;
  readonly #seal: StatementSync;
  readonly #sum: StatementSync;
  readonly #read: StatementSync;
  readonly #advance: StatementSync;
  readonly #forget: StatementSync;

  constructor(db: DatabaseSync) {
    this.#open = db.prepare(openProgress);
    this.#seal = db.prepare(sealProgress);
    this.#sum = db.prepare(sumProgress);
    this.#read = db.prepare(readProgress);
    this.#advance = db.prepare(advanceProgress);
    this.#forget = db.prepare("DELETE FROM task_progress WHERE job_key = ?");
  }

  /** Raises the fence to this attempt. @throws {DocferryError} `lease_lost` below the fence */
  open({ jobKey, task, attempt, start }: SinkSpec): SinkProgress {
    if (this.#read.get(jobKey, -1)) throw this.#lost(jobKey, task, "the job has ended");
    const row = this.#open.get(jobKey, task, attempt, start.offset, start.line);
    if (!row) throw this.#lost(jobKey, task, `attempt ${attempt} comes too late`);
    return progressOf(row as unknown as ProgressRow);
  }

  /** What is committed, if this attempt may go on from there. @throws {DocferryError} `lease_lost`, `stopped_on_error` */
  require({ jobKey, task, attempt }: SinkSpec, from: Position): SinkProgress {
    const row = this.#read.get(jobKey, task) as unknown as ProgressRow | undefined;
    if (row?.attempt !== attempt) {
      throw this.#lost(jobKey, task, `attempt ${attempt} may write no more`);
    }
    if (row.stopped !== 0) {
      throw new DocferryError(
        "stopped_on_error",
        `Task ${task} of job ${jobKey} stopped at a failed record: nothing more may be written`,
      );
    }
    if (row.offset !== from.offset) {
      throw this.#lost(
        jobKey,
        task,
        `it has committed up to byte ${row.offset}, not ${from.offset}`,
      );
    }
    return progressOf(row);
  }

  /** The fence once more, as the condition of the row that changes. */
  advance({ jobKey, task, attempt }: SinkSpec, from: Position, to: SinkProgress): void {
    const { position, counts, stopped } = to;
    const { changes } = this.#advance.run(
      position.offset,
      position.line,
      counts.records,
      counts.inserted,
      counts.updated,
      counts.unchanged,
      counts.deleted,
      counts.rejected,
      stopped ? 1 : 0,
      jobKey,
      task,
      attempt,
      from.offset,
    );
    if (changes !== 1) throw this.#lost(jobKey, task, `attempt ${attempt} may write no more`);
  }

  /** Raises the fence over every attempt, and answers what all have committed. */
  seal(jobKey: string): Counts {
    this.#seal.run(jobKey, Number.MAX_SAFE_INTEGER);
    return { ...this.#sum.get(jobKey) } as unknown as Counts;
  }

  forget(jobKey: string): void {
    this.#forget.run(jobKey);
  }

  #lost(jobKey: string, task: number, why: string): DocferryError {
    return new DocferryError("lease_lost", `Lease of task ${task} of job ${jobKey} lost: ${why}`);
  }
}

function progressOf(row: ProgressRow): SinkProgress {
  const { offset, line, records, inserted, updated, unchanged, deleted, rejected, stopped } = row;
  return {
    position: { offset, line },
    counts: { records, inserted, updated, unchanged, deleted, rejected },
    stopped: stopped !== 0,
  };
}
