import { documentAt } from "../../bson/documents.ts";
import { pageBytes, pageRows } from "./collection-rows.ts";
import { RunMerge } from "./merge-runs.ts";
import type { Scan, ScanPage } from "./scans.ts";
import { SortBuffer } from "./sort-buffer.ts";
import { SortFile } from "./sort-file.ts";

/** What is sorted in memory: a run of the file. */
const runBytes = 16 * 2 ** 20;

export interface SortOptions {
  /** Which documents are wanted. */
  matches: ((document: Uint8Array) => boolean) | null;
  /** What is wanted of them. */
  project: ((document: Uint8Array) => Uint8Array) | null;
  /** Bytes in whose order they are wanted. */
  sortKey: (document: Uint8Array) => Uint8Array;
  /** Only so many of the first are wanted; null: all. */
  wanted: number | null;
  /** Where a file may stand meanwhile. */
  folder: string;
}

/**
 * Sorts with bounded memory: the first pages are empty while documents are collected in sorted runs, of which only the
 * first stays in memory if it is the only one; the others bring the documents in that order, equal ones as the source had
 * them. Each is as it was when the source came by. (Keeping keys alone, and reading the documents again in their order, took
 * 20 times as long for 1M documents of 250 bytes: each is a read somewhere else.)
 */
export class SortedScan implements Scan {
  readonly #source: Scan;
  readonly #options: SortOptions;
  readonly #buffer = new SortBuffer(2 ** 16);
  #file: SortFile | undefined;
  /** Keys from this one on are not wanted. */
  #cut: Buffer | undefined;
  #ordered: OrderedDocuments | undefined;

  constructor(source: Scan, options: SortOptions) {
    this.#source = source;
    this.#options = options;
  }

  next(): ScanPage | undefined {
    if (this.#ordered) return pageOf(this.#ordered);
    const page = this.#source.next();
    if (!page) {
      this.#ordered = this.#order();
      return emptyPage(0);
    }
    for (let i = 0; i < page.count; i++) this.#take(documentAt(page, i));
    return emptyPage(page.scanned);
  }

  close(): void {
    this.#source.close();
    this.#file?.close();
  }

  #take(document: Uint8Array): void {
    const { matches, project, sortKey } = this.#options;
    if (matches && !matches(document)) return;
    const key = sortKey(document);
    // An equal key is not wanted either: what came earlier comes first.
    if (this.#cut && Buffer.compare(key, this.#cut) >= 0) return;
    this.#buffer.add(key, project ? project(document) : document);
    if (this.#buffer.size >= runBytes) this.#makeRoom();
  }

  /** Forgets what is not among the first that are wanted; where that is not enough, writes a run. */
  #makeRoom(): void {
    const { wanted } = this.#options;
    const order = this.#buffer.sorted();
    const kept = wanted === null ? order : order.subarray(0, wanted);
    if (wanted !== null && kept.length === wanted) {
      this.#cut = wanted > 0 ? Buffer.from(this.#buffer.key(kept[wanted - 1]!)) : Buffer.alloc(0);
    }
    if (kept.length > order.length / 2) this.#spill(kept);
    else this.#buffer.keep(kept);
  }

  #spill(order: Uint32Array): void {
    this.#file ??= new SortFile(this.#options.folder);
    this.#file.addRun(this.#buffer, order);
    this.#buffer.clear();
  }

  #order(): OrderedDocuments {
    const order = this.#buffer.sorted();
    if (!this.#file) return new BufferedDocuments(this.#buffer, order);
    this.#spill(order);
    return new RunMerge(this.#file.readers());
  }
}

/** Documents one after another. */
interface OrderedDocuments {
  /** A view, valid until `advance`; undefined behind the last. */
  readonly document: Buffer | undefined;
  advance(): void;
}

class BufferedDocuments implements OrderedDocuments {
  readonly #buffer: SortBuffer;
  readonly #order: Uint32Array;
  #at = 0;

  constructor(buffer: SortBuffer, order: Uint32Array) {
    this.#buffer = buffer;
    this.#order = order;
  }

  get document(): Buffer | undefined {
    const index = this.#order[this.#at];
    return index === undefined ? undefined : this.#buffer.document(index);
  }

  advance(): void {
    this.#at++;
  }
}

function pageOf(ordered: OrderedDocuments): ScanPage | undefined {
  const copies: Buffer[] = [];
  let size = 0;
  while (copies.length < pageRows && size < pageBytes) {
    const { document } = ordered;
    if (!document) break;
    copies.push(Buffer.from(document));
    size += document.length;
    ordered.advance();
  }
  if (copies.length === 0) return undefined;
  const starts = new Uint32Array(copies.length + 1);
  const bytes = new Uint8Array(size);
  for (const [i, copy] of copies.entries()) {
    bytes.set(copy, starts[i]);
    starts[i + 1] = starts[i]! + copy.length;
  }
  return { bytes, starts, count: copies.length, endKey: null, scanned: copies.length };
}

function emptyPage(scanned: number): ScanPage {
  return { bytes: new Uint8Array(0), starts: new Uint32Array(1), count: 0, endKey: null, scanned };
}
