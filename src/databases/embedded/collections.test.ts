import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { BSON } from "bson";
import { openReader, openWriter } from "../../sqlite/open.ts";
import type { AccessRule, CollectionInfo } from "../database.ts";
import { accessRule } from "./access-rule.ts";
import { collectionInfos } from "./collection-infos.ts";
import { CollectionTable } from "./collection-table.ts";
import { Collections } from "./collections.ts";
import { ReadConnection } from "./read-connection.ts";
import { environmentSchema, openEnvironmentWriter } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

describe("Collections", () => {
  let folder: string;
  let files = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "docferry-collections-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const open = (): DatabaseSync => openEnvironmentWriter(join(folder, `${++files}.sqlite`));

  it("removes a dropped collection's rows in bounded steps, then its table", () => {
    using db = open();
    const collections = new Collections(db);
    fill(db, collections, "large", 100, 1_000_000);
    fill(db, collections, "small", 100, 10);
    collections.drop("large");
    assert.deepEqual(names(db), ["small"]);
    let steps = 0;
    let left = rowsOf(db, "c1");
    while (collections.removeSome()) {
      steps++;
      if (!tables(db).includes("c1")) continue;
      const now = rowsOf(db, "c1");
      assert.ok(now < left && left - now <= 67, `${left - now} rows in a step`);
      left = now;
    }
    // 67 documents of the largest size are 64 MB.
    assert.equal(steps, 3);
    assert.deepEqual(tables(db), ["c2"]);
    assert.equal(rowsOf(db, "c2"), 100);
  });

  it("removes a small dropped collection in one step", () => {
    using db = open();
    const collections = new Collections(db);
    fill(db, collections, "small", 1000, 10);
    collections.drop("small");
    assert.equal(collections.removeSome(), true);
    assert.equal(collections.removeSome(), false);
    assert.deepEqual(tables(db), []);
  });

  it("tells the bytes that an index's pages hold", async () => {
    const file = join(folder, `${++files}.sqlite`);
    {
      using db = openEnvironmentWriter(file);
      fill(db, new Collections(db), "c", 20_000, 50);
    }
    using db = openReader(file);
    const pages = db.prepare("SELECT sum(pgsize - unused) AS bytes FROM dbstat WHERE name = 'k1'");
    const stored = pages.get()?.["bytes"] as number;
    const [info] = listed(file);
    const ratio = (info?.indexSize ?? 0) / stored;
    assert.ok(ratio > 0.85 && ratio < 1.15, `${ratio} of what the pages hold`);
  });

  it("estimates them for documents of a file from before they were counted, read or written", async () => {
    const file = join(folder, `${++files}.sqlite`);
    const migrations = pathToFileURL(`${join(folder, `first-${files}`)}/`);
    mkdirSync(migrations);
    const first = new URL("migrations/001-collections.sql", import.meta.url);
    copyFileSync(first, new URL("001-collections.sql", migrations));
    {
      using db = openWriter(file, { ...environmentSchema, migrations }, "NORMAL");
      CollectionTable.create(db, 1);
      db.exec(`INSERT INTO collection (number, name, count, size) VALUES (1, 'old', 1000, 5000);
        INSERT INTO c1 (id, key, document)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT i, unhex(format('10%04x', i)), unhex('0500000000') FROM n`);
    }
    assert.equal(listed(file)[0]?.indexSize, 1000 * (3 + 9));
    {
      using db = openEnvironmentWriter(file);
      assert.equal(listed(file)[0]?.indexSize, 1000 * (3 + 9));
      fill(db, new Collections(db), "new", 10, 10);
    }
    assert.deepEqual(
      listed(file).map(({ name, indexSize }) => [name, indexSize]),
      [
        ["new", 10 * (3 + 9)],
        ["old", 1000 * (3 + 9)],
      ],
    );
  });

  it("has no rule of access in a file from before there were any, and takes one", () => {
    const file = join(folder, `${++files}.sqlite`);
    const migrations = pathToFileURL(`${join(folder, `first-${files}`)}/`);
    mkdirSync(migrations);
    for (const step of ["001-collections.sql", "002-index-size.sql"]) {
      copyFileSync(new URL(`migrations/${step}`, import.meta.url), new URL(step, migrations));
    }
    {
      using db = openWriter(file, { ...environmentSchema, migrations }, "NORMAL");
      CollectionTable.create(db, 1);
      db.exec("INSERT INTO collection (number, name) VALUES (1, 'old')");
    }
    assert.equal(ruleOf(file, "old"), null);
    assert.throws(() => ruleOf(file, "new"), { code: "collection_not_found" });
    {
      using db = openEnvironmentWriter(file);
      assert.equal(ruleOf(file, "old"), null);
      new Collections(db).setAccessRule("old", { tag: "CUSTOM", rule: " {}" });
    }
    assert.deepEqual(ruleOf(file, "old"), { tag: "CUSTOM", rule: " {}" });
  });

  it("gives no number twice", () => {
    using db = open();
    const collections = new Collections(db);
    for (const expected of [1, 2, 3]) {
      assert.equal(collections.ensure("c").number, expected);
      collections.drop("c");
      while (collections.removeSome());
    }
  });

  it("has any number of collections at hand", () => {
    using db = open();
    const collections = new Collections(db);
    const all = Array.from({ length: 150 }, (_, i) => `c${i}`);
    for (const round of [0, 1]) {
      for (const name of all) fill(db, collections, name, 1, 10, round);
    }
    assert.deepEqual(names(db), all.toSorted());
    assert.equal(collections.ensure("c149").number, 150);
  });

  it("forgets what a rolled back transaction made", () => {
    using db = open();
    const collections = new Collections(db);
    assert.throws(() =>
      inTransaction(db, () => {
        collections.ensure("first");
        throw new Error("No");
      }),
    );
    collections.reset();
    fill(db, collections, "second", 1, 10);
    fill(db, collections, "first", 1, 10);
    assert.deepEqual(names(db), ["first", "second"]);
  });
});

/** Writes documents of about a size into a collection. */
function fill(
  db: DatabaseSync,
  collections: Collections,
  name: string,
  count: number,
  size: number,
  first = 0,
): void {
  inTransaction(db, () => {
    const table = collections.ensure(name);
    for (let i = first; i < first + count; i++) {
      const document = BSON.serialize({ _id: i, text: "x".repeat(size - 5) });
      assert.ok(table.insert(Uint8Array.of(0x10, i >> 8, i), document));
    }
    table.saveTotals();
  });
}

function listed(file: string): CollectionInfo[] {
  const connection = new ReadConnection(file);
  try {
    return collectionInfos(connection);
  } finally {
    connection.close();
  }
}

function ruleOf(file: string, name: string): AccessRule | null {
  const connection = new ReadConnection(file);
  try {
    return accessRule(connection, name);
  } finally {
    connection.close();
  }
}

function names(db: DatabaseSync): unknown[] {
  return db
    .prepare("SELECT name FROM collection WHERE name IS NOT NULL ORDER BY name")
    .all()
    .map((row) => row["name"]);
}

function tables(db: DatabaseSync): unknown[] {
  return db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'c[0-9]*'")
    .all()
    .map((row) => row["name"]);
}

function rowsOf(db: DatabaseSync, table: string): number {
  return db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.["rows"] as number;
}
