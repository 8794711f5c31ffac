import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Docferry, type MigrateInfo } from "#client";
import { cpuSecondsOf } from "./cpu.ts";

const docferry = fileURLToPath(new URL("../../bin/docferry", import.meta.url));
const account = { appId: "wx00000000bench001", secret: "b".repeat(32), environment: "bench-1" };

/** A service in a process of its own, as a user starts it. */
export class ServiceProcess implements AsyncDisposable {
  readonly address: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #client: Docferry;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.address = address;
    this.#client = new Docferry({ server: address, ...account });
  }

  /** @param options.core it may run on this core alone */
  static async start(
    folder: string,
    options: { core?: number; arguments?: string[]; logLevel?: string } = {},
  ): Promise<ServiceProcess> {
    const { core, logLevel = "error" } = options;
    const argv = ["serve", "--data", folder, "--port", "0", ...(options.arguments ?? [])];
    const onCore = core === undefined ? [] : ["taskset", "-c", String(core)];
    const [command = "", ...rest] = [...onCore, docferry, ...argv];
    const child = spawn(command, rest, {
      stdio: ["ignore", "pipe", logLevel === "error" ? "inherit" : "ignore"],
      env: {
        ...process.env,
        DOCFERRY_APP_ID: account.appId,
        DOCFERRY_APP_SECRET: account.secret,
        DOCFERRY_ENV_ID: account.environment,
        DOCFERRY_LOG_LEVEL: logLevel,
      },
    });
    return new ServiceProcess(child, await readyAddress(child));
  }

  get environment(): string {
    return account.environment;
  }

  async token(): Promise<string> {
    const query = new URLSearchParams({
      grant_type: "client_credential",
      appid: account.appId,
      secret: account.secret,
    });
    const answer = await fetch(`${this.address}/cgi-bin/token?${query.toString()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async upload(name: string, path: string): Promise<void> {
    await this.#client.wechat.uploadFile(name, await openAsBlob(path));
  }

  submitImport(file: string, collection: string): Promise<number> {
    return this.#client.wechat.databaseMigrateImport({
      collection_name: collection,
      file_path: file,
      file_type: 1,
      stop_on_error: false,
      conflict_mode: 1,
    });
  }

  submitExport(file: string, collection: string): Promise<number> {
    return this.#client.wechat.databaseMigrateExport({
      file_path: file,
      file_type: 1,
      query: `db.collection('${collection}').get()`,
    });
  }

  status(job: number): Promise<MigrateInfo> {
    return this.#client.wechat.databaseMigrateQueryInfo(job);
  }

  /** Until the job has succeeded. */
  async succeeded(job: number, pollMs = 20): Promise<MigrateInfo> {
    for (;;) {
      const info = await this.status(job);
      if (info.status === "success") return info;
      if (info.status === "fail") throw new Error(`Job ${job}: ${info.error_msg}`);
      await sleep(pollMs);
    }
  }

  /** CPU time of all its threads so far. */
  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  /** The most memory that it had at once since the last `forgetPeak`. MB of 10^6 bytes. */
  peakMb(): number {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
    return (Number(kib) * 1024) / 1e6;
  }

  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}

async function readyAddress(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("The service has no stdout");
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^docferry listening on (\S+)$/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error("The service did not start");
}
