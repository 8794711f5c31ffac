import type { ExportOrder, ImportOrder, Job, JobPage, Reject } from "./api.ts";
import { type CallOptions, type Connection, signalOf } from "./connection.ts";
import { DocferryApiError, DocferryConnectionError, JobFailedError } from "./errors.ts";
import { type JobEvent, parseEvents, textPieces } from "./events.ts";
import { mayPass, pause } from "./retry.ts";

const endedStates: ReadonlySet<Job["state"]> = new Set(["succeeded", "failed", "cancelled"]);

export interface SubmitOptions extends CallOptions {
  /** The same key with the same order is the same job, however often it is sent. Without it each submit is a new job. */
  idempotencyKey?: string;
}

/** The jobs of an environment. */
export class Jobs {
  readonly #connection: Connection;
  readonly #environment: string;

  constructor(connection: Connection, environment: string) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /**
   * Submits an import or an export. It is on the service's disk when this returns.
   * @param order may be its JSON text, for filters with numbers that JavaScript has not: `9007199254740993`, `1.0`
   */
  async submit(
    order: ImportOrder | ExportOrder | string,
    options: SubmitOptions = {},
  ): Promise<JobHandle> {
    const job = await this.#connection.json<Job>("submitJob", {
      ...this.#common(options),
      json: order,
      // A key makes it safe to send the order again where no answer came.
      headers: { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() },
      repeatable: true,
    });
    return this.at(job.id);
  }

  /** A handle of a job by its id. Nothing is asked. */
  at(id: number): JobHandle {
    return new JobHandle(this.#connection, this.#environment, id);
  }

  /** Jobs, newest first, page by page as they are taken. */
  async *list(
    options: { state?: Job["state"]; type?: Job["type"]; pageSize?: number } & CallOptions = {},
  ): AsyncGenerator<Job, void, undefined> {
    const { state, type, pageSize } = options;
    let cursor: string | undefined;
    do {
      const page: JobPage = await this.#connection.json<JobPage>("listJobs", {
        ...this.#common(options),
        query: { state, type, limit: pageSize, cursor },
      });
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  #common(options: CallOptions) {
    return { path: { env: this.#environment }, ...signalOf(options) };
  }
}

/** One job. */
export class JobHandle {
  readonly id: number;
  readonly #connection: Connection;
  readonly #environment: string;

  constructor(connection: Connection, environment: string, id: number) {
    this.#connection = connection;
    this.#environment = environment;
    this.id = id;
  }

  get(options: CallOptions = {}): Promise<Job> {
    return this.#connection.json<Job>("getJob", this.#common(options));
  }

  /** Asks it to end; what it has written stays. */
  cancel(options: CallOptions = {}): Promise<Job> {
    return this.#connection.json<Job>("cancelJob", { ...this.#common(options), repeatable: true });
  }

  /** A new job of the records that failed, with the old options. */
  async retryRejects(options: SubmitOptions = {}): Promise<JobHandle> {
    const job = await this.#connection.json<Job>("retryRejects", {
      ...this.#common(options),
      headers: { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() },
      repeatable: true,
    });
    return new JobHandle(this.#connection, this.#environment, job.id);
  }

  /**
   * Waits for its end.
   * @param options.onProgress gets the job whenever there is news
   * @throws {JobFailedError} if it failed or was cancelled; with `allowFailure` such a job is returned, too
   */
  async wait(
    options: { onProgress?: (job: Job) => void; allowFailure?: boolean } & CallOptions = {},
  ): Promise<Job> {
    let known: Job | undefined;
    for await (const event of this.events(options)) {
      if (event.event === "state") known = event.data;
      else if (known && event.event === "progress") known = { ...known, progress: event.data };
      if (known) options.onProgress?.(known);
    }
    // The end may have been told to an earlier listener of the same events.
    const job = await this.get(options);
    if (job.state === "succeeded" || options.allowFailure) return job;
    throw new JobFailedError(
      `Job ${job.id} ${job.state === "cancelled" ? "was cancelled" : `failed: ${job.error?.message ?? "for an unknown reason"}`}`,
    );
  }

  /**
   * What happens to it, until its end. A connection that breaks is made anew, and goes on behind the last event; so does one
   * to a service that was away for some time.
   */
  async *events(options: CallOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    let lastId = "";
    let retryMs = 2_000;
    for (let failures = 0; ;) {
      try {
        const response = await this.#connection.send("watchJob", {
          ...this.#common(options),
          headers: lastId === "" ? {} : { "last-event-id": lastId },
          streams: true,
        });
        failures = 0;
        if (response.status === 204 || !response.body) return;
        for await (const { id, event, data } of parseEvents(
          textPieces(response.body),
          (ms) => (retryMs = ms),
        )) {
          lastId = id;
          const known = { event, data: JSON.parse(data) as unknown } as JobEvent;
          yield known;
          if (known.event === "state" && endedStates.has(known.data.state)) return;
        }
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isBroken(error) || ++failures > reconnects) throw error;
      }
      await pause(retryMs, options.signal);
    }
  }

  /** Why records failed, one by one, in file order. */
  async *rejects(options: CallOptions = {}): AsyncGenerator<Reject, void, undefined> {
    const response = await this.#connection.send("listRejects", {
      ...this.#common(options),
      streams: true,
    });
    if (!response.body) return;
    let buffer = "";
    for await (const piece of textPieces(response.body)) {
      const lines = (buffer + piece).split("\n");
      buffer = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as Reject;
    }
  }

  /** The records that failed as they were: a file to mend and submit again. */
  async rejectFile(options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#connection.send("getRejectFile", {
      ...this.#common(options),
      streams: true,
    });
    return response.body ?? new Blob([]).stream();
  }

  #common(options: CallOptions) {
    return { path: { env: this.#environment, id: this.id }, ...signalOf(options) };
  }
}

/** Times in a row that a stream of events is begun anew without an answer, each with retries of its own. */
const reconnects = 20;

/** A stream that breaks in its middle throws whatever the platform has for it. */
function isBroken(error: unknown): boolean {
  if (error instanceof DocferryApiError) return mayPass(error);
  return error instanceof DocferryConnectionError || error instanceof TypeError;
}
