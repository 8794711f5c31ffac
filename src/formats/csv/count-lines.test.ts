import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { countLines } from "./count-lines.ts";

test("counts line breaks wherever they lie, and nothing that looks like one", () => {
  const bytes = fc.array(fc.constantFrom(10, 10, 0, 9, 11, 0x0b, 0x8a, 0xff, 0x80), {
    maxLength: 80,
  });
  const property = fc.property(bytes, fc.nat(8), fc.nat(8), (values, skip, cut) => {
    const all = Uint8Array.from(values);
    const from = Math.min(skip, all.length);
    const to = Math.max(from, all.length - cut);
    const view = new Uint8Array(Uint8Array.from([10, ...values]).buffer, 1);
    const expected = all.subarray(from, to).filter((byte) => byte === 10).length;
    assert.equal(countLines(all, from, to), expected);
    assert.equal(countLines(view, from, to), expected);
  });
  fc.assert(property);
});

test("counts more line breaks than a byte holds", () => {
  assert.equal(countLines(new Uint8Array(100_003).fill(10), 1, 100_003), 100_002);
});
