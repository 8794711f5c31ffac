import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { page, placeOf } from "./cursor.ts";

const any = /^[^]*$/;
const names = (found: string[], limit: number) =>
  page("file", found, limit, { placeOf: (name) => name, view: (name) => name });

test("a page that is not the last says where the next one begins", () => {
  const { items, nextCursor } = names(["a", "b", "c"], 2);
  assert.deepEqual(items, ["a", "b"]);
  assert.match(nextCursor ?? "", /^[\w-]+$/);
  assert.equal(placeOf("file", nextCursor ?? "", any), "b");
  assert.deepEqual(names(["a", "b"], 2), { items: ["a", "b"], nextCursor: null });
  assert.deepEqual(names([], 2), { items: [], nextCursor: null });
  assert.equal(placeOf("file", undefined, any), null);
});

test("a cursor is of one kind of list, and made up ones are refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const { nextCursor } = names([name, "behind"], 1);
      assert.equal(placeOf("file", nextCursor ?? "", any), name);
      assert.throws(() => placeOf("job", nextCursor ?? "", any), { code: "invalid_argument" });
    }),
  );
  const word = Buffer.from("job:x").toString("base64url");
  assert.throws(() => placeOf("job", word, /^\d+$/), { code: "invalid_argument" });
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => placeOf("file", text, any), { code: "invalid_argument" });
    }),
  );
});
