import assert from "node:assert/strict";
import { it } from "node:test";
import {
  BSON,
  BSONSymbol,
  Binary,
  Code,
  Decimal128,
  Double,
  type Document,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import * as fc from "fast-check";
import type { Database, Databases, Sink } from "../../src/databases/database.ts";
import { documentAt } from "../../src/bson/documents.ts";
import { orderKeyOfId } from "../../src/bson/order-key.ts";
import { batchOf, documentsOf, positionOf, textOf } from "../support/record-batch.ts";
import { randomDocument } from "../support/random-bson.ts";
import {
  noAbort,
  pagesOf,
  query,
  readObjects,
  readTexts,
  sinkSpec,
  uniqueName,
  wholeRange,
  writeAll,
} from "./database-harness.ts";

/** An `_id` of every type that may be one, in MongoDB's order. */
const idsInOrder: unknown[] = [
  new MinKey(),
  null,
  new Double(NaN),
  new Double(-Infinity),
  Long.MIN_VALUE,
  new Int32(-1),
  new Double(-0.5),
  new Double(0),
  Decimal128.fromString("0.1"),
  new Int32(1),
  Long.fromString("9007199254740993"),
  Decimal128.fromString("1E+6000"),
  new Double(Infinity),
  "",
  "a",
  new BSONSymbol("aa"),
  "b\0",
  "é",
  "中",
  {},
  { a: new Int32(1) },
  { a: new Int32(1), b: new Int32(1) },
  { b: new Int32(0) },
  { a: "x" },
  new Binary(new Uint8Array(0)),
  new Binary(Uint8Array.of(0, 255)),
  new Binary(Uint8Array.of(1, 0)),
  new Binary(new Uint8Array(16), 4),
  new ObjectId("000000000000000000000001"),
  new ObjectId("ff0000000000000000000000"),
  false,
  true,
  new Date(-1),
  new Date(0),
  new Date(1e12),
  new Timestamp({ t: 1, i: 2 }),
  new Timestamp({ t: 4294967295, i: 1 }),
  new Code("f"),
  new Code("f", { a: 1 }),
  new MaxKey(),
];

export function sourceTests(databases: () => Databases): void {
  const open = (): Promise<Database> => databases().open("sources");

  it("reads documents with _ids of every type in MongoDB's order", async () => {
    const database = await open();
    const spec = sinkSpec();
    const ids = idsInOrder.filter((id) => id !== null && typeof id === "object");
    assert.ok(ids.length > 20);
    const shuffled = idsInOrder.map((_id, i) => ({ _id, i: (i * 17) % idsInOrder.length }));
    shuffled.sort((a, b) => a.i - b.i);
    const { counts } = await writeAll(database, spec, shuffled);
    // { a: "x" } stands behind { b: 0 }: the type class of a field weighs before its name.
    assert.equal(counts.inserted, idsInOrder.length);
    const expected = idsInOrder.map((_id) => textOf({ _id }));
    const read = await readTexts(database, query(spec.collection, { projection: { _id: 1 } }));
    assert.deepEqual(read, expected);
    const reverse = query(spec.collection, {
      projection: { _id: 1 },
      sort: [{ path: "_id", direction: -1 }],
    });
    assert.deepEqual(await readTexts(database, reverse), expected.toReversed());
  });

  it("finds every _id by itself", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      idsInOrder.map((_id) => ({ _id })),
    );
    for (const id of idsInOrder) {
      const found = await pagesOf(
        database,
        query(spec.collection, { filter: { _id: { $eq: id } } }),
      );
      assert.deepEqual(
        found.flatMap((page) => [page.count, page.scanned]),
        [1, 1],
        textOf({ _id: id }),
      );
    }
  });

  it("gives back every document byte for byte", async () => {
    const database = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(randomDocument(), { maxLength: 30 }), async (contents) => {
        const spec = sinkSpec();
        const documents = contents
          .filter((content) => orderKeyOfId(content) === null)
          .map((content, _id) => withId(_id, content));
        await using sink = await database.openSink(spec);
        await write(sink, documents);
        const pages = await pagesOf(database, query(spec.collection));
        const read = pages.flatMap((page) =>
          Array.from({ length: page.count }, (_, i) => documentAt(page, i)),
        );
        assert.deepEqual(read.map(hex), documents.map(hex));
      }),
      { numRuns: 60 },
    );
  });

  it("parts a collection into ranges that hold each document once", async () => {
    const database = await open();
    const spec = sinkSpec();
    const count = 30_000;
    const records = Array.from({ length: count }, (_, i) => ({ _id: (i * 7919) % count }));
    await writeAll(database, spec, records.slice(0, 12_345), records.slice(12_345));
    const ranges = await database.ranges(query(spec.collection), 4);
    assert.equal(ranges.length, 4);
    const seen: number[] = [];
    for (const range of ranges) {
      const pages = await pagesOf(database, query(spec.collection), { range });
      const inRange = pages.reduce((sum, page) => sum + page.count, 0);
      assert.ok(inRange > count / 8 && inRange < count / 2, `${inRange} documents in a range`);
      for (const page of pages) {
        for (let i = 0; i < page.count; i++) {
          seen.push(BSON.deserialize(documentAt(page, i))["_id"] as number);
        }
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: count }, (_, i) => i),
    );
  });

  it("gives one range where parts are not worth it or would break the order", async () => {
    const database = await open();
    const spec = sinkSpec();
    const records = Array.from({ length: 12_000 }, (_, _id) => ({ _id }));
    await writeAll(database, spec, records);
    const plans = [
      query(spec.collection, { sort: [{ path: "a", direction: 1 }] }),
      query(spec.collection, { skip: 1 }),
      query(spec.collection, { limit: 100_000 }),
      query(spec.collection, { filter: { _id: 5 } }),
    ];
    for (const plan of plans) assert.deepEqual(await database.ranges(plan, 8), [wholeRange]);
    assert.deepEqual(await database.ranges(query(spec.collection), 1), [wholeRange]);
    assert.equal((await database.ranges(query(spec.collection), 8)).length, 2);
    const small = sinkSpec();
    await writeAll(database, small, records.slice(0, 100));
    assert.deepEqual(await database.ranges(query(small.collection), 8), [wholeRange]);
    await database.createCollection("nothing");
    assert.deepEqual(await database.ranges(query("nothing"), 8), [wholeRange]);
  });

  it("goes on behind any page of any direction", async () => {
    const database = await open();
    const spec = sinkSpec();
    const records = Array.from({ length: 3500 }, (_, _id) => ({ _id, odd: _id % 2 === 1 }));
    await writeAll(database, spec, records);
    for (const direction of [1, -1] as const) {
      const plan = query(spec.collection, {
        filter: { odd: true },
        sort: [{ path: "_id", direction }],
      });
      const whole = await readTexts(database, plan);
      assert.equal(whole.length, 1750);
      const pages = await pagesOf(database, plan);
      assert.ok(pages.length >= 3);
      let before = 0;
      for (const page of pages) {
        before += page.count;
        const rest = await readTexts(database, plan, { after: page.endKey });
        assert.deepEqual(rest, whole.slice(before));
      }
    }
  });

  it("counts skip as done and limit from the beginning behind a page", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 2500 }, (_, _id) => ({ _id })),
    );
    const plan = query(spec.collection, { skip: 1200, limit: 1000 });
    const pages = await pagesOf(database, plan);
    // Nobody may go on behind a page on which the skip was not over.
    assert.deepEqual(
      pages.map(({ count, endKey }) => [count, endKey !== null]),
      [
        [0, false],
        [800, true],
        [200, true],
      ],
    );
    const rest = query(spec.collection, { skip: 1200, limit: 200 });
    const last = await readObjects(database, rest);
    assert.equal(last.length, 200);
    const behind = await readTexts(database, rest, { after: pages[1]!.endKey });
    assert.deepEqual(behind[0], textOf({ _id: 2000 }));
    assert.equal(behind.length, 200);
    const none = query(spec.collection, { limit: 0 });
    assert.deepEqual(await readTexts(database, none), []);
  });

  it("takes filter, skip, limit and projection in this order", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 3000 }, (_, _id) => ({
        _id,
        group: _id % 3,
        name: `n${_id}`,
        more: [1],
      })),
    );
    const plan = query(spec.collection, {
      filter: { group: { $in: [1, 2] }, _id: { $gte: 9 } },
      projection: { name: 1, _id: 0 },
      skip: 1,
      limit: 1900,
    });
    const expected = Array.from({ length: 3000 }, (_, i) => i)
      .filter((i) => i % 3 > 0 && i >= 9)
      .slice(1, 1901)
      .map((i) => ({ name: `n${i}` }));
    assert.deepEqual(await readObjects(database, plan), expected);
  });

  it("uses what a filter says about _id, and gives what the whole filter says", async () => {
    const database = await open();
    const spec = sinkSpec();
    const ids: unknown[] = Array.from({ length: 3000 }, (_, i) => new Int32(i));
    ids.push("5", "x", new ObjectId("5".repeat(24)), new Date(5), null);
    await writeAll(
      database,
      spec,
      ids.map((_id, i) => ({ _id, even: i % 2 === 0 })),
    );
    const cases: [filter: Document, ids: unknown[], scannedAtMost: number][] = [
      [{ _id: 5 }, [5], 1],
      [{ _id: new Double(5) }, [5], 1],
      [{ _id: 5, even: true }, [], 1],
      [{ _id: { $in: [7, 5, 5, "x", 90000, null] } }, [null, 5, 7, "x"], 4],
      [{ $and: [{ _id: { $in: [1, 2, 3] } }, { _id: { $in: [3, 2, 9] } }] }, [2, 3], 2],
      [{ _id: { $in: [new ObjectId("5".repeat(24)), "5"] } }, ["5", "5".repeat(24)], 2],
      [{ _id: { $in: [] } }, [], 0],
      [{ _id: { $gt: 10, $lte: 12 } }, [11, 12], 3],
      [{ _id: { $gte: 2998 } }, [2998, 2999], 10],
      [{ _id: { $lt: 2, $in: [0, 1, 2] } }, [0, 1], 3],
      [{ _id: { $gte: "x" } }, ["x"], 10],
      [{ _id: { $in: [/^x/, 3] } }, [3, "x"], 4000],
      [{ _id: { $not: { $lt: 2999 }, $lt: 3000 } }, [2999], 4000],
      [{ $or: [{ _id: 3 }, { _id: 4 }] }, [3, 4], 4000],
    ];
    for (const [filter, expected, scannedAtMost] of cases) {
      const pages = await pagesOf(database, query(spec.collection, { filter }));
      const found = await readObjects(database, query(spec.collection, { filter }));
      assert.deepEqual(
        found.map(({ _id }) => (_id instanceof ObjectId ? _id.toHexString() : _id)),
        expected,
        textOf(filter),
      );
      const scanned = pages.reduce((sum, page) => sum + page.scanned, 0);
      assert.ok(scanned <= scannedAtMost, `${textOf(filter)} scanned ${scanned}`);
      const [last] = await readObjects(
        database,
        query(spec.collection, { filter, sort: [{ path: "_id", direction: -1 }], limit: 1 }),
      );
      assert.deepEqual(last, found.at(-1));
    }
  });

  it("tells how much it looked at, also where little matches", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 5000 }, (_, _id) => ({ _id })),
    );
    const pages = await pagesOf(database, query(spec.collection, { filter: { a: 1 } }));
    assert.ok(pages.length >= 5);
    assert.equal(
      pages.reduce((sum, page) => sum + page.scanned, 0),
      5000,
    );
  });

  it("bounds pages by bytes as well", async () => {
    const database = await open();
    const spec = sinkSpec();
    const sizes = [...Array(30).fill(400_000), ...Array(500).fill(10), 3_000_000, 10];
    await writeAll(
      database,
      spec,
      sizes.map((size: number, _id) => ({ _id, data: "x".repeat(size) })),
    );
    const pages = await pagesOf(database, query(spec.collection));
    assert.equal(
      pages.reduce((sum, page) => sum + page.count, 0),
      sizes.length,
    );
    for (const page of pages) assert.ok(page.bytes.length < 9 * 2 ** 20);
    const sorted = await pagesOf(
      database,
      query(spec.collection, { sort: [{ path: "none", direction: 1 }] }),
    );
    for (const page of sorted) assert.ok(page.bytes.length < 5 * 2 ** 20);
  });

  it("gives pages whose memory is their own", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 2500 }, (_, _id) => ({ _id })),
    );
    const moved: Uint8Array[] = [];
    for await (const page of database.read(query(spec.collection), wholeRange, {
      after: null,
      signal: noAbort,
    })) {
      assert.equal(page.bytes.byteLength, page.bytes.buffer.byteLength);
      moved.push(structuredClone(page.bytes, { transfer: [page.bytes.buffer as ArrayBuffer] }));
    }
    assert.equal(Buffer.concat(moved).length, 2500 * 14);
  });

  it("gives no page of an empty collection, and no answer where there is none", async () => {
    const database = await open();
    const collection = uniqueName("empty");
    await database.createCollection(collection);
    assert.deepEqual(await pagesOf(database, query(collection)), []);
    const missing = query("not there");
    await assert.rejects(readTexts(database, missing), { code: "collection_not_found" });
    await assert.rejects(database.ranges(missing, 2), { code: "collection_not_found" });
  });

  it("refuses a filter, a projection and a sort that mean nothing", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, [{ _id: 1 }]);
    for (const plan of [
      query(spec.collection, { filter: { a: { $nothing: 1 } } }),
      query(spec.collection, { projection: { a: 1, b: 0 } }),
    ]) {
      await assert.rejects(readTexts(database, plan), { code: "invalid_query" });
      assert.throws(() => database.checkQuery(plan), { code: "invalid_query" });
    }
  });

  it("stops between two pages when it is aborted, with the reason", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 5000 }, (_, _id) => ({ _id })),
    );
    for (const sort of [[], [{ path: "a", direction: 1 as const }]]) {
      const controller = new AbortController();
      const reason = new Error("Enough");
      let pages = 0;
      const read = async (): Promise<void> => {
        for await (const page of database.read(query(spec.collection, { sort }), wholeRange, {
          after: null,
          signal: controller.signal,
        })) {
          assert.ok(page.scanned > 0 || sort.length > 0);
          if (++pages === 2) controller.abort(reason);
        }
      };
      await assert.rejects(read(), reason);
      assert.equal(pages, 2);
    }
    const aborted = database.read(query(spec.collection), wholeRange, {
      after: null,
      signal: AbortSignal.abort(),
    });
    await assert.rejects(async () => {
      for await (const page of aborted) assert.fail(`A page of ${page.count}`);
    });
  });

  it("gives other work of its thread a turn between pages", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 5000 }, (_, _id) => ({ _id })),
    );
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const immediates = { running: true };
    const count = (): void => {
      turns++;
      if (immediates.running) setImmediate(count);
    };
    setImmediate(count);
    await pagesOf(database, query(spec.collection, { filter: { a: 1 } }));
    immediates.running = false;
    clearInterval(timer);
    assert.ok(turns >= 4);
  });

  it("gives a document that is there throughout once, whatever is written meanwhile", async () => {
    const database = await open();
    const spec = sinkSpec();
    const staying = Array.from({ length: 5000 }, (_, i) => ({ _id: 10 * i, v: 0 }));
    await writeAll(database, spec, staying);
    const { collection } = spec;
    await using sink = await database.openSink(
      sinkSpec({ collection, mode: "upsert", upsertFields: ["_id"] }),
    );
    const seen: number[] = [];
    let round = 0;
    for await (const page of database.read(query(collection), wholeRange, {
      after: null,
      signal: noAbort,
    })) {
      for (let i = 0; i < page.count; i++) {
        seen.push(BSON.deserialize(documentAt(page, i))["_id"] as number);
      }
      if (++round > 6) continue;
      // New documents on all sides, and every old one changed.
      const written = staying.flatMap(({ _id }) => [
        { _id, v: round },
        { _id: _id + round, v: round },
      ]);
      await sink.write(batchOf(written, (round - 1) * 10_000), positionOf((round - 1) * 10_000));
    }
    assert.ok(round >= 5);
    assert.deepEqual(
      seen.filter((id) => id % 10 === 0),
      staying.map(({ _id }) => _id),
    );
    assert.equal(new Set(seen).size, seen.length);
  });

  it("says so when the collection goes while it is read", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(
      database,
      spec,
      Array.from({ length: 5000 }, (_, _id) => ({ _id })),
    );
    const read = async (): Promise<void> => {
      let pages = 0;
      for await (const page of database.read(query(spec.collection), wholeRange, {
        after: null,
        signal: noAbort,
      })) {
        assert.equal(page.count, 1000);
        if (++pages === 1) {
          await database.dropCollection(spec.collection);
          await writeAll(database, sinkSpec({ collection: spec.collection }), [{ _id: 4000 }]);
        }
      }
    };
    await assert.rejects(read(), { code: "collection_not_found" });
  });
}

/** The elements of a document behind an `_id`. */
function withId(_id: number, content: Uint8Array): Uint8Array {
  const head = BSON.serialize({ _id });
  const bytes = new Uint8Array(head.length + content.length - 5);
  bytes.set(head.subarray(0, head.length - 1));
  bytes.set(content.subarray(4), head.length - 1);
  new DataView(bytes.buffer).setInt32(0, bytes.length, true);
  return bytes;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

async function write(sink: Sink, documents: Uint8Array[]): Promise<void> {
  const batch = batchOf(documents.map((_, _id) => ({ _id })));
  await sink.write({ ...batch, ...documentsOf(documents) }, positionOf(0));
}
