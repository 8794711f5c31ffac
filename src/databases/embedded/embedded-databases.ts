import { mkdirSync, rmSync } from "node:fs";
import type { Database, Databases, Source } from "../database.ts";
import { EmbeddedDatabase } from "./embedded-database.ts";
import { EmbeddedSource } from "./embedded-source.ts";
import { environmentFile } from "./schema.ts";

/** Environments as SQLite files in one folder. */
export class EmbeddedDatabases implements Databases {
  readonly writersPerEnvironment = 1;
  readonly #folder: string;
  readonly #open = new Map<string, EmbeddedDatabase>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param options.folder holds `<environment>.sqlite`; made if it is not there. May be opened in several threads to read. */
  static async open({ folder }: { folder: string }): Promise<EmbeddedDatabases> {
    mkdirSync(folder, { recursive: true });
    return new EmbeddedDatabases(folder);
  }

  /** Only one thread may write: the `Database` of an environment may be opened in one thread of one process. */
  async open(environment: string): Promise<Database> {
    const file = environmentFile(this.#folder, environment);
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
    return new EmbeddedSource(environmentFile(this.#folder, environment));
  }

  /** Readers of other threads find the environment empty from now on. */
  async remove(environment: string): Promise<void> {
    const file = environmentFile(this.#folder, environment);
    await this.#open.get(environment)?.[Symbol.asyncDispose]();
    // The log first: beside a new file of the same name it would be taken for that one's.
    for (const name of [`${file}-wal`, `${file}-shm`, file]) rmSync(name, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((database) => database[Symbol.asyncDispose]()));
  }
}
