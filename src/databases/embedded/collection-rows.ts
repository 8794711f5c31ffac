import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Documents } from "../../bson/documents.ts";
import { int32At } from "../../bson/walk.ts";
import { DocferryError } from "../../job/errors.ts";
import type { ReadConnection } from "./read-connection.ts";

/** What one page holds at most, about: rows, and bytes unless its first document alone has more. */
export const pageRows = 1000;
export const pageBytes = 2 ** 20;

/** A page of this size is still read in one piece. */
const packedBytes = 8 * pageBytes;

/** Documents in the order of a page, before any is left out; owns its memory. */
export interface RowPage extends Documents {
  /** Key of the last row read; null: there was none. */
  lastKey: Uint8Array | null;
}

/** Rows whose key is `lower` or more and less than `upper`, by key. */
export interface KeySpan {
  lower: Uint8Array;
  upper: Uint8Array;
  descending: boolean;
}

interface Totals {
  count: number;
  size: number;
  largest: number;
}

/** The smallest key. */
export const lowestKey: Uint8Array = new Uint8Array(0);
/** Above all keys: their first byte is lower. */
export const aboveKeys: Uint8Array = Uint8Array.of(0xff);

/** The smallest key above this one. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/**
 * The reading side of one collection's rows. What it reads is bounded, and each page is one snapshot in which the
 * collection is known to be there.
 */
export class CollectionRows {
  readonly #connection: ReadConnection;
  readonly #db: DatabaseSync;
  readonly #name: string;
  readonly #number: number;
  readonly #totals: StatementSync;
  readonly #byKey: StatementSync;
  readonly #pages: Record<"up" | "down", PageStatements>;

  /** @throws {DocferryError} `collection_not_found` */
  constructor(connection: ReadConnection, name: string) {
    const db = connection.current();
    const row = db?.prepare("SELECT number FROM collection WHERE name = ?").get(name);
    if (!db || !row) throw notFound(name);
    this.#connection = connection;
    this.#db = db;
    this.#name = name;
    this.#number = row["number"] as number;
    this.#totals = db.prepare(
      "SELECT count, size, largest FROM collection WHERE number = ? AND name = ?",
    );
    this.#byKey = db.prepare(`SELECT document FROM c${this.#number} WHERE key = ?`);
    this.#pages = {
      up: pageStatements(db, this.#number, "ASC"),
      down: pageStatements(db, this.#number, "DESC"),
    };
  }

  /** The next page of a span. */
  page({ lower, upper, descending }: KeySpan): RowPage {
    const statements = this.#pages[descending ? "down" : "up"];
    return this.#inSnapshot(({ count, size, largest }) => {
      const rows = Math.max(1, Math.min(pageRows, Math.floor((pageBytes * count) / (size + 1))));
      const fits =
        rows * largest <= packedBytes ||
        Number(statements.size.get(lower, upper, rows)?.["size"] ?? 0) <= packedBytes;
      return fits
        ? packedPage(statements.packed, lower, upper, rows)
        : rowByRow(statements.each, lower, upper, rows);
    });
  }

  /** The documents of these keys that are there, in the order of the keys, as many as make a page. */
  pageOfKeys(keys: readonly Uint8Array[]): { page: RowPage; taken: number } {
    return this.#inSnapshot(() => {
      const documents: Uint8Array[] = [];
      let size = 0;
      let taken = 0;
      while (taken < keys.length && taken < pageRows && size < pageBytes) {
        const row = this.#byKey.get(keys[taken]!) as { document: Uint8Array } | undefined;
        taken++;
        if (!row) continue;
        documents.push(row.document);
        size += row.document.length;
      }
      return { page: pageOf(documents, size, keys[taken - 1] ?? null), taken };
    });
  }

  /** Documents in the collection. */
  count(): number {
    return this.#inSnapshot(({ count }) => count);
  }

  /** Keys of about `count` rows spread over the collection, ascending: a look at as many rows as that. */
  sampleKeys(count: number): Uint8Array[] {
    return this.#inSnapshot(() => {
      const table = `c${this.#number}`;
      const ends = this.#db
        .prepare(
          `SELECT (SELECT min(id) FROM ${table}) AS first, (SELECT max(id) FROM ${table}) AS last`,
        )
        .get() as { first: number | null; last: number | null };
      const { first, last } = ends;
      if (first === null || last === null) return [];
      const at = this.#db.prepare(`SELECT key FROM ${table} WHERE id >= ? ORDER BY id LIMIT 1`);
      return Array.from({ length: count }, (_, i) => {
        // Multiples of the golden ratio: evenly spread, and in step with no order that the rows were written in.
        const id = first + Math.floor((last - first + 1) * ((i * 0.618033988749895) % 1));
        return (at.get(id) as { key: Uint8Array }).key;
      }).sort((a, b) => Buffer.compare(a, b));
    });
  }

  /** Reads at one moment, at which the collection is there: its rows go only after its name. */
  #inSnapshot<T>(read: (totals: Totals) => T): T {
    if (this.#connection.current() !== this.#db) throw notFound(this.#name);
    this.#db.exec("BEGIN");
    try {
      const totals = this.#totals.get(this.#number, this.#name) as unknown as Totals | undefined;
      if (!totals) throw notFound(this.#name);
      return read(totals);
    } finally {
      this.#db.exec("COMMIT");
    }
  }
}

