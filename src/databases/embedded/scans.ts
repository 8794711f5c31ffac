import type { Documents } from "../../bson/documents.ts";
import {
  type CollectionRows,
  type KeySpan,
  type RowPage,
  keyAfter,
  pageRows,
} from "./collection-rows.ts";

/** Documents that a scan came by. */
export interface ScanPage extends Documents {
  /** Where to go on behind the page; null where order is not by key. */
  endKey: Uint8Array | null;
  /** Documents read for it. */
  scanned: number;
}

/** A way through a collection, a bounded page at a time. Pages may be empty. */
export interface Scan {
  /** undefined after the last one. */
  next(): ScanPage | undefined;
  close(): void;
}

/** All of a span by key. */
export class SpanScan implements Scan {
  readonly #rows: CollectionRows;
  #span: KeySpan;

  constructor(rows: CollectionRows, span: KeySpan) {
    this.#rows = rows;
    this.#span = span;
  }

  next(): ScanPage | undefined {
    const page = this.#rows.page(this.#span);
    if (!page.lastKey) return undefined;
    this.#span = this.#span.descending
      ? { ...this.#span, upper: page.lastKey }
      : { ...this.#span, lower: keyAfter(page.lastKey) };
    return scanPageOf(page);
  }

  close(): void {}
}

/** The documents of some keys. */
export class KeysScan implements Scan {
  readonly #rows: CollectionRows;
  readonly #keys: Uint8Array[];
  #at = 0;

  /** @param keys in the order in which the documents are wanted */
  constructor(rows: CollectionRows, keys: Uint8Array[]) {
    this.#rows = rows;
    this.#keys = keys;
  }

  next(): ScanPage | undefined {
    if (this.#at >= this.#keys.length) return undefined;
    const { page, taken } = this.#rows.pageOfKeys(this.#keys.slice(this.#at, this.#at + pageRows));
    this.#at += taken;
    return scanPageOf(page);
  }

  close(): void {}
}

function scanPageOf({ bytes, starts, count, lastKey }: RowPage): ScanPage {
  return { bytes, starts, count, endKey: lastKey, scanned: count };
}
