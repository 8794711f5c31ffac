import assert from "node:assert/strict";
import { test } from "node:test";
import { meetsCondition } from "../../store/file-index.ts";
import { conditionOf } from "./file-condition.ts";

const cases: [
  Record<string, string>,
  present: boolean,
  whenOther: boolean,
  whenMissing: boolean,
][] = [
  [{}, true, true, true],
  [{ "if-match": "*" }, true, true, false],
  [{ "if-match": '"aa"' }, true, false, false],
  [{ "if-match": '"x", "aa"' }, true, false, false],
  [{ "if-match": 'W/"aa"' }, false, false, false],
  [{ "if-match": "aa" }, false, false, false],
  [{ "if-none-match": "*" }, false, false, true],
  [{ "if-none-match": '"aa"' }, false, true, true],
  [{ "if-none-match": 'W/"aa"' }, false, true, true],
  [{ "if-match": "*", "if-none-match": '"aa"' }, false, true, false],
];

for (const [headers, whenSame, whenOther, whenMissing] of cases) {
  test(`${JSON.stringify(headers)} holds for the same file: ${whenSame}, another: ${whenOther}, none: ${whenMissing}`, () => {
    const condition = conditionOf(headers);
    assert.equal(meetsCondition(condition, "aa"), whenSame);
    assert.equal(meetsCondition(condition, "bb"), whenOther);
    assert.equal(meetsCondition(condition, undefined), whenMissing);
  });
}
