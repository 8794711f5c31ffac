import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from "bson";
import * as fc from "fast-check";
import { checkFilter } from "./filter-tree.ts";
import { compileMatcher } from "./match.ts";

type Plain = Record<string, unknown>;

function matches(filter: Plain, document: Plain): boolean {
  return compileMatcher(serialize(filter))(serialize(document, { ignoreUndefined: false }));
}

/** The js-bson type undefined cannot be written by it. */
function withUndefined(name: string): Uint8Array {
  const field = Buffer.from(name);
  return Buffer.concat([
    Buffer.from([4 + 2 + field.length + 1, 0, 0, 0, 0x06]),
    field,
    Buffer.from([0, 0]),
  ]);
}

interface Table {
  filter: Plain;
  yes: Plain[];
  no: Plain[];
}

function check(title: string, tables: Table[]): void {
  describe(title, () => {
    for (const [index, { filter, yes, no }] of tables.entries()) {
      test(`${index + 1}: ${JSON.stringify(filter)}`, () => {
        for (const document of yes) {
          assert.equal(matches(filter, document), true, `should match ${JSON.stringify(document)}`);
        }
        for (const document of no) {
          assert.equal(matches(filter, document), false, `should not: ${JSON.stringify(document)}`);
        }
      });
    }
  });
}

check("equality", [
  { filter: {}, yes: [{}, { a: 1 }], no: [] },
  {
    filter: { a: 1 },
    yes: [
      { a: 1 },
      { a: new Double(1) },
      { a: Long.fromNumber(1) },
      { a: Decimal128.fromString("1.00") },
      { b: 0, a: [2, 1] },
    ],
    no: [{}, { a: 2 }, { a: "1" }, { a: true }, { a: [[1]] }, { a: { b: 1 } }, { A: 1 }],
  },
  {
    filter: { a: Long.fromString("9007199254740993") },
    yes: [{ a: Long.fromString("9007199254740993") }],
    no: [{ a: new Double(9007199254740992) }, { a: Long.fromString("9007199254740992") }],
  },
  {
    filter: { a: new Double(NaN) },
    yes: [{ a: NaN }, { a: Decimal128.fromString("NaN") }],
    no: [{ a: 0 }],
  },
  { filter: { a: new Double(-0) }, yes: [{ a: 0 }], no: [] },
  {
    filter: { a: "x" },
    yes: [{ a: "x" }, { a: new BSONSymbol("x") }, { a: ["y", "x"] }],
    no: [{ a: "X" }, { a: "xx" }, { a: new Code("x") }],
  },
  {
    filter: { a: { b: 1, c: 2 } },
    yes: [{ a: { b: 1, c: 2 } }, { a: [{ b: 1, c: 2 }] }, { a: { b: new Double(1), c: 2 } }],
    no: [{ a: { c: 2, b: 1 } }, { a: { b: 1 } }, { a: { b: 1, c: 2, d: 3 } }],
  },
  {
    filter: { a: [1, 2] },
    yes: [{ a: [1, 2] }, { a: [[1, 2], 3] }],
    no: [{ a: [2, 1] }, { a: [1, 2, 3] }, { a: 1 }, { a: { 0: 1, 1: 2 } }, { a: [[[1, 2]]] }],
  },
  { filter: { a: [] }, yes: [{ a: [] }, { a: [[]] }], no: [{ a: [1] }, {}] },
  {
    filter: { a: null },
    yes: [{}, { a: null }, { a: [1, null] }, { b: 1 }],
    no: [{ a: 0 }, { a: [] }, { a: "" }, { a: false }],
  },
  { filter: { a: { $eq: null } }, yes: [{}, { a: null }], no: [{ a: 1 }] },
  {
    filter: { a: { $ne: null } },
    yes: [{ a: 1 }, { a: [] }],
    no: [{}, { a: null }, { a: [null] }],
  },
  { filter: { a: { $eq: { $gt: 1 } } }, yes: [], no: [{ a: 2 }, {}] },
  { filter: { a: true }, yes: [{ a: true }, { a: [true] }], no: [{ a: 1 }, { a: "true" }] },
  {
    filter: { a: new ObjectId("507f1f77bcf86cd799439011") },
    yes: [{ a: new ObjectId("507f1f77bcf86cd799439011") }],
    no: [{ a: "507f1f77bcf86cd799439011" }, { a: new ObjectId("507f1f77bcf86cd799439012") }],
  },
  {
    filter: { a: new Binary(Buffer.from("x"), 0) },
    yes: [{ a: new Binary(Buffer.from("x"), 0) }],
    no: [{ a: new Binary(Buffer.from("x"), 5) }, { a: "x" }],
  },
  { filter: { a: { $ref: "c", $id: 1 } }, yes: [{ a: { $ref: "c", $id: 1 } }], no: [{ a: 1 }] },
  { filter: { a: 1, b: 2 }, yes: [{ b: 2, a: 1 }], no: [{ a: 1 }, { b: 2 }] },
  { filter: { $comment: "why", a: 1 }, yes: [{ a: 1 }], no: [{ a: 2 }] },
]);

