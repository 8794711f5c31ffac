import type { DatabaseSync } from "node:sqlite";
import type { SinkSpec } from "../database.ts";
import type { CollectionTable } from "./collection-table.ts";
import type { Collections } from "./collections.ts";
import { FieldIndex } from "./field-index.ts";

/** Indexes kept: that of the import used longest ago goes first, and is built anew should that import go on. */
const keptIndexes = 4;

interface KeptIndex {
  collection: number;
  index: FieldIndex;
}

/** The field indexes of an environment's imports. */
export class FieldIndexes {
  readonly #db: DatabaseSync;
  readonly #collections: Collections;
  /** In order of last use. */
  readonly #kept = new Map<string, KeptIndex>();

  constructor(db: DatabaseSync, collections: Collections) {
    this.#db = db;
    this.#collections = collections;
  }

  /** The index that finds the spec's documents; null where their `_id`s do. */
  of(table: CollectionTable, spec: SinkSpec): FieldIndex | null {
    if (findsByKey(spec)) return null;
    const { upsertFields } = spec;
    const key = JSON.stringify([table.number, upsertFields]);
    const kept = this.#kept.get(key) ?? this.#add(table, upsertFields);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    this.#evict();
    return kept.index;
  }

  #add(table: CollectionTable, fields: readonly string[]): KeptIndex {
    const index = new FieldIndex(this.#db, table.number, fields);
    this.#collections.listen(table, index);
    return { collection: table.number, index };
  }

  #evict(): void {
    for (const [key, { collection, index }] of this.#kept) {
      if (this.#kept.size <= keptIndexes) return;
      this.#collections.unlisten(collection, index);
      index.close();
      this.#kept.delete(key);
    }
  }
}

/** Whether a sink finds documents by their `_id` alone, or none at all. */
export function findsByKey({ mode, upsertFields }: SinkSpec): boolean {
  return mode === "insert" || upsertFields.every((field) => field === "_id");
}
