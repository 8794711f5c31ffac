import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Docferry, type MigrateInfo, type WeChatCalls } from "#client";
import { afterwards } from "./afterwards.ts";

const command = fileURLToPath(new URL("../../bin/docferry", import.meta.url));

export const account = {
  appId: "wx00000000test0001",
  secret: "0123456789abcdef0123456789abcdef",
  environment: "test-4a89da",
};

/** Points the command at a service, as that account. */
export function commandVariables(service: Pick<TestService, "address">): Record<string, string> {
  return {
    DOCFERRY_SERVER: service.address,
    DOCFERRY_ENV_ID: account.environment,
    DOCFERRY_APP_ID: account.appId,
    DOCFERRY_APP_SECRET: account.secret,
  };
}

/** The vendor's calls by their names, with whatever a test wants to send. */
export class TestClient {
  readonly #calls: WeChatCalls;

  constructor(calls: WeChatCalls) {
    this.#calls = calls;
  }

  call(name: string, body: object): Promise<Record<string, unknown>> {
    return this.#calls.call(name, body);
  }

  async submit(name: string, body: object): Promise<number> {
    return Number((await this.call(name, body))["job_id"]);
  }

  status(jobId: number): Promise<MigrateInfo> {
    return this.#calls.databaseMigrateQueryInfo(jobId);
  }

  upload(path: string, content: Blob): Promise<void> {
    return this.#calls.uploadFile(path, content);
  }
}

/** A service in a process of its own, as a user starts it. */
export class TestService {
  readonly child: ChildProcess;
  readonly address: string;
  readonly #errors: string[];

  private constructor(child: ChildProcess, address: string, errors: string[]) {
    this.child = child;
    this.address = address;
    this.#errors = errors;
  }

  /** Started on the folder and ended with the test. Rejects with what it said where it does not start. */
  static async start(
    t: Pick<TestContext, "after">,
    folder: string,
    options: {
      flags?: string[];
      variables?: Record<string, string>;
      /** What runs it, such as `prlimit --nofile=256:256`, and becomes it. */
      within?: string[];
      /** Hears of the process before it is ready. */
      spawned?: (child: ChildProcess) => void;
    } = {},
  ): Promise<TestService> {
    const { flags = [], within = [] } = options;
    // A test that wants its service back where it was names the port.
    const port = flags.includes("--port") ? [] : ["--port", "0"];
    const words = [...within, command, "serve", "--data", folder, ...port, ...flags];
    const [program = "", ...rest] = words;
    const child = spawn(program, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        DOCFERRY_APP_ID: account.appId,
        DOCFERRY_APP_SECRET: account.secret,
        DOCFERRY_ENV_ID: account.environment,
        ...options.variables,
      },
    });
    options.spawned?.(child);
    const errors: string[] = [];
    child.stderr?.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    afterwards(t, () => end(child, "SIGKILL"));
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const [, address] = /^docferry listening on (\S+)$/.exec(line) ?? [];
      if (address) {
        child.stdout?.resume();
        return new TestService(child, address, errors);
      }
    }
    throw new Error(errors.join("").trim());
  }

  /** What it has written to stderr so far. */
  get log(): string {
    return this.#errors.join("");
  }

  /** A client of the account, which the service is seen to know. */
  async client(): Promise<TestClient> {
    const docferry = new Docferry({ server: this.address, ...account });
    await docferry.collections.list();
    return new TestClient(docferry.wechat);
  }

  kill(): Promise<number | null> {
    return end(this.child, "SIGKILL");
  }

  /** The exit code of a stop that was asked for. */
  stop(): Promise<number | null> {
    return end(this.child, "SIGTERM");
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  await once(child, "exit");
  return child.exitCode;
}

/** Polls as clients do until the job has ended; gives every answer whose status or counts were new. */
export async function statuses(client: TestClient, jobId: number): Promise<MigrateInfo[]> {
  const seen: MigrateInfo[] = [];
  for (;;) {
    const answer = await client.status(jobId);
    if (JSON.stringify(answer) !== JSON.stringify(seen.at(-1))) seen.push(answer);
    if (answer.status === "success" || answer.status === "fail") return seen;
    await sleep(10);
  }
}

export async function finalStatus(client: TestClient, jobId: number): Promise<MigrateInfo> {
  return (await statuses(client, jobId)).at(-1) as MigrateInfo;
}
