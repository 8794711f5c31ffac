import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { lastIsoDate, writeIsoDate } from "./encode-date.ts";
import { JsonOutput } from "./encode-output.ts";

test("a date from 1970 to 9999 is written as Date writes it, and without the zeros at its fraction's end", () => {
  const output = new JsonOutput();
  const check = (milliseconds: number): void => {
    const whole = new Date(milliseconds).toISOString();
    output.length = 0;
    writeIsoDate(output, milliseconds, true);
    assert.equal(Buffer.from(output.written()).toString("latin1"), whole);
    output.length = 0;
    writeIsoDate(output, milliseconds);
    const expected = whole.replace(/\.000Z$/, "Z").replace(/(\.\d*[1-9])0+Z$/, "$1Z");
    assert.equal(Buffer.from(output.written()).toString("latin1"), expected);
  };
  [0, 1, 999, 1000, 59_999, 60_000, 3_599_999, 86_399_999, 86_400_000, lastIsoDate].map(check);
  fc.assert(fc.property(fc.integer({ min: 0, max: lastIsoDate }), check), { numRuns: 20_000 });
});
