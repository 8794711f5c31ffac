import type { DatabaseSync } from "node:sqlite";

/** Runs `work` in one transaction of the writing connection; what it throws rolls back. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // After an error of the disk SQLite may have rolled back by itself.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
