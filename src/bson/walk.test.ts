import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  date,
  document,
  double,
  int32,
  int64,
  randomDocument,
  randomValue,
  text,
} from "../../test/support/random-bson.ts";
import { BsonError } from "./types.ts";
import {
  Cursor,
  doubleAt,
  findField,
  int64At,
  nameIs,
  safeInt64At,
  stringAt,
  textAt,
  valueSize,
} from "./walk.ts";

const encode = (name: string): Uint8Array => new TextEncoder().encode(name);

test("a cursor gives every element with its type, name and value, wherever the document stands", () => {
  const fields = fc.uniqueArray(
    fc.tuple(fc.string({ unit: "grapheme", maxLength: 8 }), randomValue({ depth: 2 })),
    { maxLength: 8, selector: ([name]) => name },
  );
  fc.assert(
    fc.property(fields, fc.nat(9), (expected, offset) => {
      const plain = expected.map(([name, value]) => [name.replaceAll("\0", ""), value] as const);
      const inner = document(plain.map(([name, value]) => [name, value]));
      const bytes = new Uint8Array(offset + inner.length + 3).fill(255);
      bytes.set(inner, offset);
      const cursor = new Cursor(bytes, offset);
      for (const [name, value] of plain) {
        assert.ok(cursor.next());
        assert.equal(cursor.type, value.type);
        assert.equal(textAt(bytes, cursor.nameStart, cursor.nameEnd), name);
        assert.ok(nameIs(bytes, cursor.nameStart, cursor.nameEnd, encode(name)));
        assert.equal(valueSize(value.type, bytes, cursor.valueStart), value.bytes.length);
        assert.deepEqual(bytes.slice(cursor.valueStart, cursor.valueEnd), value.bytes);
      }
      assert.ok(!cursor.next());
      assert.ok(!cursor.next());
      assert.ok(!cursor.open(document([]), 0).next());
    }),
  );
});

test("a field is found by its whole name, the first of two", () => {
  const bytes = document([
    ["ab", int32(1)],
    ["a", text("x")],
    ["", int32(2)],
    ["a", int32(3)],
  ]);
  assert.equal(findField(bytes, 0, encode("a")), 4 + 4 + 4);
  assert.equal(stringAt(bytes, findField(bytes, 0, encode("a")) + 1 + 2), "x");
  assert.equal(bytes[findField(bytes, 0, encode(""))], 0x10);
  assert.equal(findField(bytes, 0, encode("b")), -1);
  assert.equal(findField(bytes, 0, encode("abc")), -1);
});

test("numbers are read exactly", () => {
  for (const value of [0, -0, 1.5, -1e300, 5e-324, Infinity]) {
    assert.ok(Object.is(doubleAt(double(value).bytes, 0), value));
  }
  for (const value of [0n, -1n, 2n ** 53n - 1n, -(2n ** 53n) + 1n]) {
    assert.equal(safeInt64At(int64(value).bytes, 0), Number(value));
    assert.equal(int64At(int64(value).bytes, 0), value);
  }
  for (const value of [2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 63n), 2n ** 63n - 1n]) {
    assert.ok(Number.isNaN(safeInt64At(int64(value).bytes, 0)));
    assert.equal(int64At(date(value).bytes, 0), value);
  }
});

test("walking damaged bytes ends, and never leaves the document", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(randomDocument({ depth: 1 }), damage, (bytes, changes) => {
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      try {
        const cursor = new Cursor(bytes);
        let last = 4;
        while (cursor.next()) {
          assert.ok(cursor.valueEnd > last);
          last = cursor.valueEnd;
        }
        findField(bytes, 0, encode("no such name"));
      } catch (error) {
        if (!(error instanceof BsonError)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
