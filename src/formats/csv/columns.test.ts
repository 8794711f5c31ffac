import assert from "node:assert/strict";
import { test } from "node:test";
import { documentsFrom } from "../../../test/support/csv.ts";
import { addTopLevelColumns, columnList } from "./columns.ts";

test("columns of an export without a list are all top-level fields, _id first", () => {
  const columns = new Set<string>();
  addTopLevelColumns(columns, documentsFrom([{ b: 1, _id: 1, a: { c: 1 } }, {}, { é: 1, b: 2 }]));
  addTopLevelColumns(columns, documentsFrom([]));
  addTopLevelColumns(columns, documentsFrom([{ z: 1, a: 1 }]));
  assert.deepEqual(columnList(columns), ["_id", "b", "a", "é", "z"]);
});

test("without _id there is no column for it", () => {
  const columns = new Set<string>();
  addTopLevelColumns(columns, documentsFrom([{ b: 1 }, { a: 1 }]));
  assert.deepEqual(columnList(columns), ["b", "a"]);
});
