import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../bin/docferry", import.meta.url));

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command as a user has it: the real binary, in a folder, its state beside it. */
export class Cli {
  readonly #folder: string;
  readonly #variables: Record<string, string>;

  constructor(folder: string, variables: Record<string, string> = {}) {
    this.#folder = folder;
    this.#variables = variables;
  }

  start(...words: string[]): ChildProcess {
    const { PATH = "", HOME = "" } = process.env;
    return spawn(command, words, {
      cwd: this.#folder,
      stdio: ["pipe", "pipe", "pipe"],
      env: { PATH, HOME, DOCFERRY_STATE: `${this.#folder}/state`, ...this.#variables },
    });
  }

  run(...words: string[]): Promise<CliRun> {
    return this.runWith("", ...words);
  }

  /** @param input what stdin gives */
  async runWith(input: string | Uint8Array, ...words: string[]): Promise<CliRun> {
    const child = this.start(...words);
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    return ended(child);
  }
}

/** What a command has said, and how it ended. */
export async function ended(child: ChildProcess): Promise<CliRun> {
  const [stdout, stderr] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    child.exitCode === null && child.signalCode === null ? once(child, "close") : null,
  ]);
  return { code: child.exitCode, stdout, stderr };
}
