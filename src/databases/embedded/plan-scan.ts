import type { QueryPlan } from "../../query/plan.ts";
import { compileSortKey } from "../../query/sort-key.ts";
import type { KeyRange } from "../database.ts";
import { type CollectionRows, aboveKeys, keyAfter, lowestKey } from "./collection-rows.ts";
import { type IdBounds, idBounds } from "./id-bounds.ts";
import { type Scan, KeysScan, SpanScan } from "./scans.ts";
import { type SortOptions, SortedScan } from "./sorted-scan.ts";

/** How a query goes through a range. */
export interface ScanPlan {
  scan: Scan;
  /** The scan takes filter and projection itself. */
  selects: boolean;
}

export interface PlanOptions extends Pick<SortOptions, "matches" | "project" | "folder"> {
  /** Hex key behind which to go on, null: from the beginning. */
  after: string | null;
}

/**
 * The way that a query goes through a range of a collection: by key where it sorts by nothing or by `_id`, reading only
 * what the filter leaves of the keys; else through a sort.
 */
export function planScan(
  rows: CollectionRows,
  query: QueryPlan,
  range: KeyRange,
  { after, ...options }: PlanOptions,
): ScanPlan {
  const { sort, skip, limit } = query;
  const [first] = sort;
  const byKey = first === undefined || first.path === "_id";
  const descending = byKey && first?.direction === -1;
  const scan = scanByKey(rows, idBounds(query.filter), { range, after, descending });
  if (byKey) return { scan, selects: false };
  const wanted = limit === null ? null : skip + limit;
  const sorted = new SortedScan(scan, { ...options, sortKey: compileSortKey(sort), wanted });
  return { scan: sorted, selects: true };
}

function scanByKey(
  rows: CollectionRows,
  bounds: IdBounds,
  { range, after, descending }: { range: KeyRange; after: string | null; descending: boolean },
): Scan {
  const behind = after === null ? null : keyOf(after);
  const lower = highest([
    range.from === null ? lowestKey : keyOf(range.from),
    bounds.lower ?? lowestKey,
    behind && !descending ? keyAfter(behind) : lowestKey,
  ]);
  const upper = lowest([
    range.to === null ? aboveKeys : keyOf(range.to),
    bounds.upper ?? aboveKeys,
    behind && descending ? behind : aboveKeys,
  ]);
  if (!bounds.keys) return new SpanScan(rows, { lower, upper, descending });
  const keys = bounds.keys.filter(
    (key) => Buffer.compare(key, lower) >= 0 && Buffer.compare(key, upper) < 0,
  );
  return new KeysScan(rows, descending ? keys.reverse() : keys);
}

function keyOf(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

function highest(keys: Uint8Array[]): Uint8Array {
  return keys.reduce((a, b) => (Buffer.compare(a, b) >= 0 ? a : b));
}

function lowest(keys: Uint8Array[]): Uint8Array {
  return keys.reduce((a, b) => (Buffer.compare(a, b) <= 0 ? a : b));
}
