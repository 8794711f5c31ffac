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

/** What this process knows of a lease that one of its attempts holds. */
interface HeldLease {
  /** When it was last prolonged, by the steady clock. */
  prolonged: number;
  /** Until when the store says that it holds, unix ms. */
  until: number;
}

/**
 * Claims tasks while there is a slot, runs them, and keeps their leases for as long as they get on: an attempt that
 * reports nothing is not prolonged, so that a hung thread loses its task to a later attempt.
 */
export class Worker {
  readonly #context: EngineContext;
  readonly #onRetry: () => void;
  readonly #onWriteFault: () => void;
  readonly #attempts = new Map<Attempt, Promise<void>>();
  readonly #leases = new Map<Attempt, HeldLease>();
  #timer: NodeJS.Timeout | null = null;
  #claiming = false;
  /** The end of the last claim, which may be under way. */
  #claimed: Promise<void> = Promise.resolve();
  #claimAgain = false;
  readonly #stopping = new AbortController();

  constructor(
    context: EngineContext,
    events: {
      /** A task that failed may be due again sooner than anything that was known. */
      onRetry: () => void;
      /** Something could not be written down. */
      onWriteFault: () => void;
    },
  ) {
    this.#context = context;
    this.#onRetry = events.onRetry;
    this.#onWriteFault = events.onWriteFault;
  }

  start(): void {
    this.#context.store.jobs.onChange(() => this.wake());
    this.#timer = setInterval(() => void this.#look(), mirrorEveryMs);
    this.wake();
  }

  /** Something may have become claimable. */
  wake(): void {
    if (this.#claiming) this.#claimAgain = true;
    else this.#claimed = this.#claim();
  }

  /**
   * Prolongs leases that a step of the clock has ended before their time; to be called before anybody takes back what has run out.
   * A step says nothing about an attempt: those that hang are found by the time that passes.
   */
  async keepLeases(): Promise<void> {
    const { settings, clock, steady } = this.#context;
    const [now, at] = [clock(), steady()];
    // An attempt that has shown nothing for most of its lease may as well lose it: the two clocks agree to some ms only.
    const enough = settings.leaseMs - this.#beatMs;
    const cut = [...this.#leases].filter(
      ([{ signal }, lease]) =>
        !signal.aborted && lease.until <= now && at - lease.prolonged < enough,
    );
    if (cut.length === 0) return;
    await this.#prolong(
      cut.map(([attempt]) => attempt),
      now,
    );
    for (const [attempt, lease] of cut) {
      // It has shown nothing new: it has no more time than before.
      if (this.#leases.has(attempt))
        this.#leases.set(attempt, { ...lease, until: now + settings.leaseMs });
    }
  }

  /** Takes no more tasks, lets running ones commit where they are, and gives their leases back. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    this.#stopAll(new DocferryError("draining", "The service is stopping"));
    // What comes of a claim that is under way is given back too.
    await this.#claimed;
    await Promise.all(this.#attempts.values());
    if (this.#timer) clearInterval(this.#timer);
  }

  async #claim(): Promise<void> {
    const { store, settings, clock, steady, log, room } = this.#context;
    this.#claiming = true;
    try {
      do {
        this.#claimAgain = false;
        const limit = settings.slots - this.#attempts.size;
        if (limit <= 0 || this.#stopping.signal.aborted || room.full) return;
        const [now, at] = [clock(), steady()];
        const claims = await store.jobs.claim({ limit, now, leaseMs: settings.leaseMs });
        for (const claim of claims)
          this.#run(new Attempt(claim), { prolonged: at, until: now + settings.leaseMs });
      } while (this.#claimAgain);
    } catch (error) {
      log.warn({ err: error }, "claiming tasks failed; trying again");
      this.#onWriteFault();
    } finally {
      this.#claiming = false;
    }
  }

  #run(attempt: Attempt, lease: HeldLease): void {
    this.#leases.set(attempt, lease);
    const run = this.#attempt(attempt).finally(() => {
      this.#attempts.delete(attempt);
      this.#leases.delete(attempt);
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
        this.#onWriteFault();
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
        kept: attempt.kept,
        counts: attempt.sealed,
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
    const { store, settings, clock, steady, log, room } = this.#context;
    const [now, at] = [clock(), steady()];
    // What goes on writing would take the room in which the others say that they cannot.
    if (room.full) this.#stopAll(new DocferryError("disk_full", "The disk is full"));
    const due: Attempt[] = [];
    for (const [attempt, lease] of this.#leases) {
      const report = attempt.takeReport();
      if (report) {
        store.jobs
          .mirror(attempt.lease, report)
          .then((stop) => this.#stop(attempt, stop))
          .catch((error: unknown) => this.#mirrorFailed(attempt, error));
      }
      if (at - lease.prolonged >= this.#beatMs) due.push(attempt);
    }
    const living = due.filter((attempt) => attempt.takeAlive());
    const until = now + settings.leaseMs;
    for (const attempt of living) this.#leases.set(attempt, { prolonged: at, until });
    for (const attempt of due) if (!living.includes(attempt)) this.#abandon(attempt, at);
    if (living.length === 0) return;
    try {
      await this.#prolong(living, now);
    } catch (error) {
      log.warn({ err: error }, "prolonging leases failed; trying again");
    }
  }

  async #prolong(attempts: Attempt[], now: number): Promise<void> {
    const { store, settings } = this.#context;
    const leases = attempts.map(({ lease }) => lease);
    const ended = await store.jobs.beat({ leases, now, leaseMs: settings.leaseMs });
    for (const { task, reason } of ended) {
      const attempt = attempts.find(({ lease }) => lease.task === task);
      if (attempt) this.#stop(attempt, reason);
    }
  }

  /** An attempt that shows nothing for a whole lease has lost it; until then it may show something yet. */
  #abandon(attempt: Attempt, at: number): void {
    const since = at - (this.#leases.get(attempt)?.prolonged ?? at);
    if (since < this.#context.settings.leaseMs) return;
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
