import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { DocferryError } from "../../job/errors.ts";
import { openReader, schemaVersion } from "../../sqlite/open.ts";
import { environmentSchema } from "./schema.ts";

/**
 * A reading connection that follows its file: opened once the file is there with a schema, opened anew where the
 * environment was removed and made again meanwhile.
 */
export class ReadConnection {
  readonly #file: string;
  #db: DatabaseSync | undefined;
  /** Inode of the file that `#db` has open. */
  #inode = 0n;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** The connection; undefined while there is no database. Cheap: asked before each page. @throws {DocferryError} `newer_schema` */
  current(): DatabaseSync | undefined {
    if (this.#closed) {
      throw new DocferryError("store_unavailable", "The environment's database is closed");
    }
    const inode = statSync(this.#file, { bigint: true, throwIfNoEntry: false })?.ino;
    if (inode !== undefined && inode === this.#inode) return this.#db;
    this.#release();
    if (inode === undefined) return undefined;
    const db = openReader(this.#file);
    try {
      // The writer makes file and schema: it may not have come so far.
      if (schemaVersion(db, this.#file, environmentSchema) === 0) {
        db.close();
        return undefined;
      }
      // A scan reads a page once; what is worth keeping are the index's upper levels.
      db.exec("PRAGMA cache_size=-4096");
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    this.#inode = inode;
    return db;
  }

  close(): void {
    this.#release();
    this.#closed = true;
  }

  #release(): void {
    this.#db?.close();
    this.#db = undefined;
    this.#inode = 0n;
  }
}
