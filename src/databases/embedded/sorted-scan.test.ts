import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { documentAt } from "../../bson/documents.ts";
import { documentsOf } from "../../../test/support/record-batch.ts";
import type { Scan, ScanPage } from "./scans.ts";
import { type SortOptions, SortedScan } from "./sorted-scan.ts";

/** A source of documents: any bytes, for a sort looks only at what its functions make of them. */
class PagesScan implements Scan {
  readonly #pages: Uint8Array[][];
  closed = false;

  constructor(documents: Uint8Array[], pageSize: number) {
    this.#pages = Array.from({ length: Math.ceil(documents.length / pageSize) }, (_, i) =>
      documents.slice(i * pageSize, (i + 1) * pageSize),
    );
  }

  next(): ScanPage | undefined {
    const page = this.#pages.shift();
    return page && { ...documentsOf(page), endKey: null, scanned: page.length };
  }

  close(): void {
    this.closed = true;
  }
}

/** A document that begins with a number to sort by (2 bytes) and its own number (4 bytes). */
function documentOf(value: number, number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(number);
  new DataView(bytes.buffer).setUint16(0, value);
  new DataView(bytes.buffer).setUint32(2, number);
  return bytes;
}

describe("SortedScan", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "docferry-sort-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const sort = (documents: Uint8Array[], options: Partial<SortOptions> = {}): Uint8Array[] => {
    const source = new PagesScan(documents, 100);
    const scan = new SortedScan(source, {
      matches: null,
      project: null,
      sortKey: (document) => document.slice(0, 2),
      wanted: null,
      folder,
      ...options,
    });
    const sorted: Uint8Array[] = [];
    try {
      for (let page = scan.next(); page; page = scan.next()) {
        assert.ok(page.count <= 1000);
        for (let i = 0; i < page.count; i++) sorted.push(documentAt(page, i));
        assert.deepEqual(readdirSync(folder), [], "a file of a sort has no name");
      }
    } finally {
      scan.close();
    }
    assert.equal(source.closed, true);
    return sorted;
  };
  const expected = (documents: Uint8Array[]): Uint8Array[] =>
    documents.toSorted((a, b) => Buffer.compare(a.subarray(0, 2), b.subarray(0, 2)));

  /** More than two runs' bytes, with many equal keys in all of them. */
  const many = Array.from({ length: 5000 }, (_, i) => documentOf((i * 7919) % 300, i, 9000));

  it("sorts what does not fit in memory, equal keys as they came", () => {
    assert.deepEqual(sort(many), expected(many));
  });

  it("gives the first ones, whether these fit in memory or not", () => {
    for (const wanted of [0, 1, 7, 1700, 4000, 5000, 6000]) {
      // More may come: whoever asks for the first ones stops there.
      assert.deepEqual(sort(many, { wanted }).slice(0, wanted), expected(many).slice(0, wanted));
    }
  });

  it("leaves out what does not match and keeps what is wanted of the rest", () => {
    const sorted = sort(many, {
      matches: (document) => document[5]! % 2 === 1,
      project: (document) => document.slice(0, 6),
    });
    assert.deepEqual(
      sorted,
      expected(many.filter((document) => document[5]! % 2 === 1)).map((document) =>
        document.slice(0, 6),
      ),
    );
  });

  it("sorts documents larger than a block of its file among small ones", () => {
    const documents = Array.from({ length: 300 }, (_, i) =>
      documentOf((i * 31) % 50, i, i % 60 === 7 ? 5_000_000 : 50),
    );
    assert.deepEqual(sort(documents), expected(documents));
  });

  it("sorts nothing", () => {
    assert.deepEqual(sort([]), []);
  });
});
