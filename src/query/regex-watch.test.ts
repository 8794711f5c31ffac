import assert from "node:assert/strict";
import { test } from "node:test";
import { RegexWatch, tellRegexes, watchedTest } from "./regex-watch.ts";

test("looks in a row at one text are counted, and the next text begins anew", () => {
  const watch = new RegexWatch();
  const looks: number[] = [];
  // An expression that is looked at while it works.
  const slow = { test: () => (looks.push(watch.look(), watch.look(), watch.look()), true) };
  tellRegexes(watch.shared);
  assert.equal(watchedTest(slow as unknown as RegExp, "x"), true);
  assert.equal(watch.look(), 0, "nothing works");
  assert.equal(watch.look(), 0);
  watchedTest(slow as unknown as RegExp, "y");
  assert.deepEqual(looks, [0, 1, 2, 0, 1, 2]);
});
