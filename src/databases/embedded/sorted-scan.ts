import { DatabaseSync, type StatementSync } from "node:sqlite";
import { documentAt } from "../../bson/documents.ts";
import { orderKeyOfId } from "../../bson/order-key.ts";
import { type CollectionRows, pageRows } from "./collection-rows.ts";
import type { Scan, ScanPage } from "./scans.ts";

interface SortEntry {
  sortKey: Uint8Array;
  key: Uint8Array;
}

export interface SortOptions {
  /** Which documents are wanted. */
  matches: (document: Uint8Array) => boolean;
  /** Bytes in whose order they are wanted. */
  sortKey: (document: Uint8Array) => Uint8Array;
  /** Only so many of the first are wanted; null: all. */
  wanted: number | null;
}

/**
 * Sorts with bounded memory: the first pages are empty while sort keys go into a private temporary file (SQLite removes
 * it by itself), the others bring the documents in that order. A document that has gone meanwhile is left out.
 */
export class SortedScan implements Scan {
  readonly #source: Scan;
  readonly #rows: CollectionRows;
  readonly #options: SortOptions;
  readonly #entries: DatabaseSync;
  readonly #add: StatementSync;
  readonly #after: StatementSync;
  #collected = false;
  #count = 0;
  /** Entries that do not come before this one are not wanted. */
  #cut: SortEntry | undefined;
  #last: SortEntry = { sortKey: new Uint8Array(0), key: new Uint8Array(0) };

  /** @param source all documents among which those that are wanted stand */
  constructor(source: Scan, rows: CollectionRows, options: SortOptions) {
    this.#source = source;
    this.#rows = rows;
    this.#options = options;
    this.#entries = new DatabaseSync("");
    this.#entries.exec(
      `PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;
       CREATE TABLE entry (sortKey BLOB, key BLOB, PRIMARY KEY (sortKey, key)) WITHOUT ROWID`,
    );
    this.#add = this.#entries.prepare("INSERT OR IGNORE INTO entry VALUES (?, ?)");
    this.#after = this.#entries.prepare(
      `SELECT sortKey, key FROM entry WHERE (sortKey, key) > (?, ?) ORDER BY sortKey, key LIMIT ${pageRows}`,
    );
  }

  next(): ScanPage | undefined {
    return this.#collected ? this.#read() : this.#collect();
  }

  close(): void {
    this.#source.close();
    this.#entries.close();
  }

  /** Takes the sort keys of one page. */
  #collect(): ScanPage {
    const page = this.#source.next();
    if (!page) {
      this.#collected = true;
      return emptyPage(0);
    }
    this.#entries.exec("BEGIN");
    try {
      for (let i = 0; i < page.count; i++) this.#take(documentAt(page, i));
      this.#prune();
    } finally {
      this.#entries.exec("COMMIT");
    }
    return emptyPage(page.scanned);
  }

  #take(document: Uint8Array): void {
    if (!this.#options.matches(document)) return;
    const key = orderKeyOfId(document)!;
    const sortKey = this.#options.sortKey(document);
    if (this.#cut && compareEntries({ sortKey, key }, this.#cut) > 0) return;
    this.#add.run(sortKey, key);
    this.#count++;
  }

  /** Where only the first are wanted, twice as many are kept at most. */
  #prune(): void {
    const { wanted } = this.#options;
    if (wanted === null || this.#count <= Math.max(2 * wanted, pageRows)) return;
    const cut = this.#entries
      .prepare("SELECT sortKey, key FROM entry ORDER BY sortKey, key LIMIT 1 OFFSET ?")
      .get(Math.max(0, wanted - 1)) as unknown as SortEntry;
    this.#entries
      .prepare("DELETE FROM entry WHERE (sortKey, key) > (?, ?)")
      .run(cut.sortKey, cut.key);
    this.#cut = cut;
    this.#count = Math.max(1, wanted);
  }

  #read(): ScanPage | undefined {
    const { sortKey, key } = this.#last;
    const entries = this.#after.all(sortKey, key) as unknown as SortEntry[];
    if (entries.length === 0) return undefined;
    const { page, taken } = this.#rows.pageOfKeys(entries.map((entry) => entry.key));
    this.#last = entries[taken - 1]!;
    return { ...page, endKey: null, scanned: taken };
  }
}

function emptyPage(scanned: number): ScanPage {
  return { bytes: new Uint8Array(0), starts: new Uint32Array(1), count: 0, endKey: null, scanned };
}

function compareEntries(a: SortEntry, b: SortEntry): number {
  return Buffer.compare(a.sortKey, b.sortKey) || Buffer.compare(a.key, b.key);
}
