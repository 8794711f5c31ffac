import type { FileIndex } from "./file-index.ts";
import type { JobStore } from "./job-store.ts";

/** Everything that is changed in one transaction with jobs: jobs and tasks, accounts, file names. */
export interface Store extends AsyncDisposable {
  readonly jobs: JobStore;
  readonly files: FileIndex;
}
