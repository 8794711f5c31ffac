import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { BSON, type Document, Double } from "bson";
import { FieldIndex } from "./field-index.ts";
import { pathOf, valueAtPath } from "./field-paths.ts";

/** A collection's table, and the index of some fields of it. */
function indexOf(documents: Document[], fields: string[]) {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE c1 (id INTEGER PRIMARY KEY, document BLOB)");
  const insert = db.prepare("INSERT INTO c1 VALUES (?, ?)");
  for (const [i, document] of documents.entries()) insert.run(i + 1, BSON.serialize(document));
  const index = new FieldIndex(db, 1, fields);
  const candidates = (record: Document): number[] => {
    const bytes = BSON.serialize(record);
    const values = fields.map((field) => {
      const value = valueAtPath(bytes, pathOf(field));
      return value === "array" ? null : value;
    });
    return [...index.candidates(bytes, values)];
  };
  return { index, candidates };
}

describe("FieldIndex", () => {
  it("finds documents by equal values of all its fields, in order", () => {
    const { index, candidates } = indexOf(
      [{ a: 1, b: "x" }, { a: 1, b: "y" }, { b: "x", a: new Double(1) }, { a: { b: 1 } }],
      ["a", "b"],
    );
    index.buildAll();
    assert.deepEqual(candidates({ a: 1, b: "x" }), [1, 3]);
    assert.deepEqual(candidates({ a: 1, b: "y" }), [2]);
    assert.deepEqual(candidates({ a: { b: 1 } }), [4]);
    assert.deepEqual(candidates({ a: 2, b: "x" }), []);
  });

  it("takes what is absent for null", () => {
    const { index, candidates } = indexOf([{ a: null }, {}, { a: 0 }, { a: { c: 1 } }], ["a.b"]);
    index.buildAll();
    assert.deepEqual(candidates({}), [1, 2, 3, 4]);
    assert.deepEqual(candidates({ a: { b: null } }), [1, 2, 3, 4]);
    assert.deepEqual(candidates({ a: { b: 0 } }), []);
  });

  it("gives documents with arrays for every value: an element may be it", () => {
    const { index, candidates } = indexOf([{ a: 1 }, { a: [1, 2] }, { a: 2 }, { a: [] }], ["a"]);
    index.buildAll();
    assert.deepEqual(candidates({ a: 1 }), [1, 2, 4]);
    assert.deepEqual(candidates({ a: 2 }), [2, 3, 4]);
    assert.deepEqual(candidates({ a: [1] }), [2, 4]);
  });

  it("finds long values, and others with the same beginning", () => {
    const long = "x".repeat(500);
    const { index, candidates } = indexOf([{ a: long }, { a: `${long}y` }, { a: "x" }], ["a"]);
    index.buildAll();
    assert.deepEqual(candidates({ a: long }), [1, 2]);
  });

  it("is built in steps, and told meanwhile of what is written", () => {
    const documents = Array.from({ length: 4500 }, (_, i) => ({ a: i % 9 }));
    const { index, candidates } = indexOf(documents, ["a"]);
    assert.equal(index.buildSome(), false);
    index.add(9000, BSON.serialize({ a: 3 }));
    assert.equal(index.buildSome(), false);
    assert.equal(index.buildSome(), true);
    assert.equal(index.buildSome(), true);
    assert.equal(candidates({ a: 3 }).length, 501);
    assert.equal(candidates({ a: 3 }).at(-1), 9000);
  });
});
