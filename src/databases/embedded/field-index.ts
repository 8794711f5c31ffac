import { DatabaseSync, type StatementSync } from "node:sqlite";
import { orderKey } from "../../bson/order-key.ts";
import { bsonType } from "../../bson/types.ts";
import type { RowListener } from "./collection-table.ts";
import { type FieldValue, type Path, pathOf, valueAtPath } from "./field-paths.ts";

/** Documents looked at in one step of a build. */
const stepRows = 2000;

/** Longer keys are cut: what an index finds is compared anyway. */
const longestKey = 120;

/** Where documents stand that any key may belong to. */
const anyKey = new Uint8Array(0);

/**
 * Finds the documents of a collection by other fields than `_id`: a private temporary file that is built step by step when
 * an import needs it, told of every row written meanwhile, and gone with its thread. It gives candidates, never too few:
 * entries of rows that have changed stay, keys may be cut, and a document with an array on one of the paths stands under no
 * key of its own, since each element counts. So it needs no part in the transactions of the rows.
 */
export class FieldIndex implements RowListener {
  readonly #rows: StatementSync;
  readonly #paths: Path[];
  readonly #entries: DatabaseSync;
  readonly #add: StatementSync;
  readonly #next: StatementSync;
  #builtTo = 0;
  #built = false;

  /** @param db the connection that the collection's rows are read with */
  constructor(db: DatabaseSync, collection: number, fields: readonly string[]) {
    this.#rows = db.prepare(
      `SELECT id, document FROM c${collection} WHERE id > ? ORDER BY id LIMIT ${stepRows}`,
    );
    this.#paths = fields.map(pathOf);
    this.#entries = new DatabaseSync("");
    // One transaction to the end: nothing is taken back, and each commit would write its pages out.
    this.#entries.exec(
      `PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768;
       CREATE TABLE entry (key BLOB, id INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID;
       BEGIN`,
    );
    this.#add = this.#entries.prepare("INSERT OR IGNORE INTO entry VALUES (?, ?)");
    this.#next = this.#entries.prepare(
      "SELECT id FROM entry WHERE key = ? AND id > ? ORDER BY id LIMIT 1",
    );
  }

  /** Looks at a bounded number of rows; whether all have been looked at. */
  buildSome(): boolean {
    if (this.#built) return true;
    let rows = 0;
    for (const row of this.#rows.iterate(this.#builtTo)) {
      const { id, document } = row as unknown as { id: number; document: Uint8Array };
      this.add(id, document);
      this.#builtTo = id;
      rows++;
    }
    this.#built = rows < stepRows;
    return this.#built;
  }

  buildAll(): void {
    while (!this.buildSome());
  }

  add(id: number, document: Uint8Array): void {
    const values = this.#paths.map((path) => valueAtPath(document, path));
    const key = values.includes("array") ? null : keyOf(document, values as (FieldValue | null)[]);
    this.#add.run(key ?? anyKey, id);
  }

  /** Ids of rows in which the fields may have these values (null: none), ascending, among them all in which they have. */
  *candidates(record: Uint8Array, values: (FieldValue | null)[]): Generator<number> {
    const key = keyOf(record, values);
    let own = key ? this.#after(key, 0) : Infinity;
    let any = this.#after(anyKey, 0);
    while (own < Infinity || any < Infinity) {
      yield Math.min(own, any);
      if (own < any) own = this.#after(key!, own);
      else any = this.#after(anyKey, any);
    }
  }

  close(): void {
    this.#entries.close();
  }

  #after(key: Uint8Array, id: number): number {
    return (this.#next.get(key, id) as { id: number } | undefined)?.id ?? Infinity;
  }
}

/** The order keys of the values one behind another, absent ones as null; null where an array or undefined is among them. */
function keyOf(document: Uint8Array, values: (FieldValue | null)[]): Uint8Array | null {
  const keys: Uint8Array[] = [];
  for (const value of values) {
    const type = value?.type ?? bsonType.null;
    if (type === bsonType.array || type === bsonType.undefined) return null;
    keys.push(orderKey(type, document, value?.at ?? 0));
  }
  return Buffer.concat(keys).subarray(0, longestKey);
}
