import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { badUtf8, utf8Length } from "./utf8.ts";

// Bytes of which characters and near misses are made.
const byte = fc.constantFrom(
  0x41,
  0x7f,
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc0,
  0xc1,
  0xc2,
  0xdf,
  0xe0,
  0xe1,
  0xec,
  0xed,
  0xee,
  0xef,
  0xf0,
  0xf1,
  0xf3,
  0xf4,
  0xf5,
  0xff,
);

test("bytes are UTF-8 exactly where Node says so, up to the first that are not", () => {
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 8 }), (values) => {
      const bytes = Uint8Array.from(values);
      const bad = badUtf8(bytes, 0, bytes.length);
      assert.equal(bad < 0, isUtf8(bytes));
      if (bad >= 0) {
        assert.ok(isUtf8(bytes.subarray(0, bad)));
        assert.equal(utf8Length(bytes, bad, bytes.length), 0);
      }
    }),
    { numRuns: 20_000 },
  );
});

test("a character that the range cuts off is none", () => {
  const euro = Uint8Array.of(0xe2, 0x82, 0xac);
  assert.equal(utf8Length(euro, 0, 3), 3);
  assert.equal(utf8Length(euro, 0, 2), 0);
  assert.equal(badUtf8(euro, 0, 2), 0);
});
