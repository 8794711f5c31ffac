import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deserialize, Long, serialize } from "bson";
import * as fc from "fast-check";
import { compileProjection } from "./project.ts";
import { checkProjection } from "./projection-tree.ts";

type Plain = Record<string, unknown>;

function project(projection: Plain, document: Plain): string {
  const projected = compileProjection(serialize(projection))(serialize(document));
  return JSON.stringify(deserialize(projected));
}

const document = {
  a: 1,
  _id: 7,
  b: { c: 2, d: { e: 3, f: 4 } },
  g: [{ h: 1, i: 2 }, 5, [{ h: 3, j: 4 }, 6], { i: 8 }],
  k: "x",
};

describe("kept and left out as by MongoDB's find", () => {
  for (const [projection, expected] of [
    [{ a: 1 }, '{"a":1,"_id":7}'],
    [{ k: true, a: 1 }, '{"a":1,"_id":7,"k":"x"}'],
    [{ a: 1, _id: 0 }, '{"a":1}'],
    [{ _id: 1 }, '{"_id":7}'],
    [{ _id: 0 }, JSON.stringify({ a: 1, b: document.b, g: document.g, k: "x" })],
    [{ a: 0, b: 0, g: 0 }, '{"_id":7,"k":"x"}'],
    [{ a: 0, b: 0, g: 0, _id: 0 }, '{"k":"x"}'],
    [{ a: 0, b: 0, g: 0, _id: 1 }, '{"_id":7,"k":"x"}'],
    [{ nothing: 1 }, '{"_id":7}'],
    [{ "b.c": 1 }, '{"_id":7,"b":{"c":2}}'],
    [{ b: { c: 1, d: { e: 1 } } }, '{"_id":7,"b":{"c":2,"d":{"e":3}}}'],
    [{ "b.x": 1 }, '{"_id":7,"b":{}}'],
    [{ "a.x": 1 }, '{"_id":7}'],
    [{ "_id.x": 1 }, "{}"],
    [{ "g.h": 1 }, '{"_id":7,"g":[{"h":1},[{"h":3}],{}]}'],
    [{ "g.0": 1 }, '{"_id":7,"g":[{},[{}],{}]}'],
    [{ a: 0, k: 0, b: 0, "g.h": 0 }, '{"_id":7,"g":[{"i":2},5,[{"j":4},6],{"i":8}]}'],
    [{ a: 0, k: 0, g: 0, "b.d.e": 0 }, '{"_id":7,"b":{"c":2,"d":{"f":4}}}'],
    [{ a: 0, k: 0, g: 0, "b.c.x": 0 }, '{"_id":7,"b":{"c":2,"d":{"e":3,"f":4}}}'],
    [{ a: 1.5, k: Long.fromNumber(2) }, '{"a":1,"_id":7,"k":"x"}'],
    [{ a: 1, "b.c": 1, "b.d.f": 1 }, '{"a":1,"_id":7,"b":{"c":2,"d":{"f":4}}}'],
    [{}, JSON.stringify(document)],
  ] as [Plain, string][]) {
    test(JSON.stringify(projection), () => assert.equal(project(projection, document), expected));
  }

  test("names are bytes: no other name is taken for one", () => {
    assert.equal(project({ 你: 1 }, { 你: 1, "ä½\u00a0": 2 }), '{"你":1}');
  });
});

describe("refused", () => {
  for (const [projection, message] of [
    [{ a: 1, b: 0 }, "A projection that keeps a cannot leave out b"],
    [{ a: 0, b: 1 }, "A projection that leaves out a cannot keep b"],
    [{ _id: 0, a: 0, b: 1 }, "A projection that leaves out a cannot keep b"],
    [{ a: 1, "a.b": 1 }, "A projection cannot name a.b and a path within or around it"],
    [{ "a.b": 1, a: 1 }, "A projection cannot name a and a path within or around it"],
    [{ "a.b": 1, "a.b.c": 1 }, "A projection cannot name a.b.c and a path within or around it"],
    [{ "a..b": 1 }, 'The path "a..b" of a projection has an empty part'],
    [{ "": 1 }, 'The path "" of a projection has an empty part'],
    [{ a: "x" }, "The projection of a must be true, false, 1 or 0"],
    [{ a: [1] }, "The projection of a must be true, false, 1 or 0"],
    [{ a: {} }, "The projection of a is empty"],
    [{ a: { $slice: 1 } }, "The operator $slice is not supported in a projection"],
    [{ a: { $elemMatch: {} } }, "The operator $elemMatch is not supported in a projection"],
  ] as [Plain, string][]) {
    test(`${message}: ${JSON.stringify(projection)}`, () => {
      const refusal = { name: "DocferryError", code: "invalid_query", message };
      assert.throws(() => checkProjection(serialize(projection)), refusal);
      assert.throws(() => compileProjection(serialize(projection)), refusal);
    });
  }

  test("what is not BSON", () => {
    assert.throws(() => checkProjection(Buffer.from([1])), {
      code: "invalid_query",
      message: /^The projection is not well-formed: /,
    });
  });
});

test("including top-level fields and excluding all others give the same", () => {
  const name = fc.constantFrom<string[]>("a", "b", "c", "_id");
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
      fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
      (of, kept) => {
        const others = ["a", "b", "c", "_id"].filter((other) => !kept.includes(other));
        const include = Object.fromEntries(kept.map((key) => [key, 1]));
        const exclude = Object.fromEntries(others.map((key) => [key, 0]));
        if (!kept.includes("_id")) Object.assign(include, { _id: 0 });
        assert.equal(project(include, of), project(exclude, of));
      },
    ),
  );
});
