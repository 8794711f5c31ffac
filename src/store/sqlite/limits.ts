import type { DatabaseSync } from "node:sqlite";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import type {
  LimitHolder,
  LimitRecord,
  LimitStore,
  LimitUse,
  RequestCount,
} from "../limit-store.ts";
import { all, type Row, run } from "./rows.ts";
import { ownedBy, usedBytes, usedJobs } from "./usage.ts";

/** The limits' writes: each runs in a transaction in the thread that writes the file. */
export const limitCalls = {
  setLimits(db: DatabaseSync, record: LimitRecord): void {
    const { kind, id, limits, addresses } = record;
    run(db, "DELETE FROM usage_limit WHERE kind = ? AND id = ?", kind, id);
    const { requestsPerMinute, requestsPerDay, jobs, storedBytes } = limits;
    const values = [requestsPerMinute, requestsPerDay, jobs, storedBytes];
    if (addresses.length === 0 && values.every((value) => value === null)) return;
    run(
      db,
      `INSERT INTO usage_limit
         (kind, id, requests_per_minute, requests_per_day, jobs, stored_bytes, addresses)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      kind,
      id,
      ...values,
      JSON.stringify(addresses),
    );
  },

  keepRequestCounts(db: DatabaseSync, counts: readonly RequestCount[]): void {
    for (const { kind, id, day, requests } of counts) {
      run(
        db,
        `INSERT INTO request_count (kind, id, day, requests) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, id) DO UPDATE SET day = excluded.day, requests = excluded.requests`,
        kind,
        id,
        day,
        requests,
      );
    }
  },
};

export type LimitCalls = typeof limitCalls;

/** Limits in the SQLite file of the jobs: writes go to its writing thread, reads to a connection of this thread. */
export class SqliteLimitStore implements LimitStore {
  readonly #writer: SqliteWriter<LimitCalls>;
  readonly #reader: DatabaseSync;

  constructor({ writer, reader }: { writer: SqliteWriter<LimitCalls>; reader: DatabaseSync }) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async all(): Promise<LimitRecord[]> {
    return all(this.#reader, "SELECT * FROM usage_limit ORDER BY kind, id").map(recordOf);
  }

  set(record: LimitRecord): Promise<void> {
    return this.#writer.call("setLimits", record);
  }

  async counts(): Promise<RequestCount[]> {
    return all(this.#reader, "SELECT * FROM request_count ORDER BY kind, id").map((row) => ({
      ...holderOf(row),
      day: row["day"] as number,
      requests: row["requests"] as number,
    }));
  }

  keepCounts(counts: readonly RequestCount[]): Promise<void> {
    return this.#writer.call("keepRequestCounts", counts);
  }

  async use(holder: LimitHolder): Promise<LimitUse> {
    const environments = ownedBy(this.#reader, holder);
    return {
      jobs: usedJobs(this.#reader, environments),
      storedBytes: usedBytes(this.#reader, environments),
    };
  }
}

/** What was set for a holder that goes is nothing for the next one of its id. */
export function forgetLimits(db: DatabaseSync, { kind, id }: LimitHolder): void {
  for (const table of ["usage_limit", "request_count"]) {
    if (kind === "account") {
      run(
        db,
        `DELETE FROM ${table} WHERE kind = 'environment' AND id IN 
           (SELECT id FROM environment WHERE app_id = ?1 OR platform_id = ?1)`,
        id,
      );
    }
    run(db, `DELETE FROM ${table} WHERE kind = ? AND id = ?`, kind, id);
  }
}

function holderOf(row: Row): LimitHolder {
  return { kind: row["kind"] as LimitHolder["kind"], id: row["id"] as string };
}

function recordOf(row: Row): LimitRecord {
  return {
    ...holderOf(row),
    limits: {
      requestsPerMinute: row["requests_per_minute"] as number | null,
      requestsPerDay: row["requests_per_day"] as number | null,
      jobs: row["jobs"] as number | null,
      storedBytes: row["stored_bytes"] as number | null,
    },
    addresses: JSON.parse(row["addresses"] as string) as string[],
  };
}
