import { documentAt } from "../../bson/documents.ts";
import type { DocumentPage } from "../database.ts";
import type { ScanPage } from "./scans.ts";

export interface SelectionOptions {
  /** null: all. */
  matches: ((document: Uint8Array) => boolean) | null;
  /** null: whole documents. */
  project: ((document: Uint8Array) => Uint8Array) | null;
  skip: number;
  limit: number | null;
}

/** What a query takes of the pages of a scan: filter, skip, limit, projection, in this order. */
export class Selection {
  readonly #matches: ((document: Uint8Array) => boolean) | null;
  readonly #project: ((document: Uint8Array) => Uint8Array) | null;
  #skip: number;
  #left: number;

  constructor({ matches, project, skip, limit }: SelectionOptions) {
    this.#matches = matches;
    this.#project = project;
    this.#skip = skip;
    this.#left = limit ?? Infinity;
  }

  /** Nothing more will be taken. */
  get done(): boolean {
    return this.#left <= 0;
  }

  page(page: ScanPage): DocumentPage {
    const taken = this.#take(page);
    // Behind a page that was skipped as a whole or in part to the end nobody may go on with the skip as done.
    const endKey =
      page.endKey && this.#skip === 0 ? Buffer.from(page.endKey).toString("hex") : null;
    const { scanned } = page;
    if (taken.length === page.count && !this.#project) {
      const { bytes, starts, count } = page;
      return { bytes, starts, count, endKey, scanned };
    }
    const documents = taken.map((index) => this.#projected(documentAt(page, index)));
    const starts = new Uint32Array(documents.length + 1);
    for (const [i, document] of documents.entries()) starts[i + 1] = starts[i]! + document.length;
    const bytes = new Uint8Array(starts.at(-1)!);
    for (const [i, document] of documents.entries()) bytes.set(document, starts[i]);
    return { bytes, starts, count: documents.length, endKey, scanned };
  }

  /** Indexes of the documents that are taken. */
  #take(page: ScanPage): number[] {
    const taken: number[] = [];
    for (let i = 0; i < page.count && !this.done; i++) {
      if (this.#matches && !this.#matches(documentAt(page, i))) continue;
      if (this.#skip > 0) {
        this.#skip--;
        continue;
      }
      taken.push(i);
      this.#left--;
    }
    return taken;
  }

  #projected(document: Uint8Array): Uint8Array {
    return this.#project ? this.#project(document) : document;
  }
}
