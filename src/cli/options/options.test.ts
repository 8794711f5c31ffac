import assert from "node:assert/strict";
import { test } from "node:test";
import { splitFieldList } from "./field-list.ts";
import { serverOf } from "./server-options.ts";
import { parseSort } from "./sort-argument.ts";

test("field lists are split at commas outside of brackets", () => {
  assert.deepEqual(splitFieldList("a,b.c"), ["a", "b.c"]);
  assert.deepEqual(splitFieldList("a.date(Jan 2, 2006),b"), ["a.date(Jan 2, 2006)", "b"]);
  assert.deepEqual(splitFieldList("a.date(\\)x,y),b"), ["a.date(\\)x,y)", "b"]);
  assert.deepEqual(splitFieldList("a, b"), ["a", " b"]);
});

test("sorts are JSON or as in a shell, in the order given", () => {
  assert.deepEqual(parseSort('{"b": -1, "a.c": 1}'), [
    { path: "b", direction: -1 },
    { path: "a.c", direction: 1 },
  ]);
  assert.deepEqual(parseSort("{ b: 1, 'a': -1 }"), [
    { path: "b", direction: 1 },
    { path: "a", direction: -1 },
  ]);
  for (const wrong of [
    "",
    "age",
    "[1]",
    "{a:1} x",
    "{a(){}}",
    "{...b}",
    "{[a]:1}",
    "{get a(){}}",
  ]) {
    assert.throws(() => parseSort(wrong), /--sort must be like/, wrong);
  }
  for (const wrong of ['{"a":2}', '{"a":"1"}', "{a:+1}", "{a:-2}", "{a:b}"]) {
    assert.throws(() => parseSort(wrong), /direction of "a" must be 1 or -1/, wrong);
  }
});

test("a server comes from flags or variables, flags first, and needs an environment and a key to it", () => {
  const variables = {
    DOCFERRY_SERVER: "http://one:1/",
    DOCFERRY_ENV_ID: "e-1",
    DOCFERRY_TOKEN: "t",
  };
  assert.deepEqual(serverOf({}, variables), {
    kind: "server",
    address: "http://one:1",
    environment: "e-1",
    credentials: { token: "t" },
  });
  assert.equal(serverOf({ server: "https://two" }, variables)?.address, "https://two");
  assert.equal(serverOf({}, {}), null);
  assert.throws(() => serverOf({ server: "two:1" }, variables), /--server must be like/);
  assert.throws(() => serverOf({ server: "http://x" }, {}), /--env is missing/);
  assert.throws(() => serverOf({ server: "http://x", env: "e" }, {}), /--server wants --token/);
  assert.throws(() => serverOf({ server: "http://x", env: "e", appId: "a" }, {}), /--app-secret/);
});
