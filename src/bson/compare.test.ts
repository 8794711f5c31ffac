import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  array,
  binary,
  date,
  decimal,
  document,
  double,
  int32,
  int64,
  objectId,
  randomValue,
  text,
} from "../../test/support/random-bson.ts";
import type { BsonValue } from "../../test/support/random-bson.ts";
import { compareValues } from "./compare.ts";
import { orderKey } from "./order-key.ts";
import { bsonType } from "./types.ts";

const nothing = (type: number): BsonValue => ({ type, bytes: new Uint8Array(0) });
const bool = (value: boolean): BsonValue => ({
  type: bsonType.boolean,
  bytes: Uint8Array.of(value ? 1 : 0),
});
const hex = (type: number, bytes: string): BsonValue => ({
  type,
  bytes: Uint8Array.from(Buffer.from(bytes, "hex")),
});
const object = (...fields: [string, BsonValue][]): BsonValue => ({
  type: bsonType.document,
  bytes: document(fields),
});
const list = (...values: BsonValue[]): BsonValue => ({
  type: bsonType.array,
  bytes: array(values),
});
const regex = (pattern: string, options: string): BsonValue => ({
  type: bsonType.regex,
  bytes: Uint8Array.from(Buffer.from(`${pattern}\0${options}\0`)),
});
const pointer = (collection: string, last: string): BsonValue => ({
  type: bsonType.dbPointer,
  bytes: Uint8Array.from(
    Buffer.concat([text(collection).bytes, Buffer.from("00".repeat(11) + last, "hex")]),
  ),
});
const scoped = (code: string, scope: BsonValue): BsonValue => {
  const rest = Buffer.concat([text(code).bytes, scope.bytes]);
  return {
    type: bsonType.codeWithScope,
    bytes: Uint8Array.from(Buffer.concat([int32(rest.length + 4).bytes, rest])),
  };
};
const timestamp = (seconds: number, increment: number): BsonValue => ({
  type: bsonType.timestamp,
  bytes: Uint8Array.from(Buffer.concat([int32(increment).bytes, int32(seconds).bytes])),
});

/** From low to high; those in one row are equal. */
const ladder: BsonValue[][] = [
  [nothing(bsonType.minKey)],
  [nothing(bsonType.undefined)],
  [nothing(bsonType.null)],
  // Numbers
  [
    double(NaN),
    hex(bsonType.double, "010000000000f8ff"),
    hex(bsonType.decimal, "0000000000000000000000000000007c"),
    hex(bsonType.decimal, "010000000000000000000000000000fc"),
  ],
  [double(-Infinity), hex(bsonType.decimal, "000000000000000000000000000000f8")],
  [decimal(true, 1n, 6111)],
  [double(-Number.MAX_VALUE)],
  [double(-1e19)],
  [int64(-(2n ** 63n)), double(-(2 ** 63)), decimal(true, 2n ** 63n, 0)],
  [int64(-9007199254740993n), decimal(true, 9007199254740993n, 0)],
  [int64(-9007199254740992n), double(-9007199254740992)],
  [double(-9007199254740991.0)],
  [int32(-2147483648), int64(-2147483648n), double(-2147483648)],
  [double(-1.5), decimal(true, 150n, -2)],
  [decimal(true, 11n, -1)],
  [int32(-1), int64(-1n), double(-1), decimal(true, 1n, 0), decimal(true, 100n, -2)],
  [decimal(true, 9999999999999999999999999999999999n, -34)],
  [double(-Number.MIN_VALUE)],
  [decimal(true, 1n, -6176)],
  [
    double(-0),
    double(0),
    int32(0),
    int64(0n),
    decimal(true, 0n, 3),
    decimal(false, 0n, -6176),
    hex(bsonType.decimal, "ffffffffffffffffffffffffffff406c"),
  ],
  [decimal(false, 1n, -6176)],
  [double(Number.MIN_VALUE)],
  [decimal(false, 1n, -1)],
  [double(0.1)],
  [decimal(false, 1000000000000000055511151231257828n, -34)],
  [double(0.25), decimal(false, 25n, -2)],
  [double(1 - 2 ** -53)],
  [int32(1), double(1)],
  [decimal(false, 10000000000000000000000000000000n + 1n, -31)],
  [double(1 + 2 ** -52)],
  [int32(63)],
  [int32(64)],
  [decimal(false, 641n, -1)],
  [double(64.5)],
  [int32(127)],
  [int32(128)],
  [int32(2147483647), double(2147483647)],
  [int64(4294967295n)],
  [int64(9007199254740991n), double(9007199254740991)],
  [decimal(false, 90071992547409915n, -1)],
  [int64(9007199254740992n), double(9007199254740992)],
  [decimal(false, 90071992547409925n, -1)],
  [int64(9007199254740993n), decimal(false, 9007199254740993n, 0)],
  [double(9007199254740994)],
  [int64(2n ** 63n - 1n)],
  [double(2 ** 63)],
  [double(2 ** 64 - 2048)],
  [decimal(false, 2n ** 64n - 1n, 0)],
  [double(2 ** 64), decimal(false, 2n ** 64n, 0)],
  [decimal(false, 2n ** 64n + 1n, 0)],
  [double(Number.MAX_VALUE)],
  [decimal(false, 1n, 309)],
  [decimal(false, 9999999999999999999999999999999999n, 6111)],
  [double(Infinity), hex(bsonType.decimal, "01000000000000000000000000000078")],
  // Text
  [text(""), text("", bsonType.symbol)],
  [text("\u0000")],
  [text("\u0000\u0000")],
  [text("\u0000\u0001")],
  [text("\u0001")],
  [text("A")],
  [text("a")],
  [text("a\u0000")],
  [text("a\u0001")],
  [text("a\u0002")],
  [text("ab"), text("ab", bsonType.symbol)],
  [text("é")],
  [text("\u{1f600}")],
  // Objects: type class, name, value, field by field
  [object()],
  [object(["z", nothing(bsonType.null)])],
  [object(["a", int32(1)]), object(["a", double(1)])],
  [object(["a", int32(1)], ["b", int32(1)])],
  [object(["a", int32(2)])],
  [object(["a\u0001", int32(0)])],
  [object(["ab", int32(0)])],
  [object(["b", int32(0)])],
  [object(["a", text("")])],
  [object(["a", object()])],
  [object(["a", object(["b", int32(1)])])],
  [object(["a", list()])],
  // Arrays
  [list()],
  [list(nothing(bsonType.minKey))],
  [list(int32(1)), list(double(1))],
  [list(int32(1), nothing(bsonType.minKey))],
  [list(int32(1), int32(5)), hex(bsonType.array, "13000000107800010000001079000500000000")],
  [list(int32(2))],
  [list(list())],
  // Binaries: length, subtype, bytes
  [binary(0, new Uint8Array())],
  [binary(255, new Uint8Array())],
  [binary(0, Uint8Array.of(9))],
  [binary(5, Uint8Array.of(1))],
  [binary(5, Uint8Array.of(2))],
  [binary(0, Uint8Array.of(0, 0))],
  [objectId(new Uint8Array(12))],
  [objectId(new Uint8Array(12).fill(255))],
  [bool(false)],
  [bool(true)],
  [date(-(2n ** 63n))],
  [date(-1n)],
  [date(0n)],
  [date(4294967296n)],
  [date(2n ** 63n - 1n)],
  [timestamp(0, 0)],
  [timestamp(0, -1)],
  [timestamp(1, 0)],
  [timestamp(-1, 0)],
  [regex("", "")],
  [regex("a", "")],
  [regex("a", "i")],
  [regex("a\u0001", "")],
  [regex("ab", "")],
  [pointer("b", "00")],
  [pointer("b", "01")],
  [pointer("aa", "00")],
  [text("", bsonType.code)],
  [text("f", bsonType.code)],
  [scoped("", object())],
  [scoped("f", object())],
  [scoped("f", object(["a", int32(1)]))],
  [scoped("f\u0000", object())],
  [nothing(bsonType.maxKey)],
];

