import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { AutoNumber, isDouble, isInt32, isInt64, notANumber } from "./auto-number.ts";
import { exportedDouble, parseGoDouble, plainDouble } from "./double-text.ts";

/** The number that a cell is, printed again; null for text. */
function printed(text: string): string | null {
  const number = new AutoNumber();
  const bytes = Buffer.from(text);
  const kind = number.read(bytes, 0, bytes.length);
  if (kind === isInt32) return String(number.value);
  if (kind === isInt64) return ((BigInt(number.high) << 32n) | BigInt(number.low >>> 0)).toString();
  if (kind === notANumber) return null;
  const texts = [exportedDouble(number.value), plainDouble(number.value)];
  return texts.includes(text) ? text : `wrong: ${number.value}`;
}

test("what is taken for a number prints as the same text", () => {
  const text = fc
    .array(fc.constantFrom("0", "1", "2", "5", "9", ".", "-", "e", "+", "00", "e+", "e-"), {
      maxLength: 24,
    })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (cell) => assert.ok([null, cell].includes(printed(cell)), cell)),
    { numRuns: 20_000 },
  );
});

test("every double but NaN, infinities and whole numbers comes back from its text", () => {
  const number = new AutoNumber();
  const property = fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    for (const text of [exportedDouble(value), plainDouble(value)]) {
      if (!text.includes(".") && !text.includes("e")) continue;
      const bytes = Buffer.from(text);
      assert.equal(number.read(bytes, 0, bytes.length), isDouble, text);
      assert.ok(Object.is(number.value, value), text);
    }
  });
  fc.assert(property, { numRuns: 5000 });
});

test("every Int64 comes back from its text", () => {
  const property = fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
    assert.equal(printed(value.toString()), value.toString());
  });
  fc.assert(property);
  assert.equal(printed((2n ** 63n).toString()), null);
  assert.equal(printed((-(2n ** 63n) - 1n).toString()), null);
});

/** Printed by Go's fmt.Println. */
const goTexts: [number, string][] = [
  [1, "1"],
  [-0, "-0"],
  [0.1, "0.1"],
  [123456, "123456"],
  [100000.5, "100000.5"],
  [999999.9, "999999.9"],
  [1e6, "1e+06"],
  [1234567.5, "1.2345675e+06"],
  [1e20, "1e+20"],
  [1e21, "1e+21"],
  [0.0001, "0.0001"],
  [0.00012345, "0.00012345"],
  [0.00001, "1e-05"],
  [5e-324, "5e-324"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [NaN, "NaN"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
];
test("doubles are exported as Go prints them", () => {
  for (const [value, text] of goTexts) assert.equal(exportedDouble(value), text);
});

test("plain decimals have no exponent", () => {
  assert.equal(plainDouble(1e-7), "0.0000001");
  assert.equal(plainDouble(-1.5e-7), "-0.00000015");
  assert.equal(plainDouble(1.5e21), "1500000000000000000000");
  assert.equal(plainDouble(-0), "-0");
  assert.equal(plainDouble(5e-324), `0.${"0".repeat(323)}5`);
});

test("hexadecimal doubles round once, to even", () => {
  const texts: [string, number | null][] = [
    ["0x1p4", 16],
    ["-0X1.8P3", -12],
    ["0x.8p0", 0.5],
    ["0x1p-1074", 5e-324],
    ["0x1p-1075", 0],
    ["0x3p-1075", 1e-323],
    ["0x1.00000000000008p0", 1],
    ["0x1.00000000000018p0", 1 + 2 ** -51],
    ["0x1.000000000000080000001p0", 1 + 2 ** -52],
    ["0x1p1024", null],
    ["0x10", null],
    ["0x_1p0", 1],
  ];
  for (const [text, value] of texts) assert.equal(parseGoDouble(text), value, text);
});
