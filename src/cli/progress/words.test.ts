import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesText, clockText, durationText, plural, shownName } from "./words.ts";

test("amounts read as people write them", () => {
  assert.deepEqual([0, 999, 1000, 9_940, 9_960, 999_400, 999_600, 2_500_000_000].map(bytesText), [
    "0 B",
    "999 B",
    "1.0 kB",
    "9.9 kB",
    "10 kB",
    "999 kB",
    "1.0 MB",
    "2.5 GB",
  ]);
  assert.deepEqual([0, 7.4, 61, 3723].map(clockText), ["0:00", "0:07", "1:01", "1:02:03"]);
  assert.deepEqual([0.04, 9.9, 12.4, 185].map(durationText), ["0.0 s", "9.9 s", "12 s", "3:05"]);
  assert.deepEqual(
    [1, 2, 1234].map((n) => plural(n, "record")),
    ["1 record", "2 records", "1,234 records"],
  );
});

test("a name keeps its end, and cannot write on the terminal", () => {
  assert.equal(shownName("people.json", 20), "people.json");
  assert.equal(shownName("a-very-long-name.json", 10), "…name.json");
  assert.equal(shownName("张三李四.json", 10), "…李四.json");
  assert.equal(shownName("a\u001b[2Jb", 20), "a?[2Jb");
});
