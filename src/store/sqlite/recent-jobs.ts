import type { Job } from "../../job/job.ts";

/** More jobs than anybody polls at a time; a few megabytes. */
const manyJobs = 2048;

/** A query may be a megabyte long: jobs with such are read from the file each time. */
const longSpec = 4096;

/**
 * Jobs as they were read since the last write. Whoever polls reads the same row over and over, mostly of a job that has
 * ended. All writes of a store go through one object, which empties this before it lets anybody know that they are done:
 * so nobody reads less than he was told.
 */
export class RecentJobs {
  readonly #jobs = new Map<number, Job>();

  get(id: number): Job | undefined {
    return this.#jobs.get(id);
  }

  /** @param specLength of the text that the job's specification is stored as */
  add(job: Job, specLength: number): void {
    if (specLength > longSpec) return;
    if (this.#jobs.size === manyJobs) this.#jobs.clear();
    this.#jobs.set(job.id, job);
  }

  clear(): void {
    this.#jobs.clear();
  }
}