check("order, within a type class only", [
  {
    filter: { a: { $gt: 5 } },
    yes: [
      { a: 6 },
      { a: 5.5 },
      { a: [1, 9] },
      { a: Infinity },
      { a: Decimal128.fromString("5.1") },
    ],
    no: [{ a: 5 }, { a: "6" }, { a: null }, {}, { a: NaN }, { a: new Date(9) }, { a: [[9]] }],
  },
  { filter: { a: { $gte: 5 } }, yes: [{ a: 5 }, { a: new Double(5) }], no: [{ a: 4 }, { a: NaN }] },
  {
    filter: { a: { $lt: 5 } },
    yes: [{ a: 4 }, { a: -Infinity }, { a: [9, 1] }],
    no: [{ a: 5 }, { a: NaN }, {}, { a: null }, { a: "1" }],
  },
  { filter: { a: { $lte: 5 } }, yes: [{ a: 5 }], no: [{ a: 6 }, { a: NaN }] },
  {
    filter: { a: { $gt: 1, $lt: 5 } },
    yes: [{ a: 3 }, { a: [0, 9] }],
    no: [{ a: 5 }, { a: [9, 10] }],
  },
  { filter: { a: { $gte: new Double(NaN) } }, yes: [{ a: NaN }], no: [{ a: 1 }, { a: Infinity }] },
  { filter: { a: { $gt: new Double(NaN) } }, yes: [], no: [{ a: NaN }, { a: 1 }] },
  { filter: { a: { $lte: new Double(NaN) } }, yes: [{ a: NaN }], no: [{ a: -1 }] },
  { filter: { a: { $gte: null } }, yes: [{ a: null }, {}, { a: [null] }], no: [{ a: 0 }] },
  { filter: { a: { $gt: null } }, yes: [], no: [{ a: null }, {}, { a: 1 }] },
  {
    filter: { a: { $lt: "b" } },
    yes: [{ a: "a" }, { a: "B" }, { a: "" }],
    no: [{ a: "b" }, { a: "é" }],
  },
  { filter: { a: { $gt: "z" } }, yes: [{ a: "é" }, { a: "zz" }, { a: "😀" }], no: [{ a: "z" }] },
  {
    filter: { a: { $lt: new Date(0) } },
    yes: [{ a: new Date(-1) }],
    no: [{ a: new Date(0) }, { a: -1 }, { a: new Timestamp({ t: 0, i: 0 }) }],
  },
  { filter: { a: { $gt: false } }, yes: [{ a: true }], no: [{ a: false }, { a: 1 }] },
  {
    filter: { a: { $gt: { b: 1 } } },
    yes: [{ a: { b: 2 } }, { a: { b: 1, c: 0 } }],
    no: [{ a: { b: 1 } }, { a: 5 }],
  },
  { filter: { a: { $gt: [1, 2] } }, yes: [{ a: [1, 3] }, { a: [2] }], no: [{ a: [1] }, { a: 9 }] },
  {
    filter: { a: { $gt: new MinKey() } },
    yes: [{ a: 1 }, { a: null }, {}, { a: new MaxKey() }],
    no: [{ a: new MinKey() }],
  },
  { filter: { a: { $gte: new MinKey() } }, yes: [{ a: new MinKey() }, { a: 1 }], no: [] },
  { filter: { a: { $lt: new MaxKey() } }, yes: [{ a: "x" }, {}], no: [{ a: new MaxKey() }] },
  { filter: { a: { $lt: new MinKey() } }, yes: [], no: [{ a: 1 }, {}, { a: new MinKey() }] },
]);

