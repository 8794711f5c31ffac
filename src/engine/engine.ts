import { randomBytes } from "node:crypto";
import type { AccessRule, CollectionInfo } from "../databases/database.ts";
import { checkFileName } from "../files/file-name.ts";
import { DocferryError, toErrorData } from "../job/errors.ts";
import {
  endedStates,
  type ExportSpec,
  type ImportSpec,
  type Job,
  type JobSpec,
  largestJobId,
} from "../job/job.ts";
import { checkCollectionName } from "../query/collection-name.ts";
import type { QueryPlan } from "../query/plan.ts";
import type { Reject } from "../job/reject.ts";
import type { FileEntry } from "../store/file-index.ts";
import type { SubmitOnce } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";
import { CollectionDrops } from "./collection-drops.ts";
import type { EngineContext } from "./context.ts";
import { removeEnvironmentData, requireEnded } from "./environment-removal.ts";
import { firstRejects, rejectFile, type RejectLines, rejectLines } from "./job-rejects.ts";
import { storedQuery } from "./job-plan.ts";
import { Sweeper } from "./sweeper.ts";
import { Worker } from "./worker.ts";
import { WriteCheck } from "./write-check.ts";

/** What a user asks for: a job's spec before the file is pinned. */
export type JobOrder =
  | Omit<ImportSpec, "object" | "size">
  | (Omit<ExportSpec, "query"> & { query: QueryPlan });

/** Why a job that is taken while the disk is full does not begin (the words of job/retry.ts). */
const diskFull = "disk full";

/** A name that is stored anew this often during one submit is somebody's fault. */
const submitTries = 5;

export interface Submitted {
  job: Job;
  /** It was submitted before, under the same key. */
  replayed: boolean;
}

type JobQuery = Omit<Parameters<Store["jobs"]["list"]>[0], "environment">;

/** Takes jobs, moves them from plan to end, and answers how far they are. */
export class Engine {
  readonly #context: EngineContext;
  readonly #worker: Worker;
  readonly #sweeper: Sweeper;
  readonly #drops: CollectionDrops;
  readonly #writeCheck: WriteCheck;
  /** Environments that are being removed. */
  readonly #removing = new Set<string>();
  #draining = false;

  constructor(context: EngineContext) {
    this.#context = context;
    const writeCheck = new WriteCheck(context);
    const worker: Worker = new Worker(context, {
      onRetry: () => sweeper.look(),
      onWriteFault: () => void writeCheck.look(),
    });
    const sweeper = new Sweeper(context, () => worker.keepLeases());
    this.#worker = worker;
    this.#sweeper = sweeper;
    this.#writeCheck = writeCheck;
    this.#drops = new CollectionDrops(context);
  }

  start(): void {
    this.#worker.start();
    this.#sweeper.start();
  }

  /** Running tasks commit their progress and give their leases back; nothing new is taken. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#writeCheck.stop();
    await Promise.all([this.#worker.drain(), this.#sweeper.stop()]);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Why no job can get on, because nothing can be written; null: it can. Looks, at most once a second. */
  writeFault(): Promise<string | null> {
    return this.#writeCheck.look();
  }

