import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  date,
  decimal,
  document,
  double,
  int32,
  int64,
  objectId,
  randomNumber,
  randomValue,
  text,
} from "../../test/support/random-bson.ts";
import type { BsonValue } from "../../test/support/random-bson.ts";
import { compareValues } from "./compare.ts";
import {
  appendOrderKey,
  appendOrderKeyOfId,
  invertOrderKey,
  orderKey,
  orderKeyBound,
  orderKeyOfId,
} from "./order-key.ts";

const keyOf = ({ type, bytes }: BsonValue): Uint8Array => orderKey(type, bytes, 0);
const compare = (a: BsonValue, b: BsonValue): number =>
  Math.sign(compareValues(a.type, a.bytes, 0, b.type, b.bytes, 0));

test("keys of random values of all types have the order of the values and are equal where they are", () => {
  fc.assert(
    fc.property(randomValue(), randomValue(), (a, b) => {
      assert.equal(Math.sign(Buffer.compare(keyOf(a), keyOf(b))), compare(a, b));
    }),
    { numRuns: 10_000 },
  );
});

test("keys of doubles, integers and decimals have the order of the numbers", () => {
  fc.assert(
    fc.property(randomNumber(), randomNumber(), (a, b) => {
      assert.equal(Math.sign(Buffer.compare(keyOf(a), keyOf(b))), compare(a, b));
    }),
    { numRuns: 30_000 },
  );
});

test("no key is the beginning of another, so keys stay apart when they stand one behind another", () => {
  fc.assert(
    fc.property(randomValue(), randomValue(), (a, b) => {
      const keyA = Buffer.from(keyOf(a));
      const keyB = Buffer.from(keyOf(b));
      if (keyA.equals(keyB)) return;
      assert.notDeepEqual(keyA.subarray(0, keyB.length), keyB);
      assert.notDeepEqual(keyB.subarray(0, keyA.length), keyA);
    }),
    { numRuns: 10_000 },
  );
});

test("joined keys sort by several values, each ascending or descending", () => {
  const row = fc.array(fc.oneof(randomNumber(), randomValue({ depth: 1 })), {
    minLength: 3,
    maxLength: 3,
  });
  const directions = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      row,
      row,
      fc.array(fc.boolean(), { maxLength: 3 }),
      directions,
      (a, b, same, down) => {
        // Equal beginnings are what makes the later values count.
        const other = b.map((value, i) => (same[i] ? a[i]! : value));
        let expected = 0;
        for (const [i, value] of a.entries()) {
          expected ||= down[i] ? compare(other[i]!, value) : compare(value, other[i]!);
        }
        const byKeys = Buffer.compare(joinedKey(a, down), joinedKey(other, down));
        assert.equal(Math.sign(byKeys), expected);
      },
    ),
    { numRuns: 5000 },
  );
});

test("keys never need more than their bound", () => {
  fc.assert(
    fc.property(randomValue(), ({ type, bytes }) => {
      const bound = orderKeyBound(bytes.length);
      const target = new Uint8Array(bound + 100);
      assert.ok(appendOrderKey(target, 0, type, bytes, 0) <= bound);
    }),
    { numRuns: 5000 },
  );
});

test("the key of an _id is found wherever it stands, and null without one", () => {
  const id = text("abc");
  const first = document([["_id", id]]);
  const last = document([
    ["x", int32(1)],
    ["_id", id],
  ]);
  const none = document([["_idx", id]]);
  assert.deepEqual(orderKeyOfId(first), keyOf(id));
  assert.deepEqual(orderKeyOfId(last), keyOf(id));
  assert.equal(orderKeyOfId(none), null);
  assert.equal(orderKeyOfId(document([])), null);
  const oid = objectId(new Uint8Array(12).fill(7));
  assert.deepEqual(orderKeyOfId(document([["_id", oid]])), keyOf(oid));
});

test("keys of many documents can be written into one buffer", () => {
  const documents = [double(1.5), text("a\u0000b"), int32(7)].map((id) => document([["_id", id]]));
  const target = new Uint8Array(1000);
  let at = 5;
  for (const bytes of documents) at = appendOrderKeyOfId(target, at, bytes, 0);
  assert.deepEqual(
    Buffer.from(target.subarray(5, at)),
    Buffer.concat(documents.map((bytes) => orderKeyOfId(bytes)!)),
  );
  assert.equal(appendOrderKeyOfId(target, at, document([]), 0), -1);
});

test("keys are what databases already hold: a change of them needs a migration", () => {
  for (const [value, key] of [
    [int32(0), "1c"],
    [int32(1), "1e02"],
    [int32(-300), "19fda7"],
    [double(12.34), "1e19570a3d70a3d70000"],
    [double(0.1), "1d3fb999999999999a00"],
    [double(1e300), "267e37e43c8800759c00"],
    [int64(2n ** 62n + 1n), "25400000000000000100"],
    [decimal(false, 1n, -1), "1d3fb999999999999901800014"],
    [decimal(true, 123n, -2), "1afcc51eb851eb851ffe7ffefcd1"],
    [text("a\u0000b"), "306101016200"],
    [date(-1n), "377fffffffffffffff"],
    [{ type: 3, bytes: document([["a", int32(1)]]) }, "310461001e0200"],
  ] as const) {
    assert.equal(Buffer.from(keyOf(value)).toString("hex"), key);
  }
});

test("keys of everyday values are short", () => {
  assert.equal(keyOf(int32(0)).length, 1);
  assert.equal(keyOf(int32(100)).length, 2);
  assert.equal(keyOf(int32(1_000_000)).length, 4);
  assert.equal(keyOf(double(12.34)).length, 10);
  assert.equal(keyOf(text("abc")).length, 5);
});

function joinedKey(values: BsonValue[], descending: boolean[]): Uint8Array {
  const target = new Uint8Array(
    values.reduce((sum, { bytes }) => sum + orderKeyBound(bytes.length), 0),
  );
  let at = 0;
  for (const [i, { type, bytes }] of values.entries()) {
    const end = appendOrderKey(target, at, type, bytes, 0);
    if (descending[i]) invertOrderKey(target, at, end);
    at = end;
  }
  return target.subarray(0, at);
}
