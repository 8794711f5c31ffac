import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal128, Double, Long, MaxKey, MinKey, ObjectId, serialize, Timestamp } from "bson";
import * as fc from "fast-check";
import type { SortField } from "./plan.ts";
import { compileSortKey } from "./sort-key.ts";

type Plain = Record<string, unknown>;

function order(sort: SortField[], a: Plain, b: Plain): number {
  const key = compileSortKey(sort);
  return Math.sign(Buffer.compare(key(serialize(a)), key(serialize(b))));
}

const up = (path: string): SortField => ({ path, direction: 1 });
const down = (path: string): SortField => ({ path, direction: -1 });

test("values stand in MongoDB's order of types", () => {
  const ascending = [
    new MinKey(),
    // An empty array counts as undefined, a missing field as null.
    [],
    null,
    new Double(NaN),
    -Infinity,
    -1,
    Decimal128.fromString("-0.5"),
    0,
    Long.fromString("9007199254740992"),
    Long.fromString("9007199254740993"),
    "",
    "a",
    "a\0",
    "b",
    {},
    { a: 1 },
    { a: 1, b: 0 },
    Buffer.from("x"),
    new ObjectId("507f1f77bcf86cd799439011"),
    false,
    true,
    new Date(-1),
    new Date(0),
    new Timestamp({ t: 0, i: 1 }),
    /a/,
    new MaxKey(),
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      assert.equal(order([up("v")], { v: a }, { v: b }), Math.sign(i - j), `${i} and ${j}`);
      assert.equal(order([down("v")], { v: a }, { v: b }), Math.sign(j - i), `${i} and ${j}, down`);
    }
  }
});

describe("equal and unequal", () => {
  for (const [title, sort, a, b, expected] of [
    ["missing is null", [up("v")], {}, { v: null }, 0],
    ["a path into a scalar is missing", [up("v.x")], { v: 1 }, { v: { x: null } }, 0],
    ["number types do not count", [up("v")], { v: 1 }, { v: new Double(1) }, 0],
    ["ascending takes the lowest element", [up("v")], { v: [5, 1, 9] }, { v: 1 }, 0],
    ["descending takes the highest", [down("v")], { v: [5, 1, 9] }, { v: 9 }, 0],
    ["an array within an array counts as one", [up("v")], { v: [[1, 2]] }, { v: [[1, 2]] }, 0],
    ["an array within an array is higher than numbers", [up("v")], { v: [[0]] }, { v: 9 }, 1],
    [
      "a path goes into every document of an array",
      [up("v.x")],
      { v: [{ x: 5 }, { x: 3 }] },
      { v: { x: 3 } },
      0,
    ],
    [
      "what lacks the field in an array is null",
      [up("v.x")],
      { v: [{ x: 5 }, {}] },
      { v: { x: null } },
      0,
    ],
    ["a scalar in an array is null", [up("v.x")], { v: [{ x: 5 }, 3] }, { v: null }, 0],
    ["an empty array on the way is null", [up("v.x")], { v: [] }, {}, 0],
    ["arrays at both levels", [down("v.x")], { v: [{ x: [1, 8] }, { x: 3 }] }, { v: { x: 8 } }, 0],
    ["a number names an element", [up("v.1")], { v: [9, 2] }, { v: { 1: 2 } }, 0],
    [
      "a number names an element, then a field",
      [up("v.1.x")],
      { v: [9, { x: [4, 2] }] },
      { v: { 1: { x: 2 } } },
      0,
    ],
    ["an element that is an array stays whole", [up("v.0")], { v: [[3, 1]] }, { v: { 0: 1 } }, 1],
    ["the first field weighs more", [up("a"), down("b")], { a: 1, b: 1 }, { a: 2, b: 9 }, -1],
    ["the second decides among equals", [up("a"), down("b")], { a: 1, b: 1 }, { a: 1, b: 9 }, 1],
    [
      "where the first ends does not weigh",
      [up("a"), up("b")],
      { a: "x", b: "b" },
      { a: "xa", b: "a" },
      -1,
    ],
    ["the same, descending", [down("a"), up("b")], { a: "x", b: "b" }, { a: "xa", b: "a" }, 1],
    [
      "fields of one array are taken from one element",
      [up("v.x"), up("v.y")],
      {
        v: [
          { x: 1, y: 9 },
          { x: 2, y: 0 },
        ],
      },
      { v: { x: 1, y: 9 } },
      0,
    ],
    [
      "also when both directions occur",
      [up("v.x"), down("v.y")],
      {
        v: [
          { x: 1, y: 2 },
          { x: 1, y: 9 },
        ],
      },
      { v: { x: 1, y: 9 } },
      0,
    ],
    ["an array beside a scalar", [up("a"), up("v")], { a: 1, v: [3, 2] }, { a: 1, v: 2 }, 0],
    ["one path within the other", [up("v"), up("v.x")], { v: [{ x: 1 }] }, { v: { x: 1 } }, 0],
  ] as [string, SortField[], Plain, Plain, number][]) {
    test(title, () => assert.equal(order(sort, a, b), expected));
  }
});

test("two arrays side by side cannot be sorted by", () => {
  assert.throws(() => compileSortKey([up("a"), up("b")])(serialize({ a: [1], b: [2] })), {
    name: "DocferryError",
    code: "invalid_query",
    message: "Cannot sort by a and b: in a document they lead into two arrays",
  });
});

test("long values and many fields get their room", () => {
  const long = "\0".repeat(10_000);
  assert.equal(order([up("a"), down("b")], { a: long, b: long }, { a: long, b: `${long}\0` }), 1);
});

test("a key owns its memory", () => {
  const key = compileSortKey([up("v")]);
  const first = key(serialize({ v: "a" }));
  const copy = first.slice();
  key(serialize({ v: "b" }));
  assert.deepEqual(first, copy);
});

test("sorting by keys is sorting by one field after the other", () => {
  const value = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom("a", "b", null, true, 0.5),
  );
  const document = fc.record({ a: value, b: value }, { requiredKeys: [], noNullPrototype: true });
  fc.assert(
    fc.property(document, document, (x, y) => {
      const byA = order([down("a")], x, y);
      const expected = byA === 0 ? order([up("b")], x, y) : byA;
      assert.equal(order([down("a"), up("b")], x, y), expected);
    }),
  );
});
