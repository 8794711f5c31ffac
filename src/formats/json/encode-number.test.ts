import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { writeInt64 } from "./encode-number.ts";
import { JsonOutput } from "./encode-output.ts";

test("an Int64 of ten digits or more is written as BigInt writes it", () => {
  const output = new JsonOutput();
  const check = (value: bigint): void => {
    output.length = 0;
    writeInt64(output, Number(value >> 32n), Number(value & 0xffffffffn));
    assert.equal(Buffer.from(output.written()).toString("latin1"), value.toString());
  };
  for (const magnitude of [1_000_000_000n, (1n << 32n) - 1n, 1n << 32n, 1n << 53n, 10n ** 18n]) {
    for (const value of [magnitude, magnitude + 1n]) [value, -value].map(check);
  }
  check((1n << 63n) - 1n);
  check(-(1n << 63n));
  check(1n - (1n << 63n));
  const large = fc.bigInt({ min: 1_000_000_000n, max: (1n << 63n) - 1n });
  fc.assert(
    fc.property(large, fc.nat(33), fc.boolean(), (bits, shift, negative) => {
      const magnitude = bits >> BigInt(shift);
      if (magnitude >= 1_000_000_000n) check(negative ? -magnitude : magnitude);
    }),
    { numRuns: 20_000 },
  );
});
