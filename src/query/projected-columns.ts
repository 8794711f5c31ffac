import { readProjection } from "./projection-tree.ts";

/** The paths that a projection names to keep, in its order: a CSV's columns; null where it only leaves some out. */
export function projectedColumns(projection: Uint8Array): string[] | null {
  const kept = readProjection(projection)
    .filter(({ include }) => include)
    .map(({ path }) => path);
  return kept.length > 0 ? kept : null;
}
