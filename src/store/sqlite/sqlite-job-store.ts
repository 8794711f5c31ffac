import type { DatabaseSync } from "node:sqlite";
import type { Chunk } from "../../job/chunk.ts";
import type { Part } from "../../job/task.ts";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import type { JobStore, Lease, SubmitOnce } from "../job-store.ts";
import type { leaseCalls } from "./leases.ts";
import type { outcomeCalls } from "./outcomes.ts";
import {
  expiredJobs,
  getJobRow,
  type jobCalls,
  listJobs,
  submittedJob,
  unendedJobs,
} from "./jobs.ts";
import { RecentJobs } from "./recent-jobs.ts";
import { all, jobOf, partOf } from "./rows.ts";

export type JobCalls = ReturnType<typeof jobCalls> &
  ReturnType<typeof leaseCalls> &
  ReturnType<typeof outcomeCalls>;

type Options<K extends keyof JobStore> = Parameters<JobStore[K]>;

/** Jobs and tasks in SQLite: writes go to the writer thread, reads to a connection of this thread. */
export class SqliteJobStore implements JobStore {
  readonly #writer: SqliteWriter<JobCalls>;
  readonly #reader: DatabaseSync;
  readonly #recent = new RecentJobs();
  readonly #listeners = new Set<() => void>();

  constructor(writer: SqliteWriter<JobCalls>, reader: DatabaseSync) {
    this.#writer = writer;
    this.#reader = reader;
  }

  onChange(listener: () => void): () => void {
    // A function of its own, so that one that listens twice also ends twice.
    const call = () => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  submit(job: Options<"submit">[0]) {
    return this.#changing(this.#write("submit", job));
  }

  async submitted(environment: string, once: SubmitOnce) {
    return submittedJob(this.#reader, environment, once);
  }

  async get(id: number) {
    const recent = this.#recent.get(id);
    if (recent) return recent;
    const row = getJobRow(this.#reader, id);
    if (!row) return undefined;
    const job = jobOf(row);
    this.#recent.add(job, (row["spec"] as string).length);
    return job;
  }

  async list(options: Options<"list">[0]) {
    return listJobs(this.#reader, options);
  }

  claim(options: Options<"claim">[0]) {
    return this.#write("claim", options);
  }

  beat(options: Options<"beat">[0]) {
    return this.#write("beat", options);
  }

  giveBack(lease: Lease, now: number) {
    return this.#changing(this.#write("giveBack", { lease, now }));
  }

  fail(lease: Lease, options: Options<"fail">[1]) {
    return this.#changing(this.#write("fail", { lease, ...options }));
  }

  addChunks(lease: Lease, options: Options<"addChunks">[1]) {
    return this.#write("addChunks", { lease, ...options });
  }

  async chunks(jobId: number, from: number, to: number): Promise<Chunk[]> {
    return all(
      this.#reader,
      "SELECT * FROM chunk WHERE job_id = ? AND number >= ? AND number < ? ORDER BY number",
      jobId,
      from,
      to,
    ).map((row) => ({
      from: row["from_byte"] as number,
      to: row["to_byte"] as number,
      line: row["line"] as number,
    }));
  }

  finishPlan(lease: Lease, options: Options<"finishPlan">[1]) {
    return this.#changing(this.#write("finishPlan", { lease, ...options }));
  }

  mirror(lease: Lease, progress: Options<"mirror">[1]) {
    return this.#changing(this.#write("mirror", { lease, ...progress }));
  }

  addPart(lease: Lease, part: Part) {
    return this.#write("addPart", { lease, part });
  }

  dropParts(lease: Lease) {
    return this.#write("dropParts", lease);
  }

  async parts(jobId: number): Promise<Part[]> {
    return all(
      this.#reader,
      "SELECT * FROM part WHERE job_id = ? ORDER BY task, ordinal",
      jobId,
    ).map(partOf);
  }

  finishTask(lease: Lease, options: Options<"finishTask">[1]) {
    return this.#changing(this.#write("finishTask", { lease, ...options }));
  }

  finishJob(lease: Lease, options: Options<"finishJob">[1]) {
    return this.#changing(this.#write("finishJob", { lease, ...options }));
  }

  cancel(id: number, now: number) {
    return this.#changing(this.#write("cancel", { id, now }));
  }

  stall(id: number, cause: string | null) {
    return this.#changing(this.#write("stall", { id, cause }));
  }

  sweep(now: number) {
    return this.#changing(this.#write("sweep", { now }));
  }

  takeOver(now: number) {
    return this.#changing(this.#write("takeOver", { now }));
  }

  async expired(before: number, limit: number) {
    return expiredJobs(this.#reader, { before, limit });
  }

  forget(id: number) {
    return this.#changing(this.#write("forget", id));
  }

  async unended(environment: string) {
    return unendedJobs(this.#reader, environment);
  }

  unendedOn(options: Options<"unendedOn">[0]) {
    return this.#write("unendedOn", options);
  }

  cancelAll(environment: string, now: number) {
    return this.#changing(this.#write("cancelAll", { environment, now }));
  }

  remove(environment: string, limit: number) {
    return this.#write("removeJobs", { environment, limit });
  }

  /** Every call that writes goes through here. */
  async #write<K extends keyof JobCalls>(
    name: K,
    argument: Parameters<JobCalls[K]>[1],
  ): Promise<ReturnType<JobCalls[K]>> {
    try {
      return await this.#writer.call(name, argument);
    } finally {
      this.#recent.clear();
    }
  }

  async #changing<T>(committed: Promise<T>): Promise<T> {
    const result = await committed;
    for (const listener of this.#listeners) listener();
    return result;
  }
}
