import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, type Document } from "bson";
import * as fc from "fast-check";
import { documentsFrom } from "../../../test/support/csv.ts";
import { randomDocument } from "../../../test/support/random-bson.ts";
import type { JsonEncodeSpec } from "../codec.ts";
import { createJsonEncoder } from "./encode.ts";
import { stableDocument } from "./encode-stable.ts";

const spec: JsonEncodeSpec = {
  format: "json",
  form: "relaxed",
  array: false,
  pretty: false,
  stable: true,
};

function text(objects: Document[], changes: Partial<JsonEncodeSpec> = {}): string {
  const encoder = createJsonEncoder({ ...spec, ...changes });
  return Buffer.from(encoder.encode(documentsFrom(objects), true)).toString();
}

test("fields come by name at every depth, _id first at the top, arrays as they are", () => {
  const inner = { z: 1, _id: 2, A: 3, é: 4, a: [{ c: 1, b: 2 }, 5] };
  assert.equal(
    text([{ b: inner, a: 1, _id: 0 }]),
    '{"_id":0,"a":1,"b":{"A":3,"_id":2,"a":[{"b":2,"c":1},5],"z":1,"é":4}}\n',
  );
});

test("the scope of code is a document as others", () => {
  const code = new Code("f", { b: 1, a: 2 });
  assert.equal(text([{ code }]), '{"code":{"$code":"f","$scope":{"a":2,"b":1}}}\n');
});

test("a name with $ does not come in front, where it would make another type of the document", () => {
  assert.equal(text([{ v: { z: 1, $oid: "x" } }]), '{"v":{"z":1,"$oid":"x"}}\n');
});

test("pretty and array are as without it", () => {
  assert.equal(text([{ b: 1, a: {} }], { pretty: true }), '{\n\t"a": {},\n\t"b": 1\n}');
  assert.equal(text([{ b: 1, a: 2 }, {}], { array: true }), '{"a":2,"b":1},{}');
});

test("documents of the same fields in another order have the same text, and lose nothing", () => {
  const property = fc.property(randomDocument(), (document) => {
    const once = stableDocument(document, 0);
    assert.equal(once.length, document.length);
    assert.deepEqual(stableDocument(once, 0), once);
    const bytesInOrder = (bytes: Uint8Array) => [...bytes].sort((a, b) => a - b);
    assert.deepEqual(bytesInOrder(once), bytesInOrder(document));
  });
  fc.assert(property, { numRuns: 500 });
  const pairs = fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([name]) => name });
  const shuffled = fc.property(pairs, (fields) => {
    const clean = fields.filter(([name]) => !name.includes("\0"));
    const forth = text([Object.fromEntries(clean)]);
    assert.equal(text([Object.fromEntries(clean.toReversed())]), forth);
  });
  fc.assert(shuffled, { numRuns: 300 });
});
