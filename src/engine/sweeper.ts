import type { EngineContext } from "./context.ts";
import { hiddenFolder } from "./hidden-names.ts";

/** Leases and retries are looked at when the next one is due, and at least this often. */
const longestPauseMs = 5_000;

/** How often a full disk is looked at. */
const roomEveryMs = 1_000;

/** How often what is no longer needed is looked for. */
const cleanEveryMs = 10 * 60_000;

/** Requests that failed can be looked up by their rid for this long: the vendor's seven days. */
const keepRequestsMs = 7 * 86_400_000;

/** Records of requests forgotten at once. */
const requestPage = 500;

/** Objects asked about at once. */
const objectPage = 500;

/** Takes back what dead attempts hold, releases what is due, and removes what nothing needs any more. */
export class Sweeper {
  readonly #context: EngineContext;
  readonly #keepLeases: () => Promise<void>;
  readonly #abort = new AbortController();
  #leases: Promise<void> | null = null;
  #garbage: Promise<void> | null = null;
  #room: Promise<void> | null = null;
  #endPause: () => void = () => undefined;
  #lookAgain = false;

  /** @param keepLeases called before leases that have run out are taken back */
  constructor(context: EngineContext, keepLeases: () => Promise<void>) {
    this.#context = context;
    this.#keepLeases = keepLeases;
  }

  start(): void {
    this.#leases = this.#repeat(
      () => this.#sweep(),
      (end) => (this.#endPause = end),
    );
    this.#garbage = this.#repeat(async () => {
      await this.clean();
      return cleanEveryMs;
    });
    this.#room = this.#repeat(async () => {
      await this.#restoreRoom();
      return roomEveryMs;
    });
  }

  /** Something has become due sooner than was known. */
  look(): void {
    this.#lookAgain = true;
    this.#endPause();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all([this.#leases, this.#garbage, this.#room]);
  }

  /** When to look again, in ms from now. */
  async #sweep(): Promise<number> {
    const { clock, store, log } = this.#context;
    this.#lookAgain = false;
    await this.#keepLeases();
    const { lost, nextDue } = await store.jobs.sweep(clock());
    if (lost > 0) log.warn({ lost }, "leases ran out");
    if (this.#lookAgain) return 0;
    return Math.min(longestPauseMs, Math.max(10, (nextDue ?? Infinity) - clock()));
  }

  /** Once there is room again, what waited for it goes on. */
  async #restoreRoom(): Promise<void> {
    const { room, store, clock, log } = this.#context;
    if (!room.full || !(await room.restore())) return;
    log.info({}, "there is room on the disk again");
    await this.#keepLeases();
    await store.jobs.sweep(clock());
  }

  /** Forgets jobs and failed requests whose keep time is over, then removes objects that nothing points to. */
  async clean(): Promise<void> {
    await this.#forgetJobs();
    await this.#forgetRequests();
    await this.#removeObjects();
  }

  async #forgetJobs(): Promise<void> {
    const { store, databases, settings, clock } = this.#context;
    const expired = await store.jobs.expired(clock() - settings.keepMs, 100);
    for (const job of expired) {
      if (this.#abort.signal.aborted) return;
      const database = await databases.open(job.environment);
      await database.forgetJob(job.key);
      const hidden = await store.files.list({
        environment: job.environment,
        prefix: hiddenFolder(job.id),
        after: null,
        limit: 100,
      });
      for (const { name } of hidden) await store.files.remove(job.environment, name);
      await store.jobs.forget(job.id);
    }
  }

  async #forgetRequests(): Promise<void> {
    const { store, clock } = this.#context;
    const before = clock() - keepRequestsMs;
    while (!this.#abort.signal.aborted) {
      if ((await store.requests.forget(before, requestPage)) < requestPage) return;
    }
  }

  async #removeObjects(): Promise<void> {
    const { files, settings, clock } = this.#context;
    let page: string[] = [];
    for await (const id of files.list({ before: new Date(clock() - settings.garbageMs) })) {
      if (this.#abort.signal.aborted) return;
      page.push(id);
      if (page.length === objectPage) {
        await this.#removeUnreferenced(page);
        page = [];
      }
    }
    await this.#removeUnreferenced(page);
  }

  async #removeUnreferenced(ids: string[]): Promise<void> {
    const { store, files, log } = this.#context;
    if (ids.length === 0) return;
    const garbage = await store.files.unreferenced(ids);
    for (const id of garbage) await files.remove(id);
    if (garbage.length > 0) log.info({ objects: garbage.length }, "garbage removed");
  }

  /**
   * Runs until stopped, each time after the pause that the run before asked for.
   * @param pausing gets what ends the pause
   */
  async #repeat(
    run: () => Promise<number>,
    pausing: (end: () => void) => void = () => undefined,
  ): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      let pauseMs = longestPauseMs;
      try {
        pauseMs = await run();
      } catch (error) {
        this.#context.log.warn({ err: error }, "sweeping failed; trying again");
      }
      await pause(pauseMs, signal, pausing);
    }
  }
}

function pause(ms: number, signal: AbortSignal, pausing: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    pausing(done);
  });
}
