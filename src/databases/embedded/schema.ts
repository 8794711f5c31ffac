import { statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DocferryError } from "../../job/errors.ts";
import { type SchemaDefinition, openReader, openWriter, schemaVersion } from "../../sqlite/open.ts";

/** One file an environment. */
export const environmentSchema: SchemaDefinition = {
  applicationId: 0x64666564,
  migrations: new URL("migrations/", import.meta.url),
  // Pages of 4096 bytes: 10 to 20 % fewer inserts/s, 40 % more time in commits.
  pageSize: 8192,
};

/** Opens the writing connection of an environment's file; makes it if it is not there. */
export function openEnvironmentWriter(file: string): DatabaseSync {
  const db = openWriter(file, environmentSchema, "NORMAL");
  // A checkpoint for each 64 MB of log: with SQLite's 1000 pages every batch pays for one. After it the log is used again
  // from its beginning; what one huge transaction made it grow to is given back.
  // 24 MB of cache: with 64 a million random ids are not imported any faster.
  db.exec(
    "PRAGMA cache_size=-24576; PRAGMA wal_autocheckpoint=8192; PRAGMA journal_size_limit=134217728",
  );
  return db;
}

/** Where environments stand: each in a folder as `<environment>.sqlite`, or the only one in a file of any name. */
export type EnvironmentFiles = { folder: string } | { environment: string; file: string };

/**
 * @throws {DocferryError} `invalid_argument` for what is no environment id: it becomes a file name;
 *   `environment_not_found` for another one than the only one
 */
export function environmentFile(files: EnvironmentFiles, environment: string): string {
  if ("file" in files) {
    if (environment === files.environment) return files.file;
    throw new DocferryError("environment_not_found", `${files.file} is not ${environment}`);
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(environment)) {
    throw new DocferryError(
      "invalid_argument",
      `An environment id has 1 to 64 letters, digits, _ and -, not ${JSON.stringify(environment)}`,
    );
  }
  return join(files.folder, `${environment}.sqlite`);
}

/**
 * Refuses a file that somebody has for something else, before its first byte is changed. What is not there or empty is
 * free to become an environment.
 * @throws {DocferryError} `invalid_file`, `newer_schema`
 */
export function checkEnvironmentFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isFile()) throw new DocferryError("invalid_file", `${file} is not a file`);
  if (found.size === 0) return;
  let tables = 0;
  let version = 0;
  try {
    const db = openReader(file);
    try {
      tables = Number(db.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"]);
      version = schemaVersion(db, file, environmentSchema);
    } finally {
      db.close();
    }
  } catch (error) {
    // SQLITE_NOTADB
    if ((error as { errcode?: number }).errcode !== 26) throw error;
    throw new DocferryError("invalid_file", `${file} is no SQLite database`, { cause: error });
  }
  if (version === 0 && tables > 0) {
    throw new DocferryError("invalid_file", `${file} is a SQLite database of something else`);
  }
}