check("lists", [
  {
    filter: { a: { $in: [1, "x", null] } },
    yes: [{ a: 1 }, { a: "x" }, {}, { a: null }, { a: [5, 1] }, { a: new Double(1) }],
    no: [{ a: 2 }, { a: [] }],
  },
  { filter: { a: { $in: [] } }, yes: [], no: [{}, { a: 1 }, { a: [] }] },
  { filter: { a: { $nin: [] } }, yes: [{}, { a: 1 }], no: [] },
  { filter: { a: { $in: [[1, 2]] } }, yes: [{ a: [1, 2] }, { a: [[1, 2]] }], no: [{ a: 1 }] },
  {
    filter: { a: { $nin: [1, null] } },
    yes: [{ a: 2 }, { a: [] }],
    no: [{ a: 1 }, {}, { a: [3, 1] }],
  },
  {
    filter: { a: { $in: [/^x/i, 5] } },
    yes: [{ a: "Xy" }, { a: ["b", "xa"] }, { a: 5 }],
    no: [{ a: "yx" }, { a: 6 }],
  },
  { filter: { a: { $nin: [/^x/] } }, yes: [{ a: "y" }, {}], no: [{ a: "x" }, { a: ["y", "x"] }] },
  {
    filter: { a: { $all: [1, 2] } },
    yes: [{ a: [2, 1, 3] }],
    no: [{ a: [1] }, { a: 1 }, {}],
  },
  { filter: { a: { $all: [1] } }, yes: [{ a: 1 }, { a: [1] }], no: [{ a: 2 }] },
  { filter: { a: { $all: [] } }, yes: [], no: [{}, { a: [] }, { a: 1 }] },
  { filter: { a: { $all: [[1, 2]] } }, yes: [{ a: [1, 2] }, { a: [[1, 2]] }], no: [{ a: [2, 1] }] },
  {
    filter: { a: { $all: [/^x/, /y$/] } },
    yes: [{ a: "xy" }, { a: ["xa", "by"] }],
    no: [{ a: ["xa"] }],
  },
  {
    filter: { a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { c: 2 } }] } },
    yes: [{ a: [{ b: 1 }, { c: 2 }] }, { a: [{ b: 1, c: 2 }] }],
    no: [{ a: [{ b: 1 }] }, { a: { b: 1, c: 2 } }],
  },
  {
    filter: { a: { $size: 2 } },
    yes: [{ a: [1, 2] }],
    no: [{ a: [1] }, { a: [[1, 2]] }, {}, { a: { 0: 1, 1: 2 } }],
  },
  { filter: { a: { $size: 0 } }, yes: [{ a: [] }], no: [{}, { a: [[]] }] },
  {
    filter: { a: { $elemMatch: { b: 1, c: { $gt: 2 } } } },
    yes: [{ a: [{ b: 1, c: 3 }] }, { a: [{ b: 0 }, { b: [1], c: 9 }] }],
    no: [{ a: [{ b: 1 }, { c: 3 }] }, { a: { b: 1, c: 3 } }, {}],
  },
  {
    filter: { a: { $elemMatch: {} } },
    yes: [{ a: [{}] }, { a: [[]] }],
    no: [{ a: [] }, { a: [1] }],
  },
  {
    filter: { a: { $elemMatch: { 0: 5 } } },
    yes: [{ a: [[5]] }, { a: [{ 0: 5 }] }],
    no: [{ a: [5] }],
  },
  {
    filter: { a: { $elemMatch: { $gt: 1, $lt: 5 } } },
    yes: [{ a: [0, 3] }],
    no: [{ a: [0, 9] }, { a: 3 }, { a: [[3]] }],
  },
  {
    filter: { a: { $elemMatch: { $elemMatch: { $gt: 4 } } } },
    yes: [{ a: [[1, 5]] }],
    no: [{ a: [5] }],
  },
  {
    filter: { a: { $elemMatch: { $not: { $gt: 1 } } } },
    yes: [{ a: [0, 5] }, { a: ["x"] }],
    no: [{ a: [2] }, { a: [] }],
  },
  { filter: { a: { $elemMatch: { $ne: 1 } } }, yes: [{ a: [1, 2] }], no: [{ a: [1] }] },
  { filter: { a: { $elemMatch: { $in: [null] } } }, yes: [{ a: [null] }], no: [{ a: [] }] },
  {
    filter: { a: { $elemMatch: { $or: [{ b: 1 }, { c: 1 }] } } },
    yes: [{ a: [{ c: 1 }] }],
    no: [{ a: [{ d: 1 }] }],
  },
  {
    filter: { "a.b": { $elemMatch: { c: 1 } } },
    yes: [{ a: [{ b: [{ c: 1 }] }] }],
    no: [{ a: [{ b: { c: 1 } }] }],
  },
]);

