import type { Counts } from "../job/counts.ts";
import type { DocferryError } from "../job/errors.ts";
import type { Claim, Lease, Progress } from "../store/job-store.ts";
import type { StepArgument, StepName } from "./steps/steps.ts";
import type { StepStream, ThreadPool } from "./thread-pool.ts";

/**
 * One run of a task. Whatever ends it before its time (lost lease, cancel, drain) aborts its one signal with the reason.
 * The worker pulls what it has reported: a transfer is never slowed down by who watches it.
 */
export class Attempt {
  readonly claim: Claim;
  readonly lease: Lease;
  readonly #abort = new AbortController();
  readonly #steps = new Set<StepStream<StepName>>();
  #alive = true;
  #report: Omit<Progress, "kept"> | null = null;
  #kept = false;
  #sealed: Counts | null = null;

  constructor(claim: Claim) {
    this.claim = claim;
    this.lease = { task: claim.task.id, attempt: claim.task.attempt };
  }

  /** What log lines say of it. */
  get about() {
    const { job, task } = this.claim;
    return { job: job.id, task: task.ordinal, kind: task.kind, attempt: task.attempt };
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: DocferryError): void {
    this.#abort.abort(reason);
  }

  /** Runs a step for this attempt, which ends with it. */
  run<N extends StepName>(pool: ThreadPool, step: N, argument: StepArgument<N>): StepStream<N> {
    const stream = pool.run(step, argument, { signal: this.signal });
    this.#steps.add(stream);
    return stream;
  }

  /** It got on, if only by a little: the lease may be prolonged. */
  alive(): void {
    this.#alive = true;
  }

  /** How far it is by now, with what all attempts at this task have committed. */
  report(counts: Counts, bytes: number): void {
    this.#alive = true;
    this.#report = { counts, bytes };
  }

  /** What it has just committed will survive it: failures before this are forgotten. */
  keep(): void {
    this.#kept = true;
  }

  /** Something of it will survive it. */
  get kept(): boolean {
    return this.#kept;
  }

  /** No attempt can write any more: what the database has counted in all is final, however this one ends. */
  seal(counts: Counts): void {
    this.#alive = true;
    this.#sealed = counts;
  }

  get sealed(): Counts | null {
    return this.#sealed;
  }

  /** Whether it got on since this was last asked, or can do nothing but wait for a free thread. */
  takeAlive(): boolean {
    const alive = this.#alive || this.#waitsForThread();
    this.#alive = false;
    return alive;
  }

  /** A step that runs and gives nothing hangs, whatever else waits behind it. */
  #waitsForThread(): boolean {
    for (const step of this.#steps) if (step.state === "over") this.#steps.delete(step);
    return this.#steps.size > 0 && [...this.#steps].every(({ state }) => state === "waiting");
  }

  /** What it has reported since this was last asked. */
  takeReport(): Progress | null {
    const report = this.#report;
    this.#report = null;
    return report && { ...report, kept: this.#kept };
  }
}
