import { randomBytes } from "node:crypto";
import { checkFileName } from "../files/file-name.ts";
import { DocferryError, toErrorData } from "../job/errors.ts";
import type { ExportSpec, ImportSpec, Job, JobSpec } from "../job/job.ts";
import { checkCollectionName } from "../query/collection-name.ts";
import type { QueryPlan } from "../query/plan.ts";
import type { EngineContext } from "./context.ts";
import { storedQuery } from "./job-plan.ts";
import { Sweeper } from "./sweeper.ts";
import { Worker } from "./worker.ts";

/** What a user asks for: a job's spec before the file is pinned. */
export type JobOrder =
  | Omit<ImportSpec, "object" | "size">
  | (Omit<ExportSpec, "query"> & { query: QueryPlan });

/** A name that is stored anew this often during one submit is somebody's fault. */
const submitTries = 5;

/** Takes jobs, moves them from plan to end, and answers how far they are. */
export class Engine {
  readonly #context: EngineContext;
  readonly #worker: Worker;
  readonly #sweeper: Sweeper;
  #draining = false;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#worker = new Worker(context);
    this.#sweeper = new Sweeper(context);
  }

  start(): void {
    this.#worker.start();
    this.#sweeper.start();
  }

  /** Running tasks commit their progress and give their leases back; nothing new is taken. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([this.#worker.drain(), this.#sweeper.stop()]);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Accepts a job: it is on the disk when this returns.
   * @throws {DocferryError} `file_not_found`, `collection_not_found`, `invalid_collection_name`, `invalid_file_name`, `draining`
   */
  async submit(environment: string, order: JobOrder): Promise<Job> {
    if (this.#draining) throw new DocferryError("draining", "The service is stopping");
    for (let tries = 1; ; tries++) {
      const spec =
        order.type === "import"
          ? await this.#importSpec(environment, order)
          : await this.#exportSpec(environment, order);
      const { store, clock } = this.#context;
      const key = randomBytes(16).toString("hex");
      try {
        return await store.jobs.submit({ key, environment, spec, now: clock() });
      } catch (error) {
        // The name got another object between the look and the pin: the newer one is what is meant.
        if (toErrorData(error).code !== "conflict" || tries === submitTries) throw error;
      }
    }
  }

  /** @throws {DocferryError} `job_not_found`, for another environment's job too */
  async job(environment: string, id: number): Promise<Job> {
    const job = await this.#context.store.jobs.get(id);
    if (job?.environment === environment) return job;
    throw new DocferryError("job_not_found", `no job ${id} in this environment`);
  }

  /** Asks a job to end; one that has ended stays as it is. */
  async cancel(environment: string, id: number): Promise<Job> {
    await this.job(environment, id);
    return this.#context.store.jobs.cancel(id, this.#context.clock());
  }

  /** Removes what nothing needs any more, now instead of when its turn comes. */
  clean(): Promise<void> {
    return this.#sweeper.clean();
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
    if (!collections.some(({ name }) => name === order.query.collection)) {
      throw new DocferryError("collection_not_found", `No collection ${order.query.collection}`);
    }
    return { ...order, query: storedQuery(order.query) };
  }
}