const flat = ladder.flatMap((row, level) => row.map((value) => ({ level, value })));

test("every pair of the ladder of all types compares as MongoDB has it", () => {
  for (const [i, a] of flat.entries()) {
    for (const [j, b] of flat.entries()) {
      assert.equal(
        Math.sign(compare(a.value, b.value)),
        Math.sign(a.level - b.level),
        `ladder ${i} (row ${a.level}) and ${j} (row ${b.level})`,
      );
    }
  }
});

test("order keys of every pair of the ladder have the same order", () => {
  const keys = flat.map(({ value }) => orderKey(value.type, value.bytes, 0));
  for (const [i, a] of flat.entries()) {
    for (const [j, b] of flat.entries()) {
      assert.equal(
        Math.sign(Buffer.compare(keys[i]!, keys[j]!)),
        Math.sign(a.level - b.level),
        `ladder ${i} (row ${a.level}) and ${j} (row ${b.level})`,
      );
    }
  }
});

test("the order is total: random values sort without contradiction", () => {
  fc.assert(
    fc.property(fc.tuple(randomValue(), randomValue(), randomValue()), ([a, b, c]) => {
      assert.equal(compare(a, a), 0);
      assert.equal(Math.sign(compare(a, b)) + Math.sign(compare(b, a)), 0);
      if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0);
    }),
    { numRuns: 2000 },
  );
});

test("values nested as deep as a document can hold compare without overflowing the stack", () => {
  const depth = 200_000;
  const deep = new Uint8Array(7 * depth - 2);
  const view = new DataView(deep.buffer);
  for (let level = 0; level < depth; level++) {
    view.setInt32(level * 6, 5 + 7 * (depth - 1 - level), true);
    if (level < depth - 1) deep[level * 6 + 4] = bsonType.document;
  }
  assert.equal(compareValues(bsonType.document, deep, 0, bsonType.document, deep, 0), 0);
  assert.equal(orderKey(bsonType.document, deep, 0).length, 4 * depth - 2);
});

function compare(a: BsonValue, b: BsonValue): number {
  return compareValues(a.type, a.bytes, 0, b.type, b.bytes, 0);
}
