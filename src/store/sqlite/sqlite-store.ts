import type { DatabaseSync } from "node:sqlite";
import type { ReleaseLimits } from "../../job/release.ts";
import { openReader } from "../../sqlite/open.ts";
import { SqliteWriter } from "../../sqlite/writer.ts";
import type { Store } from "../store.ts";
import { SqliteAccountStore } from "./accounts.ts";
import { SqliteFileIndex } from "./files.ts";
import { SqliteLimitStore } from "./limits.ts";
import { SqliteRequestRecords } from "./requests.ts";
import { SqlitePlatformStore } from "./platforms.ts";
import { SqliteJobStore } from "./sqlite-job-store.ts";
import type { StoreCalls, StoreThreadData } from "./store-thread.ts";

/** Jobs, accounts and file names in one SQLite file: what must change together can. */
export class SqliteStore implements Store {
  readonly jobs: SqliteJobStore;
  readonly accounts: SqliteAccountStore;
  readonly platforms: SqlitePlatformStore;
  readonly files: SqliteFileIndex;
  readonly limits: SqliteLimitStore;
  readonly requests: SqliteRequestRecords;
  readonly #writer: SqliteWriter<StoreCalls>;
  readonly #reader: DatabaseSync;

  private constructor(writer: SqliteWriter<StoreCalls>, reader: DatabaseSync) {
    this.#writer = writer;
    this.#reader = reader;
    this.jobs = new SqliteJobStore(writer, reader);
    this.accounts = new SqliteAccountStore({ writer, reader });
    this.platforms = new SqlitePlatformStore({ writer, reader });
    this.files = new SqliteFileIndex({ writer, reader });
    this.limits = new SqliteLimitStore({ writer, reader });
    this.requests = new SqliteRequestRecords({ writer, reader });
  }

  /**
   * Opens the file, and makes it if it is not there. The writer thread brings its schema up to date first.
   * @param options.makeRoom asked when the disk is full; where it says yes, what has failed is tried once more
   * @throws {DocferryError} `newer_schema`, `disk_full`, `store_unavailable`
   */
  static async open(options: {
    file: string;
    limits: ReleaseLimits;
    makeRoom?: () => Promise<boolean>;
  }): Promise<SqliteStore> {
    const { file, limits, makeRoom } = options;
    const data: StoreThreadData = { file, limits };
    const writer = await SqliteWriter.start<StoreCalls>(
      new URL("./store-thread.ts", import.meta.url),
      data,
      "store",
      makeRoom,
    );
    return new SqliteStore(writer, openReader(file));
  }

  touch(): Promise<void> {
    return this.#writer.call("touch", undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The one that may write goes last: it takes the log into the file, and leaves nothing beside it.
    this.#reader.close();
    await this.#writer[Symbol.asyncDispose]();
  }
}
