import assert from "node:assert/strict";
import { it } from "node:test";
import { BSON, type Document } from "bson";
import type { Database, Databases } from "../../src/databases/database.ts";
import { documentAt } from "../../src/bson/documents.ts";
import type { SortField } from "../../src/query/plan.ts";
import { batchOf, positionOf } from "../support/record-batch.ts";
import {
  noAbort,
  pagesOf,
  query,
  readObjects,
  sinkSpec,
  wholeRange,
  writeAll,
} from "./database-harness.ts";

export function sortTests(databases: () => Databases): void {
  const open = (): Promise<Database> => databases().open("sorts");
  const count = 6000;
  const records = Array.from({ length: count }, (_, i) => ({
    _id: i,
    a: (i * 7919) % 1000,
    b: { c: i % 7 },
    name: `n${(i * 31) % count}`,
  }));

  it("gives all documents in the order asked for, equal ones by _id", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, records);
    const orders: SortField[][] = [
      [{ path: "a", direction: 1 }],
      [{ path: "a", direction: -1 }],
      [
        { path: "b.c", direction: -1 },
        { path: "a", direction: 1 },
      ],
      [{ path: "name", direction: 1 }],
      [{ path: "nothing", direction: -1 }],
    ];
    for (const sort of orders) {
      const read = await readObjects(database, query(spec.collection, { sort }));
      assert.deepEqual(ids(read), ids(sorted(records, sort)));
    }
  });

  it("gives the first ones of an order, also behind skipped ones and through a filter", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, records);
    const sort: SortField[] = [{ path: "a", direction: -1 }];
    const expected = sorted(
      records.filter(({ b }) => b.c === 3),
      sort,
    );
    for (const [skip, limit] of [
      [0, 1],
      [0, 10],
      [5, 10],
      [0, 700],
      [300, 300],
      [0, 100_000],
      [845, 100],
      [0, 0],
    ] as const) {
      const plan = query(spec.collection, { filter: { "b.c": 3 }, sort, skip, limit });
      const read = await readObjects(database, plan);
      assert.deepEqual(ids(read), ids(expected.slice(skip, skip + limit)), `${skip}, ${limit}`);
    }
  });

  it("orders missing, null and values of different types as MongoDB does", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, [
      { _id: 1, v: "x" },
      { _id: 2, v: 5 },
      { _id: 3 },
      { _id: 4, v: null },
      { _id: 5, v: [9, 1] },
      { _id: 6, v: new Date(0) },
      { _id: 7, v: { a: 1 } },
    ]);
    const up = await readObjects(
      database,
      query(spec.collection, { sort: [{ path: "v", direction: 1 }] }),
    );
    assert.deepEqual(ids(up), [3, 4, 5, 2, 1, 7, 6]);
    const down = await readObjects(
      database,
      query(spec.collection, { sort: [{ path: "v", direction: -1 }] }),
    );
    assert.deepEqual(ids(down), [6, 7, 1, 5, 2, 3, 4]);
  });

  it("names no place to go on from, and tells that it works while it sorts", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, records);
    const pages = await pagesOf(
      database,
      query(spec.collection, { sort: [{ path: "a", direction: 1 }] }),
    );
    assert.ok(pages.every(({ endKey }) => endKey === null));
    assert.ok(pages.slice(0, 5).every(({ count: found, scanned }) => found === 0 && scanned > 0));
  });

  it("gives each document once, in one of its states, whatever is written while it sorts", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, records);
    const { collection } = spec;
    const read: Document[] = [];
    let written = false;
    const plan = query(collection, {
      filter: { a: { $lt: 500 } },
      sort: [{ path: "a", direction: 1 }],
    });
    for await (const page of database.read(plan, wholeRange, { after: null, signal: noAbort })) {
      for (let i = 0; i < page.count; i++) read.push(BSON.deserialize(documentAt(page, i)));
      if (written || page.count === 0) continue;
      written = true;
      await using deleting = await database.openSink(sinkSpec({ collection, mode: "delete" }));
      await deleting.write(batchOf(records.slice(0, 3000)), positionOf(0));
      await using changing = await database.openSink(sinkSpec({ collection, mode: "upsert" }));
      await changing.write(
        batchOf(records.slice(3000, 4000).map((record) => ({ ...record, a: 900 }))),
        positionOf(0),
      );
    }
    assert.equal(new Set(ids(read)).size, read.length);
    assert.ok(read.every(({ a }) => (a as number) < 500));
    const throughout = sorted(records.slice(4000), [{ path: "a", direction: 1 }]).filter(
      ({ a }) => (a as number) < 500,
    );
    assert.deepEqual(
      ids(read).filter((id) => id >= 4000),
      ids(throughout),
    );
  });
}

function ids(documents: Document[]): number[] {
  return documents.map(({ _id }) => _id as number);
}

function sorted(documents: Document[], sort: SortField[]): Document[] {
  return documents.toSorted((a, b) => {
    for (const { path, direction } of sort) {
      const [left, right] = [valueAt(a, path), valueAt(b, path)];
      if (left !== right) return (left < right ? -1 : 1) * direction;
    }
    return (a["_id"] as number) - (b["_id"] as number);
  });
}

function valueAt(document: Document, path: string): number | string {
  return path.split(".").reduce((value: any, name) => value?.[name] ?? 0, document);
}
