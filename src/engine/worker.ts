import { setTimeout as sleep } from "node:timers/promises";
import { DocferryError, toErrorData } from "../job/errors.ts";
import { Attempt } from "./attempt.ts";
import type { EngineContext } from "./context.ts";
import { runTask } from "./run-task.ts";

/** How often what attempts have reported is mirrored for those who watch. */
const mirrorEveryMs = 200;

/** Leases are prolonged this many times before they would run out. */
const beatsPerLease = 3;

/** How often a store that cannot be written is told again what became of an attempt. */
const settleAgainMs = 1_000;

/**
 * Claims tasks while there is a slot, runs them, and keeps their leases for as long as they get on: an attempt that
 * reports nothing is not prolonged, so that a hung thread loses its task to a later attempt.
 */
export class Worker {
  readonly #context: EngineContext;
  readonly #onRetry: () => void;
  readonly #attempts = new Map<Attempt, Promise<void>>();
  readonly #beatAt = new Map<Attempt, number>();
  #timer: NodeJS.Timeout | null = null;
  #claiming = false;
  #claimAgain = false;
  readonly #stopping = new AbortController();

  /** @param onRetry called when a task that failed may be due again sooner than anything that was known */
  constructor(context: EngineContext, onRetry: () => void) {
    this.#context = context;
    this.#onRetry = onRetry;
  }

  start(): void {
    this.#context.store.jobs.onChange(() => this.wake());
    this.#timer = setInterval(() => void this.#look(), mirrorEveryMs);
    this.wake();
  }

  /** Something may have become claimable. */
  wake(): void {
    if (this.#claiming) this.#claimAgain = true;
    else void this.#claim();
  }

  /** Takes no more tasks, lets running ones commit where they are, and gives their leases back. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    this.#stopAll(new DocferryError("draining", "The service is stopping"));
    await Promise.all(this.#attempts.values());
    if (this.#timer) clearInterval(this.#timer);
  }

  async #claim(): Promise<void> {
    const { store, settings, clock, log, room } = this.#context;
    this.#claiming = true;
    try {
      do {
        this.#claimAgain = false;
        const limit = settings.slots - this.#attempts.size;
        if (limit <= 0 || this.#stopping.signal.aborted || room.full) return;
        const claims = await store.jobs.claim({ limit, now: clock(), leaseMs: settings.leaseMs });
        for (const claim of claims) this.#run(new Attempt(claim));
      } while (this.#claimAgain);
    } catch (error) {
      log.warn({ err: error }, "claiming tasks failed; trying again");
    } finally {
      this.#claiming = false;
    }
  }

  #run(attempt: Attempt): void {
    this.#beatAt.set(attempt, this.#context.clock() + this.#beatMs);
    const run = this.#attempt(attempt).finally(() => {
      this.#attempts.delete(attempt);
      this.#beatAt.delete(attempt);
      this.wake();
    });
    this.#attempts.set(attempt, run);
    if (this.#stopping.signal.aborted)
      attempt.abort(new DocferryError("draining", "The service is stopping"));
  }

  async #attempt(attempt: Attempt): Promise<void> {
    const { log } = this.#context;
    const { about } = attempt;
    log.info(about, "attempt begins");
    try {
      await runTask(attempt, this.#context);
      log.info(about, "attempt done");
    } catch (thrown) {
      await this.#settleAtLast(attempt, thrown);
    }
  }

  /** Once the store can be written again the job is to go on, not when the lease runs out. */
  async #settleAtLast(attempt: Attempt, thrown: unknown): Promise<void> {
    const { signal } = this.#stopping;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#settle(attempt, thrown);
      } catch (error) {
        const { log } = this.#context;
        if (tries === 1) log.warn({ ...attempt.about, err: error }, "attempt could not be ended");
        // Its lease is gone, or we go: the lease runs out and a later attempt goes on.
        if (signal.aborted || toErrorData(error).code !== "store_unavailable") return;
        await sleep(settleAgainMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** What becomes of an attempt that threw. */
  async #settle(attempt: Attempt, thrown: unknown): Promise<void> {
    const { store, clock, log, room } = this.#context;
    const { about } = attempt;
    const reason: unknown = attempt.signal.aborted ? attempt.signal.reason : thrown;
    const error = toErrorData(reason);
    if (error.code === "disk_full") await room.spend();
    if (error.code === "lease_lost") {
      log.warn(about, "attempt has lost its lease");
    } else if (attempt.signal.aborted && error.code !== "disk_full") {
      log.info({ ...about, reason: error.code }, "attempt stopped");
      await store.jobs.giveBack(attempt.lease, clock());
    } else {
      log.warn({ ...about, err: reason }, "attempt failed");
      await store.jobs.fail(attempt.lease, {
        error,
        progressed: attempt.progressed,
        now: clock(),
      });
      this.#onRetry();
    }
  }

  get #beatMs(): number {
    return this.#context.settings.leaseMs / beatsPerLease;
  }

  /** One look at the running attempts: mirrors what they report, prolongs what is due. */
  async #look(): Promise<void> {
    const { store, settings, clock, log, room } = this.#context;
    const now = clock();
    // What goes on writing would take the room in which the others say that they cannot.
    if (room.full) this.#stopAll(new DocferryError("disk_full", "The disk is full"));
    const due: Attempt[] = [];
    for (const attempt of this.#attempts.keys()) {
      const report = attempt.takeReport();
      if (report) {
        store.jobs
          .mirror(attempt.lease, report)
          .then((stop) => this.#stop(attempt, stop))
          .catch((error: unknown) => this.#mirrorFailed(attempt, error));
      }
      if (now >= (this.#beatAt.get(attempt) ?? 0)) due.push(attempt);
    }
    const living = due.filter((attempt) => attempt.takeAlive());
    for (const attempt of living) this.#beatAt.set(attempt, now + this.#beatMs);
    for (const attempt of due) if (!living.includes(attempt)) this.#abandon(attempt, now);
    if (living.length === 0) return;
    try {
      const leases = living.map((attempt) => attempt.lease);
      const ended = await store.jobs.beat({ leases, now, leaseMs: settings.leaseMs });
      for (const { task, reason } of ended) {
        const attempt = living.find(({ lease }) => lease.task === task);
        if (attempt) this.#stop(attempt, reason);
      }
    } catch (error) {
      log.warn({ err: error }, "prolonging leases failed; trying again");
    }
  }

  /** An attempt that shows nothing for a whole lease has lost it; until then it may show something yet. */
  #abandon(attempt: Attempt, now: number): void {
    const since = now - (this.#beatAt.get(attempt) ?? now);
    if (since < this.#context.settings.leaseMs - this.#beatMs) return;
    this.#stop(attempt, "lease_lost");
  }

  #stopAll(reason: DocferryError): void {
    for (const attempt of this.#attempts.keys()) attempt.abort(reason);
  }

  #stop(attempt: Attempt, reason: "lease_lost" | "cancelled" | null): void {
    if (reason === null) return;
    const message = reason === "cancelled" ? "The job was cancelled" : "The lease was lost";
    attempt.abort(new DocferryError(reason, message));
  }

  #mirrorFailed(attempt: Attempt, error: unknown): void {
    if (toErrorData(error).code === "lease_lost") this.#stop(attempt, "lease_lost");
    else this.#context.log.warn({ err: error }, "mirroring progress failed; trying again");
  }
}
