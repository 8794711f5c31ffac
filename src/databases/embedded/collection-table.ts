import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyedRecords } from "./keyed-records.ts";

/** Rows of one statement: each crossing into SQLite costs as much as the row. */
const rowsAtOnce = 50;

const saveTotals = `
  UPDATE collection SET
    count = count + ?, size = size + ?, key_size = key_size + ?, largest = max(largest, ?)
  WHERE number = ?`;

/** A row that was found. */
export interface FoundRow {
  id: number;
  document: Uint8Array;
}

/** Told of every document that a collection gets, so that it is found again by other fields than `_id`. */
export interface RowListener {
  add(id: number, document: Uint8Array): void;
}

/**
 * The writing side of one collection's rows. Keeps its totals, which are written to the collection's own row with
 * `saveTotals` in the same transaction.
 */
export class CollectionTable {
  readonly number: number;
  readonly listeners = new Set<RowListener>();
  readonly #insert: StatementSync;
  readonly #insertMany: StatementSync;
  readonly #lastId: StatementSync;
  readonly #idsBetween: StatementSync;
  readonly #byKey: StatementSync;
  readonly #byId: StatementSync;
  readonly #compare: StatementSync;
  readonly #replace: StatementSync;
  readonly #remove: StatementSync;
  readonly #saveTotals: StatementSync;
  #count = 0;
  #size = 0;
  #keySize = 0;
  #largest = 0;

  constructor(db: DatabaseSync, number: number) {
    const table = `c${number}`;
    // OR IGNORE, though only the key can be there already: with `ON CONFLICT (key)` SQLite would keep a statement journal for
    // the constraints that can abort, a second write of every page.
    const insert = (rows: number): StatementSync =>
      db.prepare(
        `INSERT OR IGNORE INTO ${table} (id, key, document) VALUES ${Array(rows).fill("(?, ?, ?)").join(", ")}`,
      );
    this.number = number;
    this.#insert = insert(1);
    this.#insertMany = insert(rowsAtOnce);
    this.#lastId = db.prepare(`SELECT coalesce(max(id), 0) AS id FROM ${table}`);
    this.#idsBetween = db.prepare(`SELECT id FROM ${table} WHERE id >= ? AND id < ?`);
    this.#byKey = db.prepare(`SELECT id, document FROM ${table} WHERE key = ?`);
    this.#byId = db.prepare(`SELECT id, document FROM ${table} WHERE id = ?`);
    this.#compare = db.prepare(
      `SELECT id, length(document) AS size, document = ? AS same FROM ${table} WHERE key = ?`,
    );
    this.#replace = db.prepare(`UPDATE ${table} SET document = ? WHERE id = ?`);
    this.#remove = db.prepare(
      `DELETE FROM ${table} WHERE id = ? RETURNING length(document) AS size, length(key) AS keySize`,
    );
    this.#saveTotals = db.prepare(saveTotals);
  }

  static create(db: DatabaseSync, number: number): void {
    db.exec(
      `CREATE TABLE c${number} (id INTEGER PRIMARY KEY, key BLOB NOT NULL, document BLOB NOT NULL);
       CREATE UNIQUE INDEX k${number} ON c${number} (key)`,
    );
  }

  /**
   * Inserts records in the given order, whichever of them have no row with their key yet.
   * @param order in order of key: what the index wants, and the table then reads well in that order
   * @returns the first row's id: record `order[i]` has got id `first + i`, or was there already
   */
  insertMany(records: KeyedRecords, order: Uint32Array): { first: number; present: number[] } {
    const first = this.#nextId();
    const present: number[] = [];
    const values: (number | Uint8Array)[] = [];
    let at = 0;
    for (; at + rowsAtOnce <= order.length; at += rowsAtOnce) {
      for (let i = 0; i < rowsAtOnce; i++) {
        const index = order[at + i]!;
        values[3 * i] = first + at + i;
        values[3 * i + 1] = records.key(index);
        values[3 * i + 2] = records.document(index);
      }
      const { changes } = this.#insertMany.run(...values);
      this.#account(records, order, { first, at, count: rowsAtOnce }, Number(changes), present);
    }
    for (; at < order.length; at++) {
      const index = order[at]!;
      const { changes } = this.#insert.run(first + at, records.key(index), records.document(index));
      this.#account(records, order, { first, at, count: 1 }, Number(changes), present);
    }
    return { first, present };
  }

  /** Inserts one row; false where its key is there already. */
  insert(key: Uint8Array, document: Uint8Array): boolean {
    const id = this.#nextId();
    if (this.#insert.run(id, key, document).changes === 0) return false;
    this.#added(id, document);
    this.#keySize += key.length;
    return true;
  }

  find(key: Uint8Array): FoundRow | undefined {
    return this.#byKey.get(key) as FoundRow | undefined;
  }

  findById(id: number): FoundRow | undefined {
    return this.#byId.get(id) as FoundRow | undefined;
  }

  /** Gives the row that has this key another document with the same key; false where it is equal byte by byte. */
  replaceByKey(key: Uint8Array, document: Uint8Array): boolean {
    const row = this.#compare.get(document, key) as { id: number; size: number; same: number };
    if (row.same !== 0) return false;
    this.replace(row.id, row.size, document);
    return true;
  }

  /** Gives a row another document with the same key. @param size of the document it has */
  replace(id: number, size: number, document: Uint8Array): void {
    this.#replace.run(document, id);
    this.#count--;
    this.#size -= size;
    this.#added(id, document);
  }

  /** Whether the row was there. */
  remove(id: number): boolean {
    const removed = this.#remove.get(id) as { size: number; keySize: number } | undefined;
    if (!removed) return false;
    this.#count--;
    this.#size -= removed.size;
    this.#keySize -= removed.keySize;
    return true;
  }

  /** Writes what has been added and removed since the last time to the collection's row. */
  saveTotals(): void {
    this.#saveTotals.run(this.#count, this.#size, this.#keySize, this.#largest, this.number);
    this.#count = 0;
    this.#size = 0;
    this.#keySize = 0;
  }

  #nextId(): number {
    return (this.#lastId.get() as { id: number }).id + 1;
  }

  /** Counts what one statement inserted; where it left rows out, asks which. */
  #account(
    records: KeyedRecords,
    order: Uint32Array,
    { first, at, count }: { first: number; at: number; count: number },
    changes: number,
    present: number[],
  ): void {
    const from = first + at;
    const inserted =
      changes === count
        ? null
        : new Set(this.#idsBetween.all(from, from + count).map((row) => row["id"]));
    for (let i = 0; i < count; i++) {
      const index = order[at + i]!;
      if (inserted === null || inserted.has(from + i)) {
        this.#added(from + i, records.document(index));
        this.#keySize += records.keySize(index);
      } else {
        present.push(index);
      }
    }
  }

  #added(id: number, document: Uint8Array): void {
    this.#count++;
    this.#size += document.length;
    if (document.length > this.#largest) this.#largest = document.length;
    for (const listener of this.listeners) listener.add(id, document);
  }
}
