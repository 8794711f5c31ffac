import type { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";
import type { ReleaseLimits } from "../../job/release.ts";
import { openWriter } from "../../sqlite/open.ts";
import { serveCalls } from "../../sqlite/serve-calls.ts";
import { accountCalls } from "./accounts.ts";
import { leaseCalls } from "./leases.ts";
import { outcomeCalls } from "./outcomes.ts";
import { fileCalls } from "./files.ts";
import { jobCalls } from "./jobs.ts";
import { limitCalls } from "./limits.ts";
import { requestCalls } from "./requests.ts";
import { platformCalls } from "./platforms.ts";

// The writer thread of the store's file.

export interface StoreThreadData {
  file: string;
  limits: ReleaseLimits;
}

/** `dfs1` */
const applicationId = 0x64667331;

const { file, limits } = workerData as StoreThreadData;

const calls = {
  ...jobCalls(limits),
  ...leaseCalls(limits),
  ...outcomeCalls(limits),
  ...accountCalls,
  ...platformCalls,
  ...fileCalls,
  ...limitCalls,
  ...requestCalls,
  /** The same number again: a page is written all the same. */
  touch(connection: DatabaseSync): void {
    const { user_version: version } = connection.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    connection.exec(`PRAGMA user_version = ${version}`);
  },
};
export type StoreCalls = typeof calls;

// FULL: an accepted job, a token and a file's name are on the disk before their answer leaves.
const db = openWriter(
  file,
  { applicationId, migrations: new URL("./migrations/", import.meta.url) },
  "FULL",
);
serveCalls(db, calls);
