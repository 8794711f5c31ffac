import type { QueryPlan } from "../../query/plan.ts";
import type { KeyRange } from "../database.ts";
import type { CollectionRows } from "./collection-rows.ts";
import { idBounds } from "./id-bounds.ts";

/** Fewer documents than this are not worth a range of their own. */
const fewestDocuments = 5000;

/** Looks for each range: its size is within about a third of the average. */
const samplesPerRange = 50;
const mostSamples = 5000;

/** Ranges of about equal size that together are the whole collection; one where the query's order goes across them. */
export function keyRanges(rows: CollectionRows, query: QueryPlan, atMost: number): KeyRange[] {
  const whole = [{ from: null, to: null }];
  const { sort, skip, limit } = query;
  if (sort.length > 0 || skip > 0 || limit !== null || idBounds(query.filter).keys) return whole;
  const wanted = Math.min(atMost, Math.floor(rows.count() / fewestDocuments));
  if (wanted <= 1) return whole;
  const samples = rows.sampleKeys(Math.min(mostSamples, wanted * samplesPerRange));
  return between(quantiles(samples, wanted));
}

/** Keys that part the samples into `parts` of about equal size, each once. */
function quantiles(samples: Uint8Array[], parts: number): string[] {
  const keys = new Set<string>();
  for (let i = 1; i < parts; i++) {
    const key = samples[Math.floor((i * samples.length) / parts)];
    if (key) keys.add(Buffer.from(key).toString("hex"));
  }
  return [...keys];
}

function between(keys: string[]): KeyRange[] {
  return [...keys, null].map((to, i) => ({ from: keys[i - 1] ?? null, to }));
}
