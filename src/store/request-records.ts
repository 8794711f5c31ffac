// PORT. Requests that were answered with an error, for whoever looks their rid up. It is a ring: it keeps the newest within its
// bounds, and gives each account its share. What it promises is written as the suite test/contract/request-records.ts. Times
// are unix ms and come from the caller.

export interface RequestRecord {
  rid: string;
  /** Who may look it up: the app or platform whose token it was, or that it named; null: the operator only. */
  account: string | null;
  /** Whose share of the room it takes: the account that has proved itself; "" for all others together. */
  share: string;
  /** When it came. */
  at: number;
  /** Until the answer had left. */
  ms: number;
  method: string;
  /** Path and query, secrets masked; the same for the two bodies, which may be cut. */
  url: string;
  body: string;
  answer: string;
  /** The client's address. */
  client: string;
}

/** Of all records together. */
export interface RecordBounds {
  records: number;
  /** Texts and a fixed cost for each record. */
  bytes: number;
}

export interface RequestRecords {
  /**
   * Adds records, and forgets as many as the bounds ask for: always the oldest of the share that takes the most, so that one
   * that makes many errors cannot push out those of the others. A rid that is there already stays as it is.
   */
  add(records: readonly RequestRecord[], bounds: RecordBounds): Promise<void>;
  find(rid: string): Promise<RequestRecord | undefined>;
  /** Forgets up to `limit` records that came before then. How many it forgot. */
  forget(before: number, limit: number): Promise<number>;
}

/** What a record takes beside its texts: rows, indexes. */
const recordCost = 300;

/** Bytes that count against the bounds. */
export function sizeOfRecord(record: RequestRecord): number {
  const { url, body, answer } = record;
  return recordCost + Buffer.byteLength(url) + Buffer.byteLength(body) + Buffer.byteLength(answer);
}
