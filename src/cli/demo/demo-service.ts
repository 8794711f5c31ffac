import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CommandError } from "../command-errors.ts";

export interface DemoAccount {
  appId: string;
  secret: string;
  environment: string;
}

export interface DemoOptions {
  /** It is to be left running. */
  keep: boolean;
  /** Once it is aborted the service is killed. */
  signal: AbortSignal;
}

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/**
 * `docferry serve` in a process of its own, as a user would start it, on a folder of its own. It ends with the demo and its
 * folder goes, however the demo ends; unless it is kept.
 */
export class DemoService implements AsyncDisposable {
  readonly account: DemoAccount = {
    appId: "wxd0cfe77yde3000000",
    secret: crypto.randomUUID().replaceAll("-", ""),
    environment: "demo-4a89da",
  };
  readonly folder: string;
  readonly #options: DemoOptions;
  readonly #leaveNothing = () => {
    this.#child?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  };
  #child: ChildProcess | null = null;
  #address = "";

  private constructor(folder: string, options: DemoOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async start(options: DemoOptions): Promise<DemoService> {
    const service = new DemoService(mkdtempSync(join(tmpdir(), "docferry-demo-")), options);
    // Whatever ends this process, a second Ctrl-C too.
    process.on("exit", service.#leaveNothing);
    options.signal.addEventListener("abort", () => service.#child?.kill("SIGKILL"));
    await service.#launch(0);
    return service;
  }

  get address(): string {
    return this.#address;
  }

  /** The id of its process. */
  get process(): number {
    return this.#child?.pid ?? 0;
  }

  /** As a crash would: nothing is told to the process, nothing can be tidied up. */
  async kill(): Promise<void> {
    const child = this.#child;
    child?.kill("SIGKILL");
    if (child && child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  /** Starts it again on the same folder, at the same address. */
  async startAgain(): Promise<void> {
    await this.#launch(Number(new URL(this.#address).port));
  }

  /** From here on it is the user's. */
  leave(): void {
    process.off("exit", this.#leaveNothing);
    this.#child?.unref();
    this.#child = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === null) return;
    await this.kill();
    this.#leaveNothing();
    process.off("exit", this.#leaveNothing);
  }

  async #launch(port: number): Promise<void> {
    this.#options.signal.throwIfAborted();
    const logFile = join(this.folder, "service.log");
    const log = openSync(logFile, "a");
    const data = join(this.folder, "data");
    const words = [main, "serve", "--data", data, "--port", String(port)];
    const child = spawn(process.execPath, words, {
      // A group of its own: Ctrl-C is for the demo, and a service that is kept outlives the terminal.
      detached: true,
      stdio: ["ignore", "pipe", log],
      env: serviceVariables(process.env, this.account, this.#options),
    });
    closeSync(log);
    this.#child = child;
    const address = await readyAddress(child);
    this.#options.signal.throwIfAborted();
    if (address === null) {
      throw new CommandError(`The service did not start:\n${readFileSync(logFile, "utf8").trim()}`);
    }
    this.#address = address;
  }
}

/** Only what the demo says: settings for another service of this user are not for this one. */
function serviceVariables(
  environment: NodeJS.ProcessEnv,
  account: DemoAccount,
  { keep }: DemoOptions,
): NodeJS.ProcessEnv {
  const others = Object.entries(environment).filter(
    ([name]) => !name.startsWith("DOCFERRY_") && name !== "npm_lifecycle_event",
  );
  return {
    ...Object.fromEntries(others),
    DOCFERRY_APP_ID: account.appId,
    DOCFERRY_APP_SECRET: account.secret,
    DOCFERRY_ENV_ID: account.environment,
    // At this word a service ends when its parent has gone, even by SIGKILL.
    ...(!keep && { npm_lifecycle_event: "demo" }),
  };
}

/** null where it ended before it was ready. */
async function readyAddress(child: ChildProcess): Promise<string | null> {
  const { stdout } = child;
  if (!stdout) return null;
  try {
    for await (const line of createInterface({ input: stdout })) {
      const [, address] = /^docferry listening on (\S+)$/.exec(line) ?? [];
      if (address) return address;
    }
    return null;
  } finally {
    // It says no more than that: nobody has to go on reading.
    stdout.destroy();
  }
}
