import type { FileIndex } from "./file-index.ts";
import type { JobStore } from "./job-store.ts";
import type { RequestRecords } from "./request-records.ts";

/** Everything that is changed in one transaction with jobs: jobs and tasks, accounts, file names. And records of failed requests. */
export interface Store extends AsyncDisposable {
  readonly jobs: JobStore;
  readonly files: FileIndex;
  readonly requests: RequestRecords;
  /**
   * Writes what changes nothing, and syncs it: proves that the store can be written.
   * @throws {DocferryError} `disk_full`, `store_unavailable`
   */
  touch(): Promise<void>;
}
