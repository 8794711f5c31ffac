// PORT. What accounts and environments may use at most, and how many requests of a day are used up. What is counted in
// transactions (jobs in flight, stored bytes) is refused by the job store and the file index themselves, which read these limits;
// what is counted by requests is access/. What it promises is written as the suite test/contract/limit-store.ts.

/** null: no limit. */
export interface Limits {
  requestsPerMinute: number | null;
  requestsPerDay: number | null;
  /** Jobs that have not ended. */
  jobs: number | null;
  /** Bytes of files, without those that docferry keeps for jobs. */
  storedBytes: number | null;
}

/** An account is an app or a platform. */
export interface LimitHolder {
  kind: "account" | "environment";
  id: string;
}

export interface LimitRecord extends LimitHolder {
  limits: Limits;
  /** Addresses and networks that an account may log in from; empty: all. */
  addresses: readonly string[];
}

export interface RequestCount extends LimitHolder {
  /** Number of the day (access/china-day.ts). */
  day: number;
  requests: number;
}

/** What of the limits is used up. */
export interface LimitUse {
  jobs: number;
  storedBytes: number;
}

export interface LimitStore {
  /** Of those that have any. */
  all(): Promise<LimitRecord[]>;
  /** Holds from this moment on. A record without any limit and address is forgotten. */
  set(record: LimitRecord): Promise<void>;
  /** The last count of each holder. */
  counts(): Promise<RequestCount[]>;
  /** Keeps counts in the place of earlier ones. */
  keepCounts(counts: readonly RequestCount[]): Promise<void>;
  /** An account's is that of all its environments. */
  use(holder: LimitHolder): Promise<LimitUse>;
}

export const noLimits: Limits = Object.freeze({
  requestsPerMinute: null,
  requestsPerDay: null,
  jobs: null,
  storedBytes: null,
});
