import assert from "node:assert/strict";
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { account, type TestService } from "../support/service.ts";

/** What an import has cost, and whether anybody else noticed. */
export interface HeavyImport {
  job: NativeJob;
  /** Submit to end. */
  seconds: number;
  /** Most memory that the service had by then, MiB; 0 where the system does not tell. */
  peakMib: number;
  /** What the data folder has grown by, MiB. */
  diskMib: number;
  /** Slowest answer to a look at the job meanwhile, ms. */
  slowestMs: number;
}

/** An import of `people.json` that may be made again and again. */
export const peopleOrder = {
  type: "import",
  format: "json",
  file: "people.json",
  collection: "people",
  mode: "upsert",
};

const mib = 1024 * 1024;

/** A person's calls of a service, by the native API. */
export class Ferryman {
  readonly service: TestService;
  readonly #token: string;
  readonly #environment: string;

  private constructor(service: TestService, token: string, environment = account.environment) {
    this.service = service;
    this.#token = token;
    this.#environment = environment;
  }

  static async of(service: TestService): Promise<Ferryman> {
    const answer = await fetch(`${service.address}/cgi-bin/stable_token`, {
      method: "POST",
      body: JSON.stringify({
        grant_type: "client_credential",
        appid: account.appId,
        secret: account.secret,
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return new Ferryman(service, token);
  }

  get token(): string {
    return this.#token;
  }

  /** The same person in another environment. */
  in(environment: string): Ferryman {
    return new Ferryman(this.service, this.#token, environment);
  }

  url(path: string): string {
    return `${this.service.address}/v1/environments/${this.#environment}/${path}`;
  }

  send(method: string, path: string, body?: RequestInit["body"]): Promise<Response> {
    return fetch(this.url(path), {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body, duplex: "half" }),
    });
  }

  async put(name: string, content: Iterable<Uint8Array> | string | Uint8Array): Promise<void> {
    const whole = typeof content === "string" || content instanceof Uint8Array;
    const body: RequestInit["body"] = whole ? content : Readable.from(content);
    const answer = await this.send("PUT", `files/${encodeURIComponent(name)}`, body);
    assert.ok(answer.ok, await answer.text());
  }

  async submit(order: object): Promise<NativeJob> {
    const answer = await this.send("POST", "jobs", JSON.stringify(order));
    const job = (await answer.json()) as NativeJob;
    assert.equal(answer.status, 201, JSON.stringify(job));
    return job;
  }

  async job(id: number): Promise<NativeJob> {
    return (await (await this.send("GET", `jobs/${id}`)).json()) as NativeJob;
  }

  async ended(id: number): Promise<NativeJob> {
    for (;;) {
      const job = await this.job(id);
      if (job.ended !== null) return job;
      await sleep(20);
    }
  }

  /** Uploads and imports; watches the service meanwhile. */
  async heavyImport(
    folder: string,
    content: Iterable<Uint8Array> | string | Uint8Array,
    order: object,
  ): Promise<HeavyImport> {
    const before = await folderMib(folder);
    await this.put("heavy", content);
    const began = performance.now();
    const { id } = await this.submit({ type: "import", file: "heavy", ...order });
    let slowestMs = 0;
    for (;;) {
      const asked = performance.now();
      const job = await this.job(id);
      slowestMs = Math.max(slowestMs, performance.now() - asked);
      if (job.ended !== null) {
        return {
          job,
          seconds: (performance.now() - began) / 1000,
          peakMib: await peakMib(this.service.child.pid ?? 0),
          diskMib: (await folderMib(folder)) - before,
          slowestMs: Math.round(slowestMs),
        };
      }
      await sleep(50);
    }
  }

  /** Downloads to a file, which is removed behind its reader. */
  async lines(path: string, folder: string): Promise<number> {
    const answer = await this.send("GET", path);
    assert.equal(answer.status, 200);
    const file = join(folder, "..", `lines-${Date.now()}`);
    await pipeline(answer.body ?? Readable.from([]), createWriteStream(file));
    let lines = 0;
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
      for (const byte of piece) if (byte === 0x0a) lines++;
    }
    await rm(file);
    return lines;
  }
}

/** Another environment of the account. `folder`: where the service's data stand. */
export async function addEnvironment(
  service: TestService,
  folder: string,
  id: string,
): Promise<void> {
  const key = (await readFile(join(folder, "operator.key"), "utf8")).trim();
  const answer = await fetch(`${service.address}/v1/admin/environments`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ id, app: account.appId }),
  });
  assert.equal(answer.status, 201, await answer.text());
}

/** Most memory that a process has had, MiB. Linux tells; elsewhere 0. */
export async function peakMib(pid: number): Promise<number> {
  return memoryMib(pid, "VmHWM");
}

/** The memory that a process has now, MiB. Linux tells; elsewhere 0. */
export async function rssMib(pid: number): Promise<number> {
  return memoryMib(pid, "VmRSS");
}

async function memoryMib(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024);
}

/**
 * That something could not be written and may be asked for again.
 * @param why what the detail says
 * @returns the problem
 */
export async function assertPutOff(
  answer: Response,
  why: RegExp,
): Promise<Record<string, unknown>> {
  const problem = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual(
    [answer.status, problem["code"], problem["retryable"]],
    [503, "store_unavailable", true],
    JSON.stringify(problem),
  );
  assert.match(String(problem["detail"]), why);
  return problem;
}

async function folderMib(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / mib);
}

/** The same piece again and again. */
export function* repeated(piece: string, bytes: number): Generator<Uint8Array> {
  const times = Math.max(1, Math.ceil(mib / piece.length));
  const block = Buffer.from(piece.repeat(times));
  for (let sent = 0; sent < bytes;) {
    const next = block.subarray(0, Math.min(block.length, bytes - sent));
    yield next;
    sent += next.length;
  }
}