check("fields, types, remainders", [
  { filter: { a: { $exists: true } }, yes: [{ a: 1 }, { a: null }, { a: [] }], no: [{}, { b: 1 }] },
  { filter: { a: { $exists: false } }, yes: [{}, { b: { a: 1 } }], no: [{ a: null }] },
  { filter: { a: { $exists: 0 } }, yes: [{}], no: [{ a: 1 }] },
  {
    filter: { "a.b": { $exists: true } },
    yes: [{ a: { b: 1 } }, { a: [{}, { b: 1 }] }],
    no: [{ a: 1 }, { a: [1] }, { a: [] }],
  },
  {
    filter: { "a.b": { $exists: false } },
    yes: [{}, { a: 1 }, { a: [{ c: 1 }] }, { a: [] }],
    no: [{ a: [{}, { b: 1 }] }],
  },
  { filter: { a: { $type: "string" } }, yes: [{ a: "x" }, { a: [1, "x"] }], no: [{ a: 1 }, {}] },
  { filter: { a: { $type: 16 } }, yes: [{ a: 1 }], no: [{ a: new Double(1) }, { a: Long.ONE }] },
  {
    filter: { a: { $type: "number" } },
    yes: [{ a: 1 }, { a: 1.5 }, { a: Long.ONE }, { a: Decimal128.fromString("1") }],
    no: [{ a: "1" }, {}],
  },
  { filter: { a: { $type: ["bool", 10] } }, yes: [{ a: true }, { a: null }], no: [{}, { a: 0 }] },
  { filter: { a: { $type: "array" } }, yes: [{ a: [] }, { a: [[1]] }], no: [{ a: 1 }, {}] },
  { filter: { a: { $type: -1 } }, yes: [{ a: new MinKey() }], no: [{ a: new MaxKey() }] },
  {
    filter: { a: { $mod: [4, 1] } },
    yes: [
      { a: 5 },
      { a: 5.9 },
      { a: Long.fromNumber(9) },
      { a: Decimal128.fromString("5.5") },
      { a: [2, 1] },
    ],
    no: [{ a: 4 }, { a: -3 }, { a: "5" }, { a: NaN }, { a: Infinity }, { a: 1e30 }, {}],
  },
  { filter: { a: { $mod: [4, -3] } }, yes: [{ a: -3 }, { a: -7.5 }], no: [{ a: 1 }] },
  { filter: { a: { $mod: [new Double(4.7), new Double(1.2)] } }, yes: [{ a: 5 }], no: [{ a: 4 }] },
  {
    filter: { a: { $mod: [3, 0] } },
    yes: [{ a: 0 }, { a: Decimal128.fromString("0E+50") }, { a: Decimal128.fromString("3E+1") }],
    no: [{ a: Decimal128.fromString("3E+40") }],
  },
  {
    filter: { a: { $mod: [Long.fromString("9007199254740993"), 0] } },
    yes: [{ a: Long.fromString("9007199254740993") }],
    no: [{ a: Long.fromString("9007199254740992") }],
  },
]);

