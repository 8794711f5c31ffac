import { afterFailure, afterLostLease } from "../../src/job/retry.ts";
import type { ErrorData } from "../../src/job/errors.ts";
import type { JobState } from "../../src/job/job.ts";
import type { TaskKind } from "../../src/job/task.ts";
import type { Lease } from "../../src/store/job-store.ts";

/** A task as the model sees it: `open` is whatever may still be claimed, now or later. */
export interface ModelTask {
  id: number | null;
  kind: TaskKind;
  state: "open" | "running" | "done" | "dropped";
  attempt: number;
  failures: number;
  /** While open: not claimable before. While running: the end of the lease. */
  availableAt: number;
  stop: boolean;
  records: number;
  bytes: number;
}

export interface ModelJob {
  id: number;
  environment: string;
  type: "import" | "export";
  state: JobState;
  ending: "failed" | "cancelled" | null;
  failed: boolean;
  planned: boolean;
  tasks: ModelTask[];
  /** Counts that the database had the last word on. */
  sealed: number | null;
}

export const leaseMs = 10_000;

/** What a job store is to do, in the simplest words: lists, and no transaction. */
export class JobModel {
  now = 1_800_000_000_000;
  readonly jobs: ModelJob[] = [];
  /** All that were ever given, those that are lost included. */
  readonly leases: { job: ModelJob; task: ModelTask; lease: Lease }[] = [];

  submit(id: number, environment: string, type: ModelJob["type"]): void {
    const job: ModelJob = {
      id,
      environment,
      type,
      state: "queued",
      ending: null,
      failed: false,
      planned: false,
      tasks: [],
      sealed: null,
    };
    this.jobs.push(job);
    this.add(job, "plan", 1);
  }

  add(job: ModelJob, kind: TaskKind, count: number): void {
    for (let n = 0; n < count; n++) {
      job.tasks.push({
        id: null,
        kind,
        state: "open",
        attempt: 0,
        failures: 0,
        availableAt: this.now,
        stop: false,
        records: 0,
        bytes: 0,
      });
    }
  }

  /** The task that the store has handed out as this job's `ordinal`th. */
  claimed(job: ModelJob, ordinal: number, lease: Lease): void {
    const task = job.tasks[ordinal] as ModelTask;
    Object.assign(task, {
      id: lease.task,
      state: "running",
      attempt: lease.attempt,
      availableAt: this.now + leaseMs,
      stop: false,
    });
    this.leases.push({ job, task, lease });
    const states = {
      plan: "planning",
      import: "running",
      export: "running",
      assemble: "finishing",
    };
    if (!job.ending) job.state = states[task.kind] as JobState;
  }

  finishPlan(job: ModelJob, task: ModelTask, tasks: number): void {
    task.state = "done";
    job.planned = true;
    if (job.ending) {
      this.#end(job);
    } else if (tasks === 0) {
      job.state = "finishing";
      this.add(job, "assemble", 1);
    } else {
      job.state = "running";
      this.add(job, job.type, tasks);
    }
  }

  finishTask(job: ModelJob, task: ModelTask, records: number, stopped: boolean): void {
    Object.assign(task, { state: "done", records });
    if (stopped) {
      job.ending = "failed";
      job.failed = true;
    }
    if (job.ending) this.#mayEnd(job);
    else if (!job.tasks.some(isUnended)) {
      job.state = "finishing";
      this.add(job, "assemble", 1);
    }
  }

  finishJob(job: ModelJob, task: ModelTask, sealed: number | null): void {
    task.state = "done";
    job.sealed = sealed;
    if (job.ending === "cancelled") job.state = "cancelled";
    else job.state = job.failed ? "failed" : "succeeded";
  }

  fail(job: ModelJob, task: ModelTask, error: ErrorData, kept: boolean): void {
    const { failures } = task;
    const verdict = afterFailure({ error, failures, kept, now: this.now });
    if (verdict.retry) this.stopped(job, task, verdict);
    else this.stopped(job, task, null);
  }

  /** Whatever is `running` and not prolonged. @param all also what is */
  loseLeases(all: boolean): number {
    let lost = 0;
    for (const job of this.jobs) {
      for (const task of job.tasks) {
        if (task.state !== "running" || (!all && task.availableAt > this.now)) continue;
        lost++;
        const verdict = afterLostLease({ failures: task.failures, now: this.now });
        this.stopped(job, task, verdict.retry ? verdict : null);
      }
    }
    return lost;
  }

  /** An attempt is over and its task is not done. @param again null: never */
  stopped(job: ModelJob, task: ModelTask, again: { at: number; failures: number } | null): void {
    if (again && !task.stop) {
      Object.assign(task, { state: "open", availableAt: again.at, failures: again.failures });
      return;
    }
    const wasAsked = task.stop;
    task.state = "dropped";
    if (!wasAsked && !again) {
      job.ending ??= "failed";
      job.failed = true;
    }
    if (!job.ending) return;
    if (task.kind === "plan" || task.kind === "assemble") this.#end(job);
    else this.#mayEnd(job);
  }

  cancel(job: ModelJob): void {
    if (isEnded(job) || job.ending === "cancelled") return;
    const wasEnding = job.ending !== null;
    const wasFinishing = job.state === "finishing";
    job.ending = "cancelled";
    job.state = "cancelling";
    if (wasEnding) return;
    if (!wasFinishing) {
      this.#mayEnd(job);
    } else if (job.tasks.some(({ state }) => state === "running")) {
      this.#drop(job);
    } else {
      this.#end(job);
    }
  }

  /** A job that is to end waits for what runs; an import that was planned gives its rejects back. */
  #mayEnd(job: ModelJob): void {
    this.#drop(job);
    if (job.tasks.some(({ state }) => state === "running")) return;
    if (job.type === "import" && job.planned) this.add(job, "assemble", 1);
    else this.#end(job);
  }

  #end(job: ModelJob): void {
    this.#drop(job);
    job.state = job.ending === "cancelled" ? "cancelled" : "failed";
  }

  #drop(job: ModelJob): void {
    for (const task of job.tasks) {
      if (task.state === "open") task.state = "dropped";
      if (task.state === "running") task.stop = true;
    }
  }
}

export function isEnded({ state }: Pick<ModelJob, "state">): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

export function recordsOf(job: ModelJob): number {
  return job.sealed ?? job.tasks.reduce((sum, task) => sum + task.records, 0);
}

function isUnended({ state }: ModelTask): boolean {
  return state === "open" || state === "running";
}
