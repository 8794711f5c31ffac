import { DocferryError } from "../../job/errors.ts";
import type { CollectionInfo } from "../database.ts";
import { CollectionRows } from "./collection-rows.ts";
import type { ReadConnection } from "./read-connection.ts";

/** What an index's entry has beyond its key: the number of the row, the lengths of both, its place in the page. */
const entryBytes = 9;

/** Keys that are looked at where nobody has counted the bytes of all. */
const sampledKeys = 100;

interface CollectionRow {
  name: string;
  count: number;
  size: number;
  /** Missing in a file that no writer of this version has opened yet. */
  key_size?: number | null;
}

/** The collections of an environment by name; none while it has no database. */
export function collectionInfos(connection: ReadConnection): CollectionInfo[] {
  const rows = (connection
    .current()
    ?.prepare("SELECT * FROM collection WHERE name IS NOT NULL ORDER BY name")
    .all() ?? []) as unknown as CollectionRow[];
  return rows.map(({ name, count, size, key_size: keySize }) => ({
    name,
    count,
    size,
    indexCount: 1,
    indexSize: (keySize ?? estimatedKeySize(connection, name, count)) + count * entryBytes,
  }));
}

/** Documents that are older than the count of their keys' bytes: an average of some, times all. */
function estimatedKeySize(connection: ReadConnection, name: string, count: number): number {
  const keys = sampleKeys(connection, name);
  const bytes = keys.reduce((sum, key) => sum + key.length, 0);
  return keys.length === 0 ? 0 : Math.round((bytes * count) / keys.length);
}

function sampleKeys(connection: ReadConnection, name: string): Uint8Array[] {
  try {
    return new CollectionRows(connection, name).sampleKeys(sampledKeys);
  } catch (error) {
    // Dropped since it was listed.
    if (error instanceof DocferryError && error.code === "collection_not_found") return [];
    throw error;
  }
}