check("logic", [
  { filter: { $and: [{ a: 1 }, { b: 2 }] }, yes: [{ a: 1, b: 2 }], no: [{ a: 1 }] },
  { filter: { $or: [{ a: 1 }, { b: 2 }] }, yes: [{ a: 1 }, { b: 2 }], no: [{ a: 2, b: 1 }, {}] },
  { filter: { $nor: [{ a: 1 }, { b: 2 }] }, yes: [{}, { a: 2 }], no: [{ a: 1 }, { b: 2 }] },
  {
    filter: { $or: [{ $and: [{ a: 1 }, { b: 1 }] }, { c: 1 }], d: 1 },
    yes: [{ c: 1, d: 1 }],
    no: [{ c: 1 }, { a: 1, d: 1 }],
  },
  {
    filter: { a: { $not: { $gt: 5 } } },
    yes: [{ a: 5 }, {}, { a: "x" }, { a: [] }],
    no: [{ a: 6 }, { a: [1, 9] }],
  },
  {
    filter: { a: { $not: { $gt: 1, $lt: 5 } } },
    yes: [{ a: 5 }, { a: 1 }],
    no: [{ a: 3 }, { a: [0, 9] }],
  },
  {
    filter: { a: { $not: /x/ } },
    yes: [{ a: "y" }, {}, { a: 1 }],
    no: [{ a: "x" }, { a: ["y", "x"] }],
  },
  { filter: { a: { $not: { $regex: "x" } } }, yes: [{}], no: [{ a: "x" }] },
  { filter: { a: { $not: { $not: { $eq: 1 } } } }, yes: [{ a: 1 }], no: [{ a: 2 }] },
  { filter: { a: { $ne: 1 } }, yes: [{}, { a: 2 }, { a: [2] }], no: [{ a: 1 }, { a: [2, 1] }] },
]);

check("paths", [
  {
    filter: { "a.b": 1 },
    yes: [{ a: { b: 1 } }, { a: [{ b: 1 }] }, { a: [{ b: [2, 1] }] }, { a: { b: [1] } }],
    no: [{ "a.b": 1 }, { a: [[{ b: 1 }]] }, { a: 1 }],
  },
  { filter: { "a.b.c": 1 }, yes: [{ a: [{ b: [{ c: 0 }, { c: 1 }] }] }], no: [{ a: { b: 1 } }] },
  {
    filter: { "a.0": 1 },
    yes: [{ a: [1, 2] }, { a: { 0: 1 } }, { a: [{ 0: 1 }] }],
    no: [{ a: [2, 1] }, { a: [[1]] }, { a: 1 }],
  },
  { filter: { "a.1": [2, 4] }, yes: [{ a: [5, [2, 4]] }], no: [{ a: [[2, 4]] }] },
  { filter: { "a.1": 2 }, yes: [{ a: [{ 1: 2 }] }], no: [{ a: [5, [2, 4]] }] },
  {
    filter: { "a.1.b": 4 },
    yes: [{ a: [5, { b: 4 }] }, { a: [5, [{ b: 4 }]] }],
    no: [{ a: [{ b: 4 }] }],
  },
  { filter: { "a.00": 1 }, yes: [{ a: { "00": 1 } }], no: [{ a: [1] }] },
  {
    filter: { "a.b": null },
    yes: [{}, { a: 1 }, { a: {} }, { a: [{ b: 1 }, {}] }, { a: [{ b: null }] }],
    no: [{ a: [] }, { a: [1, 2] }, { a: [{ b: 1 }] }],
  },
  {
    filter: { "a.b": { $ne: 1 } },
    yes: [{ a: [] }, { a: [1] }, {}],
    no: [{ a: [{ b: 2 }, { b: 1 }] }],
  },
  { filter: { "你.好": 1 }, yes: [{ 你: { 好: 1 } }], no: [{ 你: 1 }] },
  { filter: { "": 1 }, yes: [{ "": 1 }], no: [{ a: 1 }] },
]);

