import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { lockDataFolder } from "../../data-folder.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { DocferryError } from "../../job/errors.ts";

/**
 * Where the command keeps what must outlive it: `jobs/<key>/` for each command that has not come to its end, its key made
 * of input, target and options, so that the same command started again finds it; `rejects/` for what failed.
 */
export function stateRoot(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment["DOCFERRY_STATE"]) return resolve(environment["DOCFERRY_STATE"]);
  const base = environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return resolve(base, "docferry");
}

/** What the unfinished job of a command works on. */
export interface RunRecord {
  /** What the input was: another one is another job. `""` for an export. */
  input: string;
  /** The job on a service; null for one of our own, which stands in the folder. */
  serverJob: number | null;
}

/** The folder of one command, locked: the same command cannot run twice at a time. */
export class RunFolder implements Disposable {
  readonly path: string;
  readonly #record: string;
  #lock: Disposable | null;

  private constructor(path: string, lock: Disposable) {
    this.path = path;
    this.#record = join(path, "run.json");
    this.#lock = lock;
  }

  /** @param command values that make the command what it is. @throws {DocferryError} `data_folder_in_use` */
  static open(command: unknown): RunFolder {
    const key = createHash("sha256").update(JSON.stringify(command)).digest("hex").slice(0, 32);
    const path = join(stateRoot(), "jobs", key);
    return new RunFolder(path, takeFolder(path));
  }

  /** The unfinished job's; null where there is none. */
  record(): RunRecord | null {
    if (!existsSync(this.#record)) return null;
    return JSON.parse(readFileSync(this.#record, "utf8")) as RunRecord;
  }

  write(record: RunRecord): void {
    const next = `${this.#record}.${randomBytes(4).toString("hex")}`;
    writeFileSync(next, JSON.stringify(record));
    renameSync(next, this.#record);
  }

  /** Forgets all but the lock and, if it is named, one file. */
  clear(kept: string | null = null): void {
    for (const name of readdirSync(this.path)) {
      if (!name.startsWith("lock.") && join(this.path, name) !== kept)
        rmSync(join(this.path, name), { recursive: true, force: true });
    }
  }

  /** The command has come to its end: nothing is left of it. */
  remove(): void {
    this.clear();
    this[Symbol.dispose]();
  }

  /** What a later run can go on with stays; where there is nothing the folder goes, too. */
  [Symbol.dispose](): void {
    if (!this.#lock) return;
    const isEmpty = readdirSync(this.path).every((name) => name.startsWith("lock."));
    this.#lock[Symbol.dispose]();
    this.#lock = null;
    if (isEmpty) rmSync(this.path, { recursive: true, force: true });
  }
}

function takeFolder(path: string): Disposable {
  try {
    return lockDataFolder(path);
  } catch (error) {
    if (!(error instanceof DocferryError) || error.code !== "data_folder_in_use") throw error;
    const [, process = ""] = /( \(process \d+\))$/.exec(error.message) ?? [];
    throw new DocferryError("data_folder_in_use", `The same command is running already${process}`, {
      cause: error,
    });
  }
}

const keepRejectsMs = 7 * 86_400_000;

/** A new name for a file of rejects; old ones are removed. */
export function newRejectsFile(stem: string, extension: string, now: number): string {
  const folder = join(stateRoot(), "rejects");
  makeFolder(folder, 0o700);
  for (const old of readdirSync(folder)) {
    const file = join(folder, old);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && found.mtimeMs < now - keepRejectsMs) rmSync(file, { force: true });
  }
  return join(folder, `${stem}-${randomBytes(4).toString("hex")}.${extension}`);
}