  /**
   * Accepts a job: it is on the disk when this returns.
   * @throws {DocferryError} `file_not_found`, `collection_not_found`, `invalid_collection_name`, `invalid_file_name`, `draining`
   */
  async submit(environment: string, order: JobOrder): Promise<Job> {
    return (await this.#submit(environment, order, null)).job;
  }

  /**
   * Accepts a job unless it was accepted under this key before: then that one is answered, whatever has become of its file.
   * @throws {DocferryError} as `submit`, and `submit_key_used`
   */
  async submitOnce(environment: string, order: JobOrder, once: SubmitOnce): Promise<Submitted> {
    const earlier = await this.#context.store.jobs.submitted(environment, once);
    return earlier ? { job: earlier, replayed: true } : this.#submit(environment, order, once);
  }

  /**
   * Accepts an import of the records that failed in an earlier one, with its options.
   * @throws {DocferryError} `job_not_found`; `conflict` if that job has not ended or has no rejects; `file_not_found` if they
   *   are no longer kept; `submit_key_used`, `draining`
   */
  async retryRejects(environment: string, id: number, once: SubmitOnce | null): Promise<Submitted> {
    const job = await this.job(environment, id);
    const earlier = once && (await this.#context.store.jobs.submitted(environment, once));
    if (earlier) return { job: earlier, replayed: true };
    const file = await rejectFile(job, this.#context);
    const { object: _, size: __, ...order } = job.spec as ImportSpec;
    return this.#submit(environment, { ...order, file: file.name }, once);
  }

  /**
   * One answer for an id that is none, for no job, and for another environment's: nothing leaks.
   * @throws {DocferryError} `job_not_found`
   */
  async job(environment: string, id: number): Promise<Job> {
    const isId = id >= 1 && id <= largestJobId;
    const job = isId ? await this.#context.store.jobs.get(id) : undefined;
    if (job?.environment === environment) return this.#told(job);
    throw new DocferryError("job_not_found", `no job ${id} in this environment`);
  }

  /** Asks a job to end; one that has ended stays as it is. */
  async cancel(environment: string, id: number): Promise<Job> {
    await this.job(environment, id);
    return this.#context.store.jobs.cancel(id, this.#context.clock());
  }

  /** Newest first, with ids below `before`. */
  async jobs(environment: string, options: JobQuery): Promise<Job[]> {
    const listed = await this.#context.store.jobs.list({ environment, ...options });
    return listed.map((job) => this.#told(job));
  }

  /**
   * Why records failed, as JSON Lines; of a job that runs, as far as it is.
   * @throws {DocferryError} `job_not_found`; `file_not_found` if they are no longer kept
   */
  async rejects(
    environment: string,
    id: number,
    options: { signal: AbortSignal },
  ): Promise<RejectLines> {
    return rejectLines(await this.job(environment, id), this.#context, options);
  }

  /**
   * The file of the records that failed.
   * @throws {DocferryError} `job_not_found`; `conflict` if the job has not ended or has none; `file_not_found` if they are no
   *   longer kept
   */
  async rejectFile(environment: string, id: number): Promise<FileEntry> {
    return rejectFile(await this.job(environment, id), this.#context);
  }

  /** The first few rejects of a job. */
  firstRejects(job: Job, limit: number): Promise<Reject[]> {
    return firstRejects(job, limit, this.#context);
  }

  /**
   * Makes an empty collection; false where it is there already.
   * @throws {DocferryError} `invalid_collection_name`, `draining`
   */
  async addCollection(environment: string, name: string): Promise<boolean> {
    checkCollectionName(name);
    this.#requireOpen(environment);
    return (await this.#context.databases.open(environment)).createCollection(name);
  }

  /**
   * Drops a collection with its documents. Jobs on it are not left to find out.
   * @param options.cancelJobs cancel them first; false: refuse while there are any
   * @throws {DocferryError} `invalid_collection_name`, `collection_not_found`, `collection_in_use`, `draining`; `busy` if jobs
   *   do not stop in time
   */
  async dropCollection(
    environment: string,
    name: string,
    options: { cancelJobs: boolean },
  ): Promise<void> {
    checkCollectionName(name);
    this.#requireOpen(environment);
    await this.#drops.drop(environment, name, options);
  }

  /**
   * The rule of access that was set for a collection; null: none. Nothing here asks it.
   * @throws {DocferryError} `collection_not_found`
   */
  async accessRule(environment: string, name: string): Promise<AccessRule | null> {
    await using source = await this.#context.databases.openSource(environment);
    return source.accessRule(name);
  }

  /**
   * Keeps a rule with its collection: it is on the disk when this returns.
   * @throws {DocferryError} `collection_not_found`, `draining`
   */
  async setAccessRule(environment: string, name: string, rule: AccessRule): Promise<void> {
    this.#requireOpen(environment);
    const database = await this.#context.databases.open(environment);
    await database.setAccessRule(name, rule);
    await database.flush();
  }

  async collections(environment: string): Promise<CollectionInfo[]> {
    await using source = await this.#context.databases.openSource(environment);
    return source.collections();
  }

  /**
   * Calls the listener after each commit that may have changed a job.
   * @returns a function that ends it
   */
  onChange(listener: () => void): () => void {
    return this.#context.store.jobs.onChange(listener);
  }

  /** @throws {DocferryError} `conflict` while jobs of the environment have not ended */
  requireEnded(environment: string): Promise<void> {
    return requireEnded(environment, this.#context.store.jobs);
  }

  /**
   * Removes an environment's jobs, file names and documents; no job is taken for it meanwhile.
   * @throws {DocferryError} `conflict` while jobs run that may not be cancelled; `busy` if they do not stop in time
   */
  async removeEnvironment(environment: string, options: { cancelJobs: boolean }): Promise<void> {
    this.#removing.add(environment);
    try {
      await removeEnvironmentData(environment, options, this.#context);
    } finally {
      this.#removing.delete(environment);
    }
  }

  /** Removes what nothing needs any more, now instead of when its turn comes. */
  clean(): Promise<void> {
    return this.#sweeper.clean();
  }

  async #submit(environment: string, order: JobOrder, once: SubmitOnce | null): Promise<Submitted> {
    const { store, clock } = this.#context;
    for (let tries = 1; ;) {
      this.#requireOpen(environment);
      const spec =
        order.type === "import"
          ? await this.#importSpec(environment, order)
          : await this.#exportSpec(environment, order);
      const { collection } = spec.type === "import" ? spec : spec.query;
      const drop = this.#drops.underWay(environment, collection);
      if (drop) {
        await drop;
        continue;
      }
      this.#requireOpen(environment);
      const key = randomBytes(16).toString("hex");
      try {
        const job = await store.jobs.submit({
          key,
          environment,
          spec,
          now: clock(),
          ...(once && { once }),
        });
        if (this.#context.room.full) await store.jobs.stall(job.id, diskFull);
        return { job, replayed: job.key !== key };
      } catch (error) {
        // The name got another object between the look and the pin: the newer one is what is meant.
        if (toErrorData(error).code !== "conflict" || tries++ === submitTries) throw error;
      }
    }
  }

  /** What holds a job up cannot be written down where nothing can be: then it is told all the same. */
  #told(job: Job): Job {
    const { fault } = this.#writeCheck;
    if (fault === null || job.stalled !== null || endedStates.has(job.state)) return job;
    return { ...job, stalled: fault };
  }

  /** Nothing new is taken by a service that stops, nor for an environment that goes. */
  #requireOpen(environment: string): void {
    if (this.#draining) throw new DocferryError("draining", "The service is stopping");
    if (this.#removing.has(environment)) {
      throw new DocferryError("environment_not_found", `Environment ${environment} is removed`);
    }
  }

  async #importSpec(
    environment: string,
    order: Extract<JobOrder, { type: "import" }>,
  ): Promise<JobSpec> {
    checkCollectionName(order.collection);
    const file = await this.#context.store.files.get(environment, order.file);
    if (!file) throw new DocferryError("file_not_found", `No file ${order.file}`);
    // The object is pinned, not the name: a later upload under the same name changes nothing.
    return { ...order, object: file.object, size: file.size };
  }

  async #exportSpec(
    environment: string,
    order: Extract<JobOrder, { type: "export" }>,
  ): Promise<JobSpec> {
    checkFileName(order.file);
    const database = await this.#context.databases.open(environment);
    const collections = await database.collections();
    database.checkQuery(order.query);
    if (!collections.some(({ name }) => name === order.query.collection)) {
      throw new DocferryError("collection_not_found", `No collection ${order.query.collection}`);
    }
    return { ...order, query: storedQuery(order.query) };
  }
}
