import type { DatabaseSync } from "node:sqlite";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import {
  type RecordBounds,
  type RequestRecord,
  type RequestRecords,
  sizeOfRecord,
} from "../request-records.ts";
import { all, one, type Row, run } from "./rows.ts";

/** So many of the largest share go before the shares are compared again. */
const forgetStep = 10;

/** The records' writes: each runs in a transaction in the thread that writes the file. */
export const requestCalls = {
  addRequests(
    db: DatabaseSync,
    { records, bounds }: { records: readonly RequestRecord[]; bounds: RecordBounds },
  ): void {
    for (const record of records) addRequest(db, record);
    keepWithin(db, bounds);
  },

  forgetRequests(db: DatabaseSync, { before, limit }: { before: number; limit: number }): number {
    return run(
      db,
      "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at < ? ORDER BY at LIMIT ?)",
      before,
      limit,
    );
  },
};

export type RequestCalls = typeof requestCalls;

/** Records of requests in the SQLite file of the jobs: writes go to its writing thread, reads to a connection of this thread. */
export class SqliteRequestRecords implements RequestRecords {
  readonly #writer: SqliteWriter<RequestCalls>;
  readonly #reader: DatabaseSync;

  constructor({ writer, reader }: { writer: SqliteWriter<RequestCalls>; reader: DatabaseSync }) {
    this.#writer = writer;
    this.#reader = reader;
  }

  add(records: readonly RequestRecord[], bounds: RecordBounds): Promise<void> {
    return this.#writer.call("addRequests", { records, bounds });
  }

  async find(rid: string): Promise<RequestRecord | undefined> {
    const row = one(this.#reader, "SELECT * FROM request WHERE rid = ?", rid);
    return row && recordOf(row);
  }

  forget(before: number, limit: number): Promise<number> {
    return this.#writer.call("forgetRequests", { before, limit });
  }
}

function addRequest(db: DatabaseSync, record: RequestRecord): void {
  run(
    db,
    `INSERT INTO request (rid, account, share, at, size, ms, method, url, body, answer, client)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rid) DO NOTHING`,
    record.rid,
    record.account,
    record.share,
    record.at,
    sizeOfRecord(record),
    record.ms,
    record.method,
    record.url,
    record.body,
    record.answer,
    record.client,
  );
}

function keepWithin(db: DatabaseSync, bounds: RecordBounds): void {
  const total = one(
    db,
    "SELECT ifnull(sum(records), 0) AS records, ifnull(sum(bytes), 0) AS bytes FROM request_share",
  );
  let records = total?.["records"] as number;
  let bytes = total?.["bytes"] as number;
  while (records > bounds.records || bytes > bounds.bytes) {
    const largest = one(db, "SELECT share FROM request_share ORDER BY bytes DESC LIMIT 1");
    const gone = all(
      db,
      `DELETE FROM request WHERE id IN (SELECT id FROM request WHERE share = ? ORDER BY id LIMIT ?)
       RETURNING size`,
      largest?.["share"] as string,
      forgetStep,
    );
    records -= gone.length;
    for (const { size } of gone) bytes -= size as number;
  }
}

function recordOf(row: Row): RequestRecord {
  return {
    rid: row["rid"] as string,
    account: row["account"] as string | null,
    share: row["share"] as string,
    at: row["at"] as number,
    ms: row["ms"] as number,
    method: row["method"] as string,
    url: row["url"] as string,
    body: row["body"] as string,
    answer: row["answer"] as string,
    client: row["client"] as string,
  };
}
