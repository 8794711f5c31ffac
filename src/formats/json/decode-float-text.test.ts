import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFloatText } from "./decode-float-text.ts";

const texts: [string, number | null][] = [
  ["1", 1],
  ["+1.5e3", 1500],
  ["-.5", -0.5],
  ["5.", 5],
  ["1_000.5", 1000.5],
  ["NaN", Number.NaN],
  ["-nan", Number.NaN],
  ["inf", Infinity],
  ["-INFINITY", -Infinity],
  ["0x1p4", 16],
  ["-0X_1.8P1", -3],
  ["0x.8p0", 0.5],
  ["0x0p0", 0],
  ["-0x0p9", -0],
  ["0x1p-1074", 5e-324],
  ["0x1p-1075", 0],
  ["0x1.8p-1075", 5e-324],
  ["0x1.fffffffffffffp1023", Number.MAX_VALUE],
  ["0x1.fffffffffffff7p1023", Number.MAX_VALUE],
  ["0x1.fffffffffffff8p1023", null],
  ["0x1.00000000000008p0", 1],
  ["0x1.00000000000018p0", 1 + 2 ** -51],
  ["0x1.000000000000080000001p0", 1 + 2 ** -52],
  ["1e400", null],
  ["0x1p99999", null],
  ["0x1p-99999", 0],
  ["", null],
  [" 1", null],
  ["1__0", null],
  ["_1", null],
  ["0x10", null],
  ["0xp1", null],
  [".", null],
  ["1e", null],
  ["infinite", null],
];
for (const [text, value] of texts) {
  test(`${JSON.stringify(text)} is ${value === null ? "no number" : Object.is(value, -0) ? "-0" : value}`, () => {
    assert.ok(Object.is(parseFloatText(text), value), String(parseFloatText(text)));
  });
}
