import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { JsonOutput } from "./encode-output.ts";
import { writeShortest } from "./encode-shortest.ts";

const output = new JsonOutput();

/** The text, or null where another way has to be taken. */
function shortest(value: number): string | null {
  output.length = 0;
  output.reserve(64);
  return writeShortest(output, value) ? Buffer.from(output.written()).toString("latin1") : null;
}

function assertAsString(value: number): void {
  const text = shortest(value);
  if (text !== null) assert.equal(text, Number.isInteger(value) ? `${value}.0` : String(value));
}

test("the digits are those of String, of doubles of all sizes and signs", () => {
  const magnitude = fc.double({ min: 1e-4, max: 999_999.999, noNaN: true });
  fc.assert(
    fc.property(magnitude, fc.boolean(), (size, negative) => {
      assertAsString(negative ? -size : size);
    }),
    { numRuns: 100_000 },
  );
});

test("the digits are those of String around every power of ten and of two", () => {
  const double = new Float64Array(1);
  const bits = new BigUint64Array(double.buffer);
  for (const middle of [
    1e-4, 1e-3, 0.01, 0.1, 0.25, 0.5, 1, 2, 10, 100, 1e3, 1024, 1e4, 1e5, 1e6,
  ]) {
    double[0] = middle;
    const first = bits[0]! - 1000n;
    for (let step = 0n; step < 2000n; step++) {
      bits[0] = first + step;
      if (double[0] >= 1e-4 && double[0] < 1e6) assertAsString(double[0]);
    }
  }
});

test("decimals of up to sixteen digits come out as they went in", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999_999_999 }),
      fc.integer({ min: 0, max: 12 }),
      (n, places) => {
        const value = n / 10 ** places;
        if (value >= 1e-4 && value < 1e6) assertAsString(value);
      },
    ),
    { numRuns: 20_000 },
  );
});

test("hardly a value has to be looked at in another way", () => {
  let others = 0;
  for (let i = 1; i < 100_000; i++) if (shortest(i / 7.3) === null) others++;
  assert.ok(others < 10, `${others} of 100,000`);
  assert.equal(shortest(0.5), null);
});
