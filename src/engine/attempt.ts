import type { Counts } from "../job/counts.ts";
import type { DocferryError } from "../job/errors.ts";
import type { Claim, Lease } from "../store/job-store.ts";

/**
 * One run of a task. Whatever ends it before its time (lost lease, cancel, drain) aborts its one signal with the reason.
 * The worker pulls what it has reported: a transfer is never slowed down by who watches it.
 */
export class Attempt {
  readonly claim: Claim;
  readonly lease: Lease;
  readonly #abort = new AbortController();
  #alive = true;
  #report: { counts: Counts; bytes: number } | null = null;
  #progressed = false;

  constructor(claim: Claim) {
    this.claim = claim;
    this.lease = { task: claim.task.id, attempt: claim.task.attempt };
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: DocferryError): void {
    this.#abort.abort(reason);
  }

  /** It got on, if only by a little: the lease may be prolonged. */
  alive(): void {
    this.#alive = true;
  }

  /** What is committed by now, in all attempts at this task. */
  report(counts: Counts, bytes: number): void {
    this.#alive = true;
    this.#progressed = true;
    this.#report = { counts, bytes };
  }

  /** Something of it will survive it. */
  get progressed(): boolean {
    return this.#progressed;
  }

  /** Whether it got on since this was last asked. */
  takeAlive(): boolean {
    const alive = this.#alive;
    this.#alive = false;
    return alive;
  }

  /** What it has reported since this was last asked. */
  takeReport(): { counts: Counts; bytes: number } | null {
    const report = this.#report;
    this.#report = null;
    return report;
  }
}
