import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExtendedJson } from "../formats/json/decode-one.ts";
import { sortFromDocument } from "./sort-document.ts";

const sortOf = (text: string) => sortFromDocument(parseExtendedJson(text));

test("a sort keeps the order in which its fields stand, numeric names too", () => {
  assert.deepEqual(sortOf('{"b.c":-1,"1":1,"0":{"$numberLong":"-1"},"a":1.0}'), [
    { path: "b.c", direction: -1 },
    { path: "1", direction: 1 },
    { path: "0", direction: -1 },
    { path: "a", direction: 1 },
  ]);
  assert.deepEqual(sortOf("{}"), []);
});

test("directions and paths that are none are refused by name", () => {
  const refused: [string, RegExp][] = [
    ['{"a":2}', /"a" must be 1 or -1/],
    ['{"a":"1"}', /"a" must be 1 or -1/],
    ['{"a":true}', /"a" must be 1 or -1/],
    ['{"a":{"$meta":"textScore"}}', /"a" must be 1 or -1/],
    ['{"a..b":1}', /empty part/],
    ['{"$a":1}', /begins with \$/],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => sortOf(text), { code: "invalid_query", message });
  }
});
