/**
 * A query as plain data: what the wire's query language and the native filters become, and what a database runs.
 * BSON bytes, never objects, so that no number or type is lost on the way. Travels to threads and stands in the job store
 * (as base64 there).
 */
export interface QueryPlan {
  collection: string;
  /** A MongoDB filter document as BSON: `{"age":{"$gt":10}}`; the empty document matches all. */
  filter: Uint8Array;
  /** A MongoDB projection as BSON, in the order given (the CSV columns' order); null: whole documents. */
  projection: Uint8Array | null;
  /** In order of weight; empty: in key order. */
  sort: SortField[];
  skip: number;
  /** null: all. */
  limit: number | null;
}

export interface SortField {
  /** Dotted path. */
  path: string;
  direction: 1 | -1;
}
