import { DocferryError } from "../job/errors.ts";
import type { SortField } from "./plan.ts";

/** MongoDB's own limit. */
export const maxSortFields = 32;

/** @throws {DocferryError} `invalid_query` */
export function checkSort(sort: SortField[]): void {
  if (sort.length > maxSortFields) {
    throw refuse(`A sort takes at most ${maxSortFields} fields, not ${sort.length}`);
  }
  const paths = new Set<string>();
  for (const { path, direction } of sort) {
    checkSortPath(path);
    if (paths.has(path)) throw refuse(`A sort cannot name ${JSON.stringify(path)} twice`);
    if (direction !== 1 && direction !== -1) {
      throw refuse(`The direction of ${JSON.stringify(path)} must be 1 or -1`);
    }
    paths.add(path);
  }
}

/** @throws {DocferryError} `invalid_query` for a path that names no field */
export function checkSortPath(path: string): void {
  const shown = JSON.stringify(path);
  if (path.includes("\0")) throw refuse(`The sort path ${shown} has a NUL`);
  for (const part of path.split(".")) {
    if (part === "") throw refuse(`The sort path ${shown} has an empty part`);
    if (part.startsWith("$")) throw refuse(`The sort path ${shown} has a part that begins with $`);
  }
}

function refuse(message: string): DocferryError {
  return new DocferryError("invalid_query", message);
}
