import { DocferryError } from "../job/errors.ts";
import { checkCollectionName } from "./collection-name.ts";
import { checkFilter } from "./filter-tree.ts";
import type { QueryPlan, SortField } from "./plan.ts";
import { checkProjection } from "./projection-tree.ts";
import { checkSort } from "./sort-path.ts";

/** A query given in parts, as by the native API. What is left out stands for all, whole, in key order. */
export interface QueryParts {
  collection: string;
  /** BSON. */
  filter?: Uint8Array | undefined;
  /** BSON: a projection of `find`. */
  fields?: Uint8Array | undefined;
  sort?: SortField[] | undefined;
  skip?: number | undefined;
  /** 0: all. */
  limit?: number | undefined;
}

const emptyDocument = Uint8Array.of(5, 0, 0, 0, 0);

/**
 * The plan of the parts, each of them checked.
 * @throws {DocferryError} `invalid_query`, `invalid_collection_name`
 */
export function planFromParts(parts: QueryParts): QueryPlan {
  const { collection, filter = emptyDocument, fields, sort = [] } = parts;
  checkCollectionName(collection);
  checkFilter(filter);
  if (fields) checkProjection(fields);
  checkSort(sort);
  const isWhole = !fields || fields.length === emptyDocument.length;
  return {
    collection,
    filter,
    projection: isWhole ? null : fields,
    sort,
    skip: checkCount("skip", parts.skip ?? 0),
    limit: checkCount("limit", parts.limit ?? 0) || null,
  };
}

function checkCount(name: string, count: number): number {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new DocferryError(
      "invalid_query",
      `${name} must be an integer of 0 or more, not ${String(count)}`,
    );
  }
  return count;
}