interface PageStatements {
  /** Bytes of the documents. */
  size: StatementSync;
  packed: StatementSync;
  each: StatementSync;
}

function pageStatements(
  db: DatabaseSync,
  number: number,
  direction: "ASC" | "DESC",
): PageStatements {
  const from = `FROM c${number} WHERE key >= ? AND key < ? ORDER BY key ${direction} LIMIT ?`;
  const last = direction === "ASC" ? "max" : "min";
  const each = db.prepare(`SELECT key, document ${from}`);
  each.setReturnArrays(true);
  return {
    size: db.prepare(`SELECT sum(length(document)) AS size FROM (SELECT document ${from})`),
    // One value for all documents of a page: a row for each costs five times as much. Neither the text that group_concat
    // makes nor the cast back looks at the bytes.
    packed: db.prepare(
      `SELECT CAST(group_concat(document, '') AS BLOB) AS bytes, count(*) AS count, ${last}(key) AS lastKey
       FROM (SELECT key, document ${from})`,
    ),
    each,
  };
}

function packedPage(
  packed: StatementSync,
  lower: Uint8Array,
  upper: Uint8Array,
  rows: number,
): RowPage {
  const { bytes, count, lastKey } = packed.get(lower, upper, rows) as {
    bytes: Uint8Array | null;
    count: number;
    lastKey: Uint8Array | null;
  };
  if (!bytes) return pageOf([], 0, null);
  const starts = new Uint32Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    at += int32At(bytes, at);
    starts[i + 1] = at;
  }
  if (at !== bytes.length) {
    throw new DocferryError("internal", "A row holds something else than one document");
  }
  return { bytes, starts, count, lastKey };
}

function rowByRow(
  each: StatementSync,
  lower: Uint8Array,
  upper: Uint8Array,
  rows: number,
): RowPage {
  const documents: Uint8Array[] = [];
  let size = 0;
  let lastKey: Uint8Array | null = null;
  for (const row of each.iterate(lower, upper, rows)) {
    const [key, document] = row as unknown as [Uint8Array, Uint8Array];
    documents.push(document);
    size += document.length;
    lastKey = key;
    if (size >= pageBytes) break;
  }
  return pageOf(documents, size, lastKey);
}

function pageOf(documents: Uint8Array[], size: number, lastKey: Uint8Array | null): RowPage {
  const bytes = new Uint8Array(size);
  const starts = new Uint32Array(documents.length + 1);
  let at = 0;
  for (const [i, document] of documents.entries()) {
    bytes.set(document, at);
    at += document.length;
    starts[i + 1] = at;
  }
  return { bytes, starts, count: documents.length, lastKey };
}

function notFound(name: string): DocferryError {
  return new DocferryError("collection_not_found", `No collection ${JSON.stringify(name)}`);
}