check("regular expressions", [
  {
    filter: { a: /^b/ },
    yes: [{ a: "bc" }, { a: new BSONSymbol("b") }, { a: [1, "b"] }],
    no: [{ a: "ab" }, { a: 1 }, {}, { a: "a\nb" }],
  },
  { filter: { a: { $regex: "^b", $options: "im" } }, yes: [{ a: "a\nB" }], no: [{ a: "aB" }] },
  { filter: { a: { $options: "i", $regex: "B" } }, yes: [{ a: "b" }], no: [{ a: "c" }] },
  { filter: { a: { $regex: /B/i, $ne: "b" } }, yes: [{ a: "B" }], no: [{ a: "b" }, { a: "c" }] },
  {
    filter: { a: new BSONRegExp("b", "i") },
    yes: [{ a: new BSONRegExp("b", "i") }],
    no: [{ a: new BSONRegExp("b", "") }, { a: new BSONRegExp("c", "i") }],
  },
  { filter: { a: new BSONRegExp("a b # c", "x") }, yes: [{ a: "ab" }], no: [{ a: "a b" }] },
]);

test("null equals the old type undefined", () => {
  const matcher = compileMatcher(serialize({ a: null }));
  assert.equal(matcher(withUndefined("a")), true);
  assert.equal(compileMatcher(serialize({ a: { $in: [null] } }))(withUndefined("a")), true);
  assert.equal(compileMatcher(serialize({ a: { $exists: true } }))(withUndefined("a")), true);
});

describe("refused filters", () => {
  for (const [filter, message] of [
    [{ $foo: 1 }, "Unknown operator $foo in a filter"],
    [{ a: { $foo: 1 } }, "Unknown operator $foo in a filter"],
    [{ a: { $gt: 1, b: 2 } }, "Unknown operator b in a filter"],
    [{ a: { $nearSphere: [1, 2] } }, "The operator $nearSphere is not supported in a filter"],
    [{ a: { $geoWithin: {} } }, "The operator $geoWithin is not supported in a filter"],
    [{ $where: "1" }, "The operator $where is not supported in a filter"],
    [{ $expr: {} }, "The operator $expr is not supported in a filter"],
    [{ $jsonSchema: {} }, "The operator $jsonSchema is not supported in a filter"],
    [{ $text: { $search: "x" } }, "The operator $text is not supported in a filter"],
    [{ $and: [] }, "$and wants an array that is not empty"],
    [{ $or: {} }, "$or wants an array"],
    [{ $nor: [1] }, "$nor wants an array of documents"],
    [{ a: { $in: 1 } }, "$in wants an array"],
    [{ a: { $in: [{ $gt: 1 }] } }, "$in cannot hold operators"],
    [{ a: { $not: 1 } }, "$not wants operators or a regular expression"],
    [{ a: { $not: {} } }, "$not wants operators or a regular expression"],
    [{ a: { $ne: /x/ } }, "$ne cannot compare with a regular expression"],
    [{ a: { $gt: /x/ } }, "$gt cannot compare with a regular expression"],
    [{ a: { $mod: [0, 1] } }, "The divisor of $mod must not be 0"],
    [{ a: { $mod: [1] } }, "$mod wants an array of two numbers, divisor and remainder"],
    [{ a: { $mod: [1, "x"] } }, "$mod wants an array of two numbers, divisor and remainder"],
    [{ a: { $size: -1 } }, "$size wants an integer of 0 or more"],
    [{ a: { $size: 1.5 } }, "$size wants an integer of 0 or more"],
    [{ a: { $size: "1" } }, "$size wants an integer of 0 or more"],
    [{ a: { $all: 1 } }, "$all wants an array"],
    [{ a: { $all: [{ $gt: 1 }] } }, "$all cannot hold $gt, only values or $elemMatch"],
    [{ a: { $elemMatch: 1 } }, "$elemMatch wants a document"],
    [{ a: { $type: "text" } }, "$type does not know the type text"],
    [{ a: { $type: 99 } }, "$type does not know the type 99"],
    [{ a: { $type: [] } }, "$type wants at least one type"],
    [{ a: { $regex: 1 } }, "$regex wants a string or a regular expression"],
    [{ a: { $options: "i" } }, "$options wants a $regex beside it"],
    [{ a: { $regex: /x/i, $options: "m" } }, "Options stand both in $regex and in $options"],
    [
      { a: { $regex: "x", $options: "g" } },
      "The option g of a regular expression is not supported",
    ],
    [{ a: { $regex: "x\0" } }, "A regular expression must not contain NUL"],
    [{ a: { $regex: "x".repeat(40_000) } }, "A regular expression has more than 32764 characters"],
  ] as [Plain, string][]) {
    test(message, () => {
      const refusal = { name: "DocferryError", code: "invalid_query", message };
      assert.throws(() => checkFilter(serialize(filter)), refusal);
      assert.throws(() => compileMatcher(serialize(filter)), refusal);
    });
  }

  test("comparison with undefined", () => {
    assert.throws(() => checkFilter(withUndefined("a")), /\$eq cannot compare with undefined/);
  });

  test("what is not BSON", () => {
    assert.throws(() => checkFilter(Buffer.from([5, 0, 0, 0])), {
      code: "invalid_query",
      message: /^The filter is not well-formed: /,
    });
  });

  test("a regular expression that only PCRE can run, once it is to be run", () => {
    const filter = serialize({ a: new BSONRegExp("(?>a)", "") });
    checkFilter(filter);
    assert.throws(() => compileMatcher(filter), { code: "invalid_query" });
  });
});

