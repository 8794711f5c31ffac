import assert from "node:assert/strict";
import { test } from "node:test";
import { summaryText } from "./summary.ts";
import type { TransferEnd } from "./transfer-end.ts";

const exported: TransferEnd = {
  type: "export",
  job: null,
  state: "succeeded",
  from: "people",
  to: "people.csv",
  format: "csv",
  records: 1200,
  written: null,
  failed: 0,
  failures: { reasons: [], first: [] },
  bytes: 5000,
  seconds: 0,
  recordsBefore: 0,
  error: null,
  rejects: null,
  retyped: 0,
  formulas: 0,
  digest: "d",
};

function countLines(end: Partial<TransferEnd>): string[] {
  return summaryText({ ...exported, ...end })
    .split("\n")
    .slice(1, -2);
}

test("an export that keeps everything tells how many documents it wrote", () => {
  assert.deepEqual(countLines({}), ["  1,200 documents written"]);
});

test("an export tells of values that come back as another type, and what keeps them", () => {
  assert.deepEqual(countLines({ retyped: 3 }), [
    "  1,200 documents written; 3 values will read back as another type (--columnsHaveTypes keeps them)",
  ]);
  assert.deepEqual(countLines({ format: "json", retyped: 1 }), [
    "  1,200 documents written; 1 value will read back as another type (--jsonFormat lossless keeps them)",
  ]);
});

test("an export tells of cells that a spreadsheet would run", () => {
  assert.deepEqual(countLines({ formulas: 1 }), [
    "  1,200 documents written",
    "  1 cell begins with =, +, - or @: a spreadsheet would run that as a formula",
  ]);
  assert.match(countLines({ formulas: 2 })[1]!, /2 cells begin with/);
});
