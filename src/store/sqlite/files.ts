import type { DatabaseSync } from "node:sqlite";
import { DocferryError } from "../../job/errors.ts";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import {
  anyFile,
  type FileCondition,
  type FileEntry,
  type FileIndex,
  meetsCondition,
  type StorageRoom,
} from "../file-index.ts";
import { all, one, type Row, run } from "./rows.ts";
import { requireRoomForFile, storageRooms } from "./usage.ts";

type NewEntry = Parameters<FileIndex["put"]>[0];

/** The file index's writes: each runs in a transaction in the thread that writes the file. */
export const fileCalls = {
  putFile,

  removeFile(
    db: DatabaseSync,
    file: { environment: string; name: string; condition: FileCondition },
  ): boolean {
    const { environment, name } = file;
    requireCondition(db, file);
    return run(db, "DELETE FROM file WHERE environment = ? AND name = ?", environment, name) > 0;
  },

  removeAllFiles(
    db: DatabaseSync,
    { environment, limit }: { environment: string; limit: number },
  ): number {
    return run(
      db,
      `DELETE FROM file WHERE environment = ? AND name IN
         (SELECT name FROM file WHERE environment = ? ORDER BY name LIMIT ?)`,
      environment,
      environment,
      limit,
    );
  },
};

export type FileCalls = typeof fileCalls;

/** Gives an object its name; for transactions of others, too. */
export function putFile(db: DatabaseSync, { object, now, ...rest }: NewEntry): FileEntry {
  const { environment, name, contentType, condition = anyFile, insteadOf } = rest;
  requireCondition(db, { environment, name, condition });
  if (insteadOf !== undefined) removeAllBelow(db, { environment, prefix: insteadOf });
  requireRoomForFile(db, { environment, name, size: object.size });
  // Not INSERT OR REPLACE: that removes the old row without telling the trigger which counts.
  run(
    db,
    `INSERT INTO file (environment, name, object, size, md5, content_type, modified_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (environment, name) DO UPDATE SET
       object = excluded.object, size = excluded.size, md5 = excluded.md5,
       content_type = excluded.content_type, modified_at = excluded.modified_at`,
    environment,
    name,
    object.id,
    object.size,
    object.md5,
    contentType,
    now,
  );
  const { id, size, md5 } = object;
  return { environment, name, object: id, size, md5, contentType, modifiedAt: now };
}

function removeAllBelow(
  db: DatabaseSync,
  { environment, prefix }: { environment: string; prefix: string },
): void {
  const end = nameAfterPrefix(prefix);
  run(
    db,
    `DELETE FROM file WHERE environment = ? AND name >= ? ${end === null ? "" : "AND name < ?"}`,
    environment,
    prefix,
    ...(end === null ? [] : [end]),
  );
}

function requireCondition(
  db: DatabaseSync,
  file: { environment: string; name: string; condition: FileCondition },
): void {
  const { environment, name, condition } = file;
  const row = one(db, "SELECT md5 FROM file WHERE environment = ? AND name = ?", environment, name);
  if (meetsCondition(condition, row?.["md5"] as string | undefined)) return;
  throw new DocferryError(
    "precondition_failed",
    row ? `There is another file ${name} already` : `There is no file ${name}`,
  );
}

/** File names in the SQLite file of the jobs: writes go to its writing thread, reads to a connection of this thread. */
export class SqliteFileIndex implements FileIndex {
  readonly #writer: SqliteWriter<FileCalls>;
  readonly #reader: DatabaseSync;

  constructor({ writer, reader }: { writer: SqliteWriter<FileCalls>; reader: DatabaseSync }) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async get(environment: string, name: string): Promise<FileEntry | undefined> {
    const row = one(
      this.#reader,
      "SELECT * FROM file WHERE environment = ? AND name = ?",
      environment,
      name,
    );
    return row && entryOf(row);
  }

  put(entry: NewEntry): Promise<FileEntry> {
    return this.#writer.call("putFile", entry);
  }

  remove(environment: string, name: string, condition = anyFile): Promise<boolean> {
    return this.#writer.call("removeFile", { environment, name, condition });
  }

  removeAll(environment: string, limit: number): Promise<number> {
    return this.#writer.call("removeAllFiles", { environment, limit });
  }

  async list(options: Parameters<FileIndex["list"]>[0]): Promise<FileEntry[]> {
    const { environment, prefix, after, limit } = options;
    const end = nameAfterPrefix(prefix);
    const rows = all(
      this.#reader,
      `SELECT * FROM file WHERE environment = ? AND name >= ? AND name > ?
         ${end === null ? "" : "AND name < ?"} ORDER BY name LIMIT ?`,
      environment,
      prefix,
      after ?? "",
      ...(end === null ? [] : [end]),
      limit,
    );
    return rows.map(entryOf);
  }

  async rooms(environment: string, name: string): Promise<StorageRoom[]> {
    return storageRooms(this.#reader, { environment, name });
  }

  /** Parts of a job that has ended are in its file by now, or of no use any more: they would double what is stored. */
  async unreferenced(objects: string[]): Promise<string[]> {
    const rows = all(
      this.#reader,
      `SELECT value AS id FROM json_each(?)
       WHERE NOT EXISTS (SELECT 1 FROM file WHERE object = value)
         AND NOT EXISTS (SELECT 1 FROM job WHERE object = value AND ended_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM part JOIN job ON job.id = part.job_id
           WHERE part.object = value AND job.ended_at IS NULL)`,
      JSON.stringify(objects),
    );
    return rows.map((row) => row["id"] as string);
  }
}

/**
 * The first text that comes after all that begin with `prefix`, in order of code points, which is that of UTF-8 bytes: so a
 * list ends where the prefix does and need not read on. null: none does.
 */
function nameAfterPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // Surrogates are no characters: the one after U+D7FF is U+E000.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

function entryOf(row: Row): FileEntry {
  return {
    environment: row["environment"] as string,
    name: row["name"] as string,
    object: row["object"] as string,
    size: row["size"] as number,
    md5: row["md5"] as string,
    contentType: row["content_type"] as string,
    modifiedAt: row["modified_at"] as number,
  };
}
