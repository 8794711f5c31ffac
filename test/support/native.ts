import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import pino from "pino";
import { resolveConfig } from "../../src/config.ts";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { type Service, startService } from "../../src/service.ts";
import { temporaryFolder } from "./accounts.ts";

export const nativeAccount = {
  appId: "wx00000000test0001",
  appSecret: "0123456789abcdef0123456789abcdef",
  envId: "test-4a89da",
  secretId: "AKIDdocferrytest0001",
  secretKey: "0123456789abcdef0123456789abcdef",
};

export interface Sent {
  status: number;
  headers: Headers;
  text: string;
  /** Of a JSON answer. */
  // A test says what it expects of it.
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any;
}

export interface SendOptions {
  token?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A whole service in this process, on a free port and a folder of its own, and its callers. */
export class NativeService implements AsyncDisposable {
  readonly service: Service;
  readonly folder: string;
  readonly operatorKey: string;
  /** Lines of its log. */
  readonly log: string[];
  token = "";

  private constructor(service: Service, folder: string, operatorKey: string, log: string[]) {
    this.service = service;
    this.folder = folder;
    this.operatorKey = operatorKey;
    this.log = log;
  }

  static async start(): Promise<NativeService> {
    const { path: folder } = await temporaryFolder();
    const config = resolveConfig({ data: folder, port: 0, threads: 1, ...nativeAccount }, {}, null);
    const log: string[] = [];
    const lines = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log.push(chunk.toString());
        done();
      },
    });
    const service = await startService(config, pino({ level: "info" }, lines));
    const operatorKey = (await readFile(join(folder, "operator.key"), "utf8")).trim();
    const native = new NativeService(service, folder, operatorKey, log);
    native.token = await native.tokenOf(nativeAccount.appId, nativeAccount.appSecret);
    return native;
  }

  async tokenOf(appid: string, secret: string): Promise<string> {
    const { json } = await this.send("POST", "/cgi-bin/stable_token", {
      token: null,
      body: { grant_type: "client_credential", appid, secret },
    });
    assert.ok(json.access_token, json.errmsg);
    return json.access_token as string;
  }

  /** A path that begins with no slash is one below the test's environment. */
  async send(method: string, path: string, options: SendOptions = {}): Promise<Sent> {
    const { body, token = this.token, headers = {} } = options;
    const raw = typeof body === "string" || body instanceof Uint8Array || body === undefined;
    const response = await fetch(this.url(path), {
      method,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json\b/.test(
      response.headers.get("content-type") ?? "",
    );
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== "" ? JSON.parse(text) : null,
    };
  }

  url(path: string): string {
    const { address } = this.service;
    if (path.startsWith("/")) return `${address}${path}`;
    return `${address}/v1/environments/${nativeAccount.envId}/${path}`;
  }

  admin(method: string, path: string, body?: unknown): Promise<Sent> {
    return this.send(method, `/v1/admin/${path}`, { token: this.operatorKey, body });
  }

  async put(name: string, content: string | Uint8Array): Promise<Sent> {
    const sent = await this.send("PUT", `files/${encodeURIComponent(name)}`, { body: content });
    assert.ok(sent.status === 200 || sent.status === 201, sent.text);
    return sent;
  }

  async submit(order: unknown, headers: Record<string, string> = {}): Promise<NativeJob> {
    const sent = await this.send("POST", "jobs", { body: order, headers });
    assert.equal(sent.status, 201, sent.text);
    return sent.json as NativeJob;
  }

  /** The job once it has ended. */
  async ended(id: number): Promise<NativeJob> {
    for (;;) {
      const { json } = await this.send("GET", `jobs/${id}`);
      if ((json as NativeJob).ended !== null) return json as NativeJob;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Uploads records and imports them. */
  async imported(collection: string, lines: string, more: object = {}): Promise<NativeJob> {
    await this.put(`${collection}.jsonl`, lines);
    const order = { type: "import", file: `${collection}.jsonl`, collection, format: "json" };
    return this.ended((await this.submit({ ...order, ...more })).id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.drain();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A problem+json answer, its parts checked. */
export function assertProblem(sent: Sent, status: number, code: string, detail?: RegExp): void {
  assert.equal(sent.status, status, sent.text);
  assert.match(sent.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.equal(sent.json.code, code);
  assert.equal(sent.json.status, status);
  assert.match(sent.json.rid, /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
  assert.deepEqual(Object.keys(sent.json), [
    "type",
    "title",
    "status",
    "detail",
    "code",
    "hint",
    "retryable",
    "rid",
  ]);
  if (detail) assert.match(sent.json.detail, detail);
}
