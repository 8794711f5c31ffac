import type { DatabaseSync } from "node:sqlite";
import { hiddenPrefix, uploadsPrefix } from "../../files/file-name.ts";
import { DocferryError } from "../../job/errors.ts";
import type { StorageRoom } from "../file-index.ts";
import type { LimitHolder } from "../limit-store.ts";
import { all, one } from "./rows.ts";

/** What of the limits is used, and whether there is room for more: inside of the transaction that uses it. */

/** @throws {DocferryError} `too_many_jobs` if the environment or its account may have no more jobs in flight */
export function requirePlaceForJob(db: DatabaseSync, environment: string): void {
  for (const { holder, limit } of limitsOf(db, environment, "jobs")) {
    const jobs = usedJobs(db, ownedBy(db, holder));
    if (jobs < limit) continue;
    throw new DocferryError(
      "too_many_jobs",
      `${nameOf(holder)} may have ${limit} jobs in flight, and has ${jobs}`,
    );
  }
}

/**
 * @param file its name, and the bytes that it is to have
 * @throws {DocferryError} `storage_limit`
 */
export function requireRoomForFile(
  db: DatabaseSync,
  file: { environment: string; name: string; size: number },
): void {
  for (const { of, limit, bytes } of storageRooms(db, file)) {
    if (file.size <= bytes) continue;
    throw new DocferryError(
      "storage_limit",
      `${of} may store ${limit} bytes; there is room for ${Math.max(bytes, 0)} under the name ${file.name}, not for ${file.size}`,
    );
  }
}

/** How much a name may have, by each limit that there is. What it has already may always be stored again. */
export function storageRooms(
  db: DatabaseSync,
  { environment, name }: { environment: string; name: string },
): StorageRoom[] {
  // What docferry keeps for jobs goes by itself; parts of uploads are what a client has stored.
  if (name.startsWith(hiddenPrefix) && !name.startsWith(uploadsPrefix)) return [];
  return limitsOf(db, environment, "stored_bytes").map(({ holder, limit }) => {
    const row = one(
      db,
      "SELECT size FROM file WHERE environment = ? AND name = ?",
      environment,
      name,
    );
    const present = (row?.["size"] as number | undefined) ?? 0;
    const others = usedBytes(db, ownedBy(db, holder)) - present;
    return { of: nameOf(holder), limit, bytes: Math.max(limit - others, present) };
  });
}

/** Ids of environments. */
export function ownedBy(db: DatabaseSync, { kind, id }: LimitHolder): string {
  if (kind === "environment") return JSON.stringify([id]);
  const rows = all(db, "SELECT id FROM environment WHERE app_id = ?1 OR platform_id = ?1", id);
  return JSON.stringify(rows.map((row) => row["id"]));
}

/** @param environments of `ownedBy` */
export function usedJobs(db: DatabaseSync, environments: string): number {
  const row = one(
    db,
    `SELECT count(*) AS jobs FROM json_each(?) JOIN job ON job.environment = value
     WHERE ended_at IS NULL`,
    environments,
  );
  return row?.["jobs"] as number;
}

/** @param environments of `ownedBy` */
export function usedBytes(db: DatabaseSync, environments: string): number {
  const row = one(
    db,
    `SELECT ifnull(sum(bytes), 0) AS bytes FROM json_each(?) JOIN file_use ON file_use.environment = value`,
    environments,
  );
  return row?.["bytes"] as number;
}

function limitsOf(
  db: DatabaseSync,
  environment: string,
  column: "jobs" | "stored_bytes",
): { holder: LimitHolder; limit: number }[] {
  const rows = all(
    db,
    `SELECT kind, id, ${column} AS "limit" FROM usage_limit
     WHERE ${column} IS NOT NULL AND
       ((kind = 'environment' AND id = ?1) OR
        (kind = 'account' AND id = (SELECT ifnull(app_id, platform_id) FROM environment WHERE id = ?1)))`,
    environment,
  );
  return rows.map((row) => ({
    holder: { kind: row["kind"] as LimitHolder["kind"], id: row["id"] as string },
    limit: row["limit"] as number,
  }));
}

function nameOf({ kind, id }: LimitHolder): string {
  return kind === "environment" ? `Environment ${id}` : `Account ${id}`;
}
