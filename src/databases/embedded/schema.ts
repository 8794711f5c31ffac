import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DocferryError } from "../../job/errors.ts";
import { type SchemaDefinition, openWriter } from "../../sqlite/open.ts";

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
  db.exec(
    "PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8192; PRAGMA journal_size_limit=134217728",
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
