import { join } from "node:path";
import { Writable } from "node:stream";
import pino from "pino";
import type { JobOrder } from "../../src/engine/engine.ts";
import { DiskObjectStore } from "../../src/files/disk/disk-object-store.ts";
import { type AppParts, createApp } from "../../src/http/app.ts";
import { defaultEventTimes } from "../../src/http/native/events.ts";
import { RequestRecorder } from "../../src/http/request-recorder.ts";
import { noCounts } from "../../src/job/counts.ts";
import { DocferryError } from "../../src/job/errors.ts";
import { type Job, plainCsv } from "../../src/job/job.ts";
import { openTestAccess, testServerKey } from "./accounts.ts";
import { inject } from "./inject.ts";

/** An engine that takes orders and moves nothing: what the wire makes of a job's states is set by the test. */
export class StandingEngine {
  readonly orders: { environment: string; order: JobOrder }[] = [];
  readonly jobs = new Map<number, Job>();
  /** Thrown by the next calls while it is set. */
  failure: unknown = null;

  async submit(environment: string, order: JobOrder): Promise<Job> {
    if (this.failure !== null) throw this.failure;
    this.orders.push({ environment, order });
    const job = exampleJob({ id: this.orders.length, environment });
    this.jobs.set(job.id, job);
    return job;
  }

  async job(environment: string, id: number): Promise<Job> {
    if (this.failure !== null) throw this.failure;
    const job = this.jobs.get(id);
    if (job?.environment === environment) return job;
    throw new DocferryError("job_not_found", `no job ${id} in this environment`);
  }
}

export interface WireAnswer {
  errcode?: number;
  errmsg?: string;
  [field: string]: unknown;
}

/**
 * The service's HTTP over real accounts: an app `mine` with environment `mine-1`, one `other` with `other-1`, one `bare` with
 * none. `log` has every line that was logged.
 */
export async function openTestApp(
  changes: Partial<AppParts> & { tokenSeconds?: number; isFull?: () => boolean } = {},
) {
  const { tokenSeconds = 7200, isFull = () => false, ...parts } = changes;
  const opened = await openTestAccess({ tokenSeconds });
  const { access, clock } = opened;
  const [mine, other, bare] = [await access.addApp(), await access.addApp(), await access.addApp()];
  await access.addEnvironment(mine.appId, "mine-1");
  await access.addEnvironment(other.appId, "other-1");
  const engine = new StandingEngine();
  const log: string[] = [];
  const logger = pino({ level: "debug" }, lineCollector(log));
  const recorder = new RequestRecorder({
    records: opened.store().requests,
    tokenOwner: (token) => access.tokenOwner(token),
    isFull,
    clock: clock.read,
    logger,
  });
  const app = createApp({
    access,
    // The vendor's calls ask it for nothing else.
    engine: engine as unknown as AppParts["engine"],
    index: opened.store().files,
    objects: await DiskObjectStore.open(join(opened.folder, "objects")),
    formKey: testServerKey.derive("consent forms"),
    operatorKey: { matches: () => false },
    eventTimes: defaultEventTimes,
    idleMs: 60_000,
    limits: { headersMs: 60_000, bodyMs: 60_000, maxConnections: 1000 },
    fileUrl: ({ environment, name, baseUrl, now }) =>
      `${baseUrl}/signed/${environment}/${encodeURIComponent(name)}?now=${now}`,
    locale: "en",
    recorder,
    limitStore: opened.store().limits,
    logger,
    clock: clock.read,
    publicUrl: null,
    trustProxy: false,
    corsOrigins: new Set(),
    tls: null,
    notReady: async () => null,
    ...parts,
  });
  const { token } = await access.appToken(mine);

  async function call(
    url: string,
    body?: unknown,
    options: { method?: "GET" | "POST" | "PUT"; headers?: Record<string, string> } = {},
  ): Promise<WireAnswer> {
    const payload =
      typeof body === "string" || body === undefined || body instanceof Uint8Array
        ? body
        : JSON.stringify(body);
    const response = await inject(app, {
      method: options.method ?? "POST",
      url,
      ...(payload === undefined ? {} : { payload: payload as string | Buffer }),
      headers: options.headers ?? {},
    });
    if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode} from ${url}`);
    const type = response.headers["content-type"];
    if (type !== "application/json; charset=utf-8") throw new Error(`${type} from ${url}`);
    return response.json();
  }

  return {
    ...opened,
    app,
    engine,
    recorder,
    log,
    accounts: { mine, other, bare },
    token,
    call,
    /** A call of `mine` with a body. */
    ask: (path: string, body: unknown) => call(`${path}?access_token=${token}`, body),
    async [Symbol.asyncDispose]() {
      await app.close();
      await recorder[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

export function exampleJob(values: Partial<Job> = {}): Job {
  return {
    id: 1,
    key: "0".repeat(32),
    environment: "mine-1",
    spec: {
      type: "import",
      file: "in.json",
      object: "object",
      size: 10,
      collection: "c",
      format: "json",
      mode: "insert",
      upsertFields: ["_id"],
      stopOnError: false,
      csv: plainCsv,
    },
    state: "queued",
    stalled: null,
    progress: { counts: { ...noCounts }, bytes: 0, totalBytes: null },
    result: null,
    error: null,
    createdAt: 1,
    startedAt: null,
    endedAt: null,
    ...values,
  };
}

function lineCollector(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}
