import assert from "node:assert/strict";
import { it } from "node:test";
import { BSON } from "bson";
import type { AccessRule, CollectionInfo, Databases } from "../../src/databases/database.ts";
import { query, readObjects, sinkSpec, uniqueName, writeAll } from "./database-harness.ts";

export function collectionTests(
  databases: () => Databases,
  reopen: () => Promise<Databases>,
): void {
  it("lists collections by name with their documents and bytes", async () => {
    const database = await databases().open(uniqueName("list"));
    assert.deepEqual(await database.collections(), []);
    await database.createCollection("empty");
    await writeAll(database, sinkSpec({ collection: "b" }), [{ _id: 1 }, { _id: 2, a: "x" }]);
    await writeAll(database, sinkSpec({ collection: "a" }), [{ _id: 1 }]);
    const one = BSON.serialize({ _id: 1 }).length;
    const two = BSON.serialize({ _id: 2, a: "x" }).length;
    const listed = await database.collections();
    assert.deepEqual(listed.map(totals), [
      { name: "a", count: 1, size: one },
      { name: "b", count: 2, size: one + two },
      { name: "empty", count: 0, size: 0 },
    ]);
    assert.deepEqual(
      listed.map(({ indexCount }) => indexCount),
      [1, 1, 1],
    );
  });

  it("tells an index's bytes, which grow and shrink with the documents and their keys", async () => {
    const database = await databases().open(uniqueName("index"));
    const indexSize = async (): Promise<number> =>
      (await database.collections())[0]?.indexSize ?? Number.NaN;
    const spec = (mode: "insert" | "upsert" | "delete") => sinkSpec({ collection: "c", mode });
    const records = Array.from({ length: 100 }, (_, i) => ({ _id: `short ${i}` }));
    await writeAll(database, spec("insert"), records);
    const short = await indexSize();
    assert.ok(short > 100 * 8 && short < 100 * 64, `${short} bytes`);
    // Neither what is there already nor another content of it is a new key.
    await writeAll(database, spec("insert"), records);
    await writeAll(
      database,
      spec("upsert"),
      records.map(({ _id }) => ({ _id, more: "x".repeat(1000) })),
    );
    assert.equal(await indexSize(), short);
    const long = Array.from({ length: 10 }, (_, i) => ({ _id: `${i}`.padEnd(1000, "x") }));
    await writeAll(database, spec("upsert"), long);
    const grown = await indexSize();
    assert.ok(grown >= short + 10_000 && grown < short + 11_000, `${grown - short} bytes`);
    await writeAll(database, spec("delete"), long);
    assert.equal(await indexSize(), short);
    await writeAll(database, spec("delete"), records);
    assert.equal(await indexSize(), 0);
  });

  it("counts documents and bytes through every mode", async () => {
    const database = await databases().open(uniqueName("count"));
    const records = Array.from({ length: 300 }, (_, i) => ({ _id: i % 120, text: "x".repeat(i) }));
    for (const [mode, upsertFields] of [
      ["insert", "_id"],
      ["upsert", "_id"],
      ["merge", "_id"],
      ["delete", "_id"],
      ["upsert", "text"],
      ["merge", "text"],
      ["delete", "text"],
    ] as const) {
      const spec = sinkSpec({ collection: "c", mode, upsertFields: [upsertFields] });
      await writeAll(database, spec, records.slice(30, 200), records.slice(90));
      const stored = await readObjects(database, query("c"));
      assert.deepEqual((await database.collections()).map(totals), [
        {
          name: "c",
          count: stored.length,
          size: stored.reduce((size, document) => size + BSON.calculateObjectSize(document), 0),
        },
      ]);
    }
  });

  it("creates a collection once, and an import's collection with its sink", async () => {
    const database = await databases().open(uniqueName("create"));
    assert.equal(await database.createCollection("one"), true);
    await writeAll(database, sinkSpec({ collection: "one" }), [{ _id: 1 }]);
    assert.equal(await database.createCollection("one"), false);
    await using sink = await database.openSink(sinkSpec({ collection: "two" }));
    assert.equal(sink.progress.counts.records, 0);
    assert.deepEqual(
      (await database.collections()).map(({ name, count }) => [name, count]),
      [
        ["one", 1],
        ["two", 0],
      ],
    );
  });

  it("takes any other name for a collection", async () => {
    const database = await databases().open(uniqueName("names"));
    const names = [
      "a.b",
      "中文",
      "with blank",
      '"; DROP TABLE collection; --',
      "systematic",
      "A",
      "a",
    ];
    for (const name of names) {
      await writeAll(database, sinkSpec({ collection: name }), [{ _id: 1, name }]);
    }
    for (const name of names) {
      assert.deepEqual(await readObjects(database, query(name)), [{ _id: 1, name }]);
    }
    assert.equal((await database.collections()).length, names.length);
  });

  for (const name of ["", "a$b", "a\0b", "system.users", "x".repeat(121), "\ud800"]) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))} as a collection's name`, async () => {
      const database = await databases().open("names");
      const refused = { code: "invalid_collection_name" };
      await assert.rejects(database.createCollection(name), refused);
      await assert.rejects(database.openSink(sinkSpec({ collection: name })), refused);
    });
  }

  it("drops a collection, whose name may then be used again", async () => {
    const database = await databases().open(uniqueName("drop"));
    const records = Array.from({ length: 12_000 }, (_, _id) => ({ _id }));
    await writeAll(database, sinkSpec({ collection: "c" }), records);
    await database.dropCollection("c");
    assert.deepEqual(await database.collections(), []);
    await assert.rejects(readObjects(database, query("c")), { code: "collection_not_found" });
    await writeAll(database, sinkSpec({ collection: "c" }), [{ _id: "new" }]);
    assert.deepEqual(await readObjects(database, query("c")), [{ _id: "new" }]);
    assert.deepEqual(
      (await database.collections()).map(({ name, count }) => [name, count]),
      [["c", 1]],
    );
  });

  it("drops a large collection, and lets other work go on meanwhile", async () => {
    const name = uniqueName("drop");
    const database = await databases().open(name);
    const text = "x".repeat(80_000);
    await writeAll(
      database,
      sinkSpec({ collection: "c" }),
      ...[0, 400, 800].map((first) =>
        Array.from({ length: 400 }, (_, i) => ({ _id: first + i, text })),
      ),
    );
    await database.dropCollection("c");
    const { counts } = await writeAll(database, sinkSpec({ collection: "c" }), [{ _id: 1 }]);
    assert.equal(counts.inserted, 1);
    // Closed while rows are removed: the next writer goes on with it.
    await database[Symbol.asyncDispose]();
    const again = await databases().open(name);
    await again.flush();
    assert.deepEqual(await readObjects(again, query("c")), [{ _id: 1 }]);
  });

  it("refuses to drop a collection that is not there", async () => {
    const database = await databases().open(uniqueName("drop"));
    await assert.rejects(database.dropCollection("nothing"), { code: "collection_not_found" });
  });

  it("keeps a rule of access with its collection, as it came", async () => {
    const name = uniqueName("access");
    const database = await databases().open(name);
    await using early = await databases().openSource(name);
    const missing = { code: "collection_not_found" };
    const custom: AccessRule = {
      tag: "CUSTOM",
      rule: '{ "read":1.0,\r\n"read" : "\\u5f20三 🀄" }\n',
    };
    const readOnly: AccessRule = { tag: "READONLY", rule: "" };
    await assert.rejects(early.accessRule("c"), missing);
    await assert.rejects(database.setAccessRule("c", custom), missing);
    assert.deepEqual(await database.collections(), [], "a rule makes no collection");
    await database.createCollection("c");
    await database.createCollection("d");
    assert.equal(await database.accessRule("c"), null);
    await database.setAccessRule("c", readOnly);
    assert.deepEqual(await database.accessRule("c"), readOnly);
    await database.setAccessRule("c", custom);
    assert.equal(await database.accessRule("d"), null);

    await database.createCollection("c");
    for (const mode of ["insert", "upsert", "delete"] as const) {
      await writeAll(database, sinkSpec({ collection: "c", mode }), [{ _id: 1 }, { _id: 2 }]);
    }
    assert.deepEqual(await early.accessRule("c"), custom);
    const again = await (await reopen()).open(name);
    assert.deepEqual(await again.accessRule("c"), custom);
    await writeAll(again, sinkSpec({ collection: "c" }), [{ _id: 1 }]);
    assert.deepEqual(await again.accessRule("c"), custom);
  });

  it("drops a rule of access with its collection", async () => {
    const name = uniqueName("access");
    const database = await databases().open(name);
    for (const make of [
      () => database.createCollection("c"),
      () => writeAll(database, sinkSpec({ collection: "c" }), [{ _id: 1 }]),
    ]) {
      await make();
      assert.equal(await database.accessRule("c"), null);
      await database.setAccessRule("c", { tag: "CUSTOM", rule: "{}" });
      await database.dropCollection("c");
      const missing = { code: "collection_not_found" };
      await assert.rejects(database.accessRule("c"), missing);
      await assert.rejects(database.setAccessRule("c", { tag: "PRIVATE", rule: "" }), missing);
    }
  });

  it("keeps environments apart", async () => {
    const [one, two] = [uniqueName("env"), uniqueName("env")];
    const database = await databases().open(one);
    await writeAll(database, sinkSpec({ collection: "c" }), [{ _id: 1 }]);
    assert.deepEqual(await (await databases().open(two)).collections(), []);
    assert.equal(await databases().open(one), database);
  });

  for (const name of ["", "../x", "a/b", "a.b", "x".repeat(65)]) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))} as an environment's id`, async () => {
      for (const call of ["open", "openSource", "remove"] as const) {
        await assert.rejects(databases()[call](name), { code: "invalid_argument" });
      }
    });
  }

  it("removes an environment with all in it, also one that is open", async () => {
    const name = uniqueName("gone");
    const database = await databases().open(name);
    await writeAll(database, sinkSpec({ collection: "c" }), [{ _id: 1 }]);
    await using reader = await databases().openSource(name);
    assert.equal((await reader.collections()).length, 1);
    await databases().remove(name);
    assert.deepEqual(await reader.collections(), []);
    const again = await databases().open(name);
    assert.deepEqual(await again.collections(), []);
    await writeAll(again, sinkSpec({ collection: "d" }), [{ _id: 1 }]);
    assert.deepEqual(
      (await reader.collections()).map((info) => info.name),
      ["d"],
    );
  });

  it("removes an environment that nobody has opened since the start", async () => {
    const name = uniqueName("gone");
    await writeAll(await databases().open(name), sinkSpec({ collection: "c" }), [{ _id: 1 }]);
    const opened = await reopen();
    await opened.remove(name);
    await opened.remove(name);
    assert.deepEqual(await (await opened.open(name)).collections(), []);
  });

  it("reads from an environment that has no database yet, and goes on once it has one", async () => {
    const name = uniqueName("early");
    await using reader = await databases().openSource(name);
    assert.deepEqual(await reader.collections(), []);
    await assert.rejects(reader.ranges(query("c"), 4), { code: "collection_not_found" });
    assert.equal(await reader.firstReject("0".repeat(32)), undefined);
    await writeAll(await databases().open(name), sinkSpec({ collection: "c" }), [{ _id: 1 }]);
    assert.deepEqual(await readObjects(reader, query("c")), [{ _id: 1 }]);
  });

  it("refuses work once it is closed, and opens anew", async () => {
    const name = uniqueName("closed");
    const database = await databases().open(name);
    await database.createCollection("c");
    await database[Symbol.asyncDispose]();
    await assert.rejects(database.createCollection("d"), { code: "store_unavailable" });
    await assert.rejects(database.collections(), { code: "store_unavailable" });
    const again = await databases().open(name);
    assert.deepEqual((await again.collections()).map(totals), [{ name: "c", count: 0, size: 0 }]);
  });
}

function totals({ name, count, size }: CollectionInfo): Partial<CollectionInfo> {
  return { name, count, size };
}
