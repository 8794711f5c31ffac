import { readFileSync, readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { asDocferryError, DocferryError } from "../job/errors.ts";

/** What a kind of database file is: its mark, and the folder of its numbered .sql migrations. */
export interface SchemaDefinition {
  /** Written into `PRAGMA application_id`, so that a file of another kind is refused. */
  applicationId: number;
  /** `001-name.sql`, `002-name.sql`, …: the number is the schema version that the step leads to. */
  migrations: URL;
  /** Bytes of a page, settled when the file is made; SQLite's 4096 unless given. */
  pageSize?: number;
}

/**
 * Opens the one writing connection of a file, and brings its schema up to date.
 *
 * `journal_mode=WAL` lets readers go on while this connection writes. `synchronous` is `FULL` where a commit must survive a
 * power cut before its answer leaves (the WAL is synced at each commit), `NORMAL` where only order matters (the WAL is
 * synced at checkpoints; a power cut may take back the newest commits, never the middle of one).
 *
 * @throws {DocferryError} `newer_schema` for a file that a newer docferry wrote, or one of another kind; `disk_full`,
 *   `store_unavailable` where the disk does not let it, or the file is damaged
 */
export function openWriter(
  file: string,
  schema: SchemaDefinition,
  synchronous: "FULL" | "NORMAL",
): DatabaseSync {
  try {
    return openMigrated(file, schema, synchronous);
  } catch (error) {
    if (error instanceof DocferryError) throw error;
    const { code, message } = asDocferryError(error);
    throw new DocferryError(
      code === "disk_full" ? code : "store_unavailable",
      `Cannot open ${file}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
      { cause: error },
    );
  }
}

function openMigrated(
  file: string,
  schema: SchemaDefinition,
  synchronous: "FULL" | "NORMAL",
): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5000 });
  try {
    // Before the journal mode, which writes the file's first page.
    if (schema.pageSize) db.exec(`PRAGMA page_size=${schema.pageSize}`);
    db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}; PRAGMA foreign_keys=ON`);
    migrate(db, file, schema);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Opens a connection that can only read. Under WAL it neither waits for the writer nor makes it wait. */
export function openReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  db.exec("PRAGMA query_only=ON");
  return db;
}

/**
 * The version of the file's schema, 0 before its first step.
 * @throws {DocferryError} `newer_schema` for a file that a newer docferry wrote, or one of another kind
 */
export function schemaVersion(db: DatabaseSync, file: string, schema: SchemaDefinition): number {
  const version = pragma(db, "user_version");
  if (version > 0 && pragma(db, "application_id") !== schema.applicationId) {
    throw new DocferryError("newer_schema", `${file} is not a file of this kind`);
  }
  const newest = stepsOf(schema).at(-1)?.version ?? 0;
  if (version > newest) {
    throw new DocferryError(
      "newer_schema",
      `${file} has schema version ${version}, this docferry knows versions up to ${newest}`,
    );
  }
  return version;
}

function migrate(db: DatabaseSync, file: string, schema: SchemaDefinition): void {
  const version = schemaVersion(db, file, schema);
  for (const step of stepsOf(schema).filter((candidate) => candidate.version > version)) {
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(readFileSync(step.url, "utf8"));
      db.exec(`PRAGMA user_version=${step.version}; PRAGMA application_id=${schema.applicationId}`);
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}

function stepsOf(schema: SchemaDefinition): { version: number; url: URL }[] {
  return readdirSync(schema.migrations)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => ({ version: Number.parseInt(name, 10), url: new URL(name, schema.migrations) }));
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
