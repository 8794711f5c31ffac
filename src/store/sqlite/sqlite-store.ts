import type { DatabaseSync } from "node:sqlite";
import type { ReleaseLimits } from "../../job/release.ts";
import { openReader } from "../../sqlite/open.ts";
import { SqliteWriter } from "../../sqlite/writer.ts";
import type { Store } from "../store.ts";
import { SqliteAccountStore } from "./accounts.ts";
import { SqliteFileIndex } from "./files.ts";
import { SqliteJobStore } from "./sqlite-job-store.ts";
import type { StoreCalls, StoreThreadData } from "./store-thread.ts";

/** Jobs, accounts and file names in one SQLite file: what must change together can. */
export class SqliteStore implements Store {
  readonly jobs: SqliteJobStore;
  readonly accounts: SqliteAccountStore;
  readonly files: SqliteFileIndex;
  readonly #writer: SqliteWriter<StoreCalls>;
  readonly #reader: DatabaseSync;

  private constructor(writer: SqliteWriter<StoreCalls>, reader: DatabaseSync) {
    this.#writer = writer;
    this.#reader = reader;
    this.jobs = new SqliteJobStore(writer, reader);
    this.accounts = new SqliteAccountStore({ writer, reader });
    this.files = new SqliteFileIndex({ writer, reader });
  }

  /**
   * Opens the file, and makes it if it is not there. The writer thread brings its schema up to date first.
   * @throws {DocferryError} `newer_schema`
   */
  static async open(options: { file: string; limits: ReleaseLimits }): Promise<SqliteStore> {
    const data: StoreThreadData = options;
    const writer = await SqliteWriter.start<StoreCalls>(
      new URL("./store-thread.ts", import.meta.url),
      data,
      "store",
    );
    return new SqliteStore(writer, openReader(options.file));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    this.#reader.close();
  }
}
