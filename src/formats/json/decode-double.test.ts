import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { nearestDouble } from "./decode-double.ts";

test("what it tells is the nearest double, and it tells nearly always", () => {
  let told = 0;
  let asked = 0;
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 19n - 1n }),
      fc.integer({ min: -22, max: 22 }),
      fc.integer({ min: 4, max: 9 }),
      (digits, scale, lowDigits) => {
        const found = nearest(digits, scale, lowDigits);
        asked++;
        if (Number.isNaN(found)) return;
        told++;
        assert.equal(found, Number(`${digits}e${scale}`));
      },
    ),
    { numRuns: 20_000 },
  );
  assert.ok(told / asked > 0.99, `${told} of ${asked}`);
});

test("texts of doubles give the double they are of", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-5, max: 1e15, noNaN: true }), (value) => {
      const [digits, scale] = parts(value);
      const found = nearest(digits, scale);
      assert.ok(found === value || Number.isNaN(found), `${value} ${found}`);
    }),
    { numRuns: 20_000 },
  );
});

test("the middle between two doubles is rounded to the even one, or left open", () => {
  for (let i = 0n; i < 2000n; i++) {
    // Odd numbers of 54 bits are such middles; times a power of ten they stay so or move just off.
    const middle = 2n ** 53n + 2n * i * 2_251_799_813n + 1n;
    for (const digits of [middle, middle * 10n + 1n, middle * 10n - 1n, middle * 100n]) {
      for (const scale of [0, -1, -2, 1, 2]) {
        const found = nearest(digits, scale);
        if (Number.isNaN(found)) continue;
        assert.equal(found, Number(`${digits}e${scale}`), `${digits}e${scale}`);
      }
    }
  }
});

test("scales beyond the exact powers of ten are left open", () => {
  assert.ok(Number.isNaN(nearestDouble(0, 1, 9, 23)));
  assert.ok(Number.isNaN(nearestDouble(0, 1, 9, -23)));
});

function nearest(digits: bigint, scale: number, lowDigits = 9): number {
  const split = 10n ** BigInt(lowDigits);
  return nearestDouble(Number(digits / split), Number(digits % split), lowDigits, scale);
}

function parts(value: number): [bigint, number] {
  const [mantissa, exponent = "0"] = String(value).split("e");
  const [integer, fraction = ""] = mantissa!.split(".");
  return [BigInt(integer! + fraction), Number(exponent) - fraction.length];
}