describe("properties", () => {
  const scalar = fc.oneof(
    fc.integer({ min: -2, max: 2 }).map((value) => new Int32(value)),
    fc.constantFrom(-0, 0.5, 1, NaN, Infinity).map((value) => new Double(value)),
    fc.constantFrom("1", "-1", "0.50", "1E-30", "9E+40").map((text) => Decimal128.fromString(text)),
    fc.integer({ min: -2, max: 2 }).map((value) => Long.fromNumber(value)),
    fc.constantFrom("", "a", "b", null, true, false, new Date(0), new MinKey(), new MaxKey()),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "0"), tie("value"), { maxKeys: 2 }),
    ),
  }));
  const document = fc.dictionary(fc.constantFrom("a", "b"), value, { maxKeys: 2 });
  const path = fc.constantFrom("a", "b", "a.a", "a.b", "a.0", "b.0.a", "a.b.0");
  /** A document with names that begin with no `$` is no operator. */
  const operator = fc
    .oneof(
      fc.tuple(fc.constantFrom("$eq", "$gt", "$gte", "$lt", "$lte", "$ne"), value),
      fc.tuple(fc.constantFrom("$in", "$nin", "$all"), fc.array(value, { maxLength: 3 })),
      fc.tuple(fc.constant("$exists"), fc.boolean()),
      fc.tuple(fc.constant("$size"), fc.integer({ min: 0, max: 3 })),
    )
    .map(([name, operand]) => ({ [name]: operand }));

  const holds = (
    property: (path: string, document: Plain, operator: Plain, list: unknown[]) => void,
  ) =>
    fc.assert(fc.property(path, document, operator, fc.array(value, { maxLength: 12 }), property), {
      numRuns: 500,
    });

  test("$not, $nor and $ne are complements", () => {
    holds((at, of, operation, list) => {
      const plain = matches({ [at]: operation }, of);
      assert.equal(matches({ [at]: { $not: operation } }, of), !plain);
      assert.equal(matches({ $nor: [{ [at]: operation }] }, of), !plain);
      assert.equal(matches({ [at]: { $nin: list } }, of), !matches({ [at]: { $in: list } }, of));
    });
  });

  test("$in is the same as $or of equals, whether the list is short or long", () => {
    holds((at, of, _, list) => {
      const each = list.some((item) => matches({ [at]: { $eq: item } }, of));
      assert.equal(matches({ [at]: { $in: list } }, of), each);
    });
  });

  test("$all is the same as $and of equals", () => {
    holds((at, of, _, list) => {
      const each = list.length > 0 && list.every((item) => matches({ [at]: { $eq: item } }, of));
      assert.equal(matches({ [at]: { $all: list } }, of), each);
    });
  });

  test("$gte is $gt or $eq, $lte is $lt or $eq", () => {
    holds((at, of, _, [operand = 1]) => {
      const is = (name: string) => matches({ [at]: { [name]: operand } }, of);
      assert.equal(is("$gte"), is("$gt") || is("$eq"));
      assert.equal(is("$lte"), is("$lt") || is("$eq"));
    });
  });

  test("a document matches each of its own fields", () => {
    fc.assert(
      fc.property(document, (of) => {
        for (const [name, own] of Object.entries(of)) {
          assert.equal(matches({ [name]: { $eq: own } }, of), true);
        }
      }),
    );
  });
});
