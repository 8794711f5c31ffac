import { mkdirSync, rmSync } from "node:fs";
import type { Database, Databases, Source } from "../database.ts";
import { EmbeddedDatabase } from "./embedded-database.ts";
import { EmbeddedSource } from "./embedded-source.ts";
import { checkEnvironmentFile, type EnvironmentFiles, environmentFile } from "./schema.ts";

/** Environments as SQLite files in one folder, or one environment in a file of its own. */
export class EmbeddedDatabases implements Databases {
  readonly writersPerEnvironment = 1;
  readonly #files: EnvironmentFiles;
  readonly #open = new Map<string, EmbeddedDatabase>();

  private constructor(files: EnvironmentFiles) {
    this.#files = files;
  }

  /**
   * What is not there is made: a folder now, a file with the first write. May be opened in several threads to read.
   * @throws {DocferryError} `invalid_file` for a single file that is not ours
   */
  static async open(files: EnvironmentFiles): Promise<EmbeddedDatabases> {
    if ("folder" in files) mkdirSync(files.folder, { recursive: true });
    else checkEnvironmentFile(files.file);
    return new EmbeddedDatabases(files);
  }

  /** Only one thread may write: the `Database` of an environment may be opened in one thread of one process. */
  async open(environment: string): Promise<Database> {
    const file = environmentFile(this.#files, environment);
    let known = this.#open.get(environment);
    while (known?.closing) {
      await known.closing;
      known = this.#open.get(environment);
    }
    if (known) return known;
    const database = new EmbeddedDatabase(file, () => this.#open.delete(environment));
    this.#open.set(environment, database);
    return database;
  }

  async openSource(environment: string): Promise<Source> {
    return new EmbeddedSource(environmentFile(this.#files, environment));
  }

  /** Readers of other threads find the environment empty from now on. */
  async remove(environment: string): Promise<void> {
    const file = environmentFile(this.#files, environment);
    await this.#open.get(environment)?.[Symbol.asyncDispose]();
    // The log first: beside a new file of the same name it would be taken for that one's.
    for (const name of [`${file}-wal`, `${file}-shm`, file]) rmSync(name, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((database) => database[Symbol.asyncDispose]()));
  }
}
