import type { DatabaseSync, StatementSync } from "node:sqlite";
import { DocferryError } from "../../job/errors.ts";
import type { AccessRule } from "../database.ts";
import { CollectionTable, type RowListener } from "./collection-table.ts";

/** What one step of a removal may read: rows, and bytes if all were as large as the largest. */
const removeRows = 5000;
const removeBytes = 64 * 2 ** 20;

/** Tables whose statements are kept ready. */
const keptTables = 64;

interface DroppedRow {
  number: number;
  /** Bytes when it was dropped. */
  size: number;
  largest: number;
}

/** The writing side of an environment's collections. */
export class Collections {
  readonly #db: DatabaseSync;
  readonly #tables = new Map<string, CollectionTable>();
  /** By collection number: they outlive the tables, which a rolled back transaction takes with it. */
  readonly #listeners = new Map<number, Set<RowListener>>();
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #drop: StatementSync;
  readonly #setAccessRule: StatementSync;
  readonly #nextDropped: StatementSync;
  readonly #forget: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#find = db.prepare("SELECT number FROM collection WHERE name = ?");
    this.#add = db.prepare("INSERT INTO collection (name) VALUES (?) RETURNING number");
    this.#drop = db.prepare("UPDATE collection SET name = NULL WHERE name = ?");
    this.#setAccessRule = db.prepare(
      "UPDATE collection SET access_tag = ?, access_rule = ? WHERE name = ?",
    );
    this.#nextDropped = db.prepare(
      "SELECT number, size, largest FROM collection WHERE name IS NULL LIMIT 1",
    );
    this.#forget = db.prepare("DELETE FROM collection WHERE number = ?");
  }

  /** The collection's table, made if it is not there. Within a transaction; after a rollback call `reset`. */
  ensure(name: string): CollectionTable {
    const known = this.#tables.get(name);
    if (known) return known;
    const table = new CollectionTable(this.#db, this.#numberOf(name) ?? this.#create(name));
    for (const listener of this.#listeners.get(table.number) ?? []) table.listeners.add(listener);
    if (this.#tables.size >= keptTables) this.#tables.clear();
    this.#tables.set(name, table);
    return table;
  }

  /** Makes the collection; false where it is there already. Within a transaction. */
  create(name: string): boolean {
    if (this.#numberOf(name) !== undefined) return false;
    this.#create(name);
    return true;
  }

  /** What has been prepared and counted in a transaction that was rolled back is void. */
  reset(): void {
    this.#tables.clear();
  }

  listen(table: CollectionTable, listener: RowListener): void {
    const listeners = this.#listeners.get(table.number) ?? new Set();
    this.#listeners.set(table.number, listeners.add(listener));
    table.listeners.add(listener);
  }

  unlisten(number: number, listener: RowListener): void {
    this.#listeners.get(number)?.delete(listener);
    for (const table of this.#tables.values()) {
      if (table.number === number) table.listeners.delete(listener);
    }
  }

  /** The name is free at once; the rows go step by step (`removeSome`). @throws {DocferryError} `collection_not_found` */
  drop(name: string): void {
    if (this.#drop.run(name).changes === 0) throw notFound(name);
    this.#tables.delete(name);
  }

  /** It is in the collection's own row, and goes with it. @throws {DocferryError} `collection_not_found` */
  setAccessRule(name: string, { tag, rule }: AccessRule): void {
    if (this.#setAccessRule.run(tag, rule, name).changes === 0) throw notFound(name);
  }

  /**
   * Removes a bounded number of rows of dropped collections; whether there may be more. A small table goes at once: dropping
   * one reads all its pages (1M rows of 250 bytes: 0.2 s where they are in memory).
   */
  removeSome(): boolean {
    const dropped = this.#nextDropped.get() as DroppedRow | undefined;
    if (!dropped) return false;
    const { number, size } = dropped;
    if (size <= removeBytes || this.#removeRows(dropped) === 0) {
      this.#db.exec(`DROP TABLE c${number}`);
      this.#forget.run(number);
      this.#listeners.delete(number);
    }
    return true;
  }

  /** Answers how many rows are gone. */
  #removeRows({ number, largest }: DroppedRow): number {
    const rows = Math.max(16, Math.min(removeRows, Math.floor(removeBytes / (largest + 1))));
    const table = `c${number}`;
    const remove = this.#db.prepare(
      `DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM (SELECT id FROM ${table} ORDER BY id LIMIT ?))`,
    );
    return Number(remove.run(rows).changes);
  }

  #numberOf(name: string): number | undefined {
    return (this.#find.get(name) as { number: number } | undefined)?.number;
  }

  #create(name: string): number {
    const { number } = this.#add.get(name) as { number: number };
    CollectionTable.create(this.#db, number);
    return number;
  }
}

function notFound(name: string): DocferryError {
  return new DocferryError("collection_not_found", `No collection ${JSON.stringify(name)}`);
}
