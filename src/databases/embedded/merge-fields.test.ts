import assert from "node:assert/strict";
import { it } from "node:test";
import { BSON, type Document, Double, Int32 } from "bson";
import * as fc from "fast-check";
import { mergeFields } from "./merge-fields.ts";

function merged(document: Document, record: Document): Document {
  return BSON.deserialize(mergeFields(BSON.serialize(document), BSON.serialize(record)), {
    promoteValues: false,
  });
}

it("replaces values in their place and appends new fields in the record's order", () => {
  assert.deepEqual(
    Object.entries(merged({ _id: 1, a: "a", b: "b" }, { c: "c", b: "B", d: "d", _id: 2 })),
    Object.entries({ _id: new Int32(1), a: "a", b: "B", c: "c", d: "d" }),
  );
});

it("replaces a whole value, whatever it was", () => {
  assert.deepEqual(merged({ a: { x: "1" } }, { a: ["y"] }), { a: ["y"] });
  assert.deepEqual(merged({ a: new Int32(1) }, { a: new Double(1) }), { a: new Double(1) });
});

it("takes names as names, by their bytes", () => {
  assert.deepEqual(merged({ a: { b: "1" }, é: "2" }, { "a.b": "3", "e\u0301": "4", "": "5" }), {
    a: { b: "1" },
    é: "2",
    "a.b": "3",
    "e\u0301": "4",
    "": "5",
  });
});

it("gives the same document where nothing changes", () => {
  const document = BSON.serialize({ _id: 1, a: { b: [1, "x"] } });
  assert.equal(mergeFields(document, BSON.serialize({ a: { b: [1, "x"] } })), document);
  assert.equal(mergeFields(document, BSON.serialize({ _id: 9 })), document);
  assert.equal(mergeFields(document, BSON.serialize({})), document);
});

it("does what assigning an object's properties does", () => {
  const content = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e"), fc.integer());
  fc.assert(
    fc.property(content, content, (document, record) => {
      const bytes = mergeFields(BSON.serialize(document), BSON.serialize(record));
      assert.deepEqual(
        Object.entries(BSON.deserialize(bytes)),
        Object.entries({ ...document, ...record }),
      );
    }),
  );
});
