import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodedPath, urlPath } from "./url-path.ts";

test("slashes stay, all that is not plain is encoded", () => {
  assert.equal(urlPath("/x", "a/b c.json"), "/x/a/b%20c.json");
  assert.equal(urlPath("/x", "100%?#&+'()*!"), "/x/100%25%3F%23%26%2B%27%28%29%2A%21");
  assert.equal(urlPath("/x", "导出"), "/x/%E5%AF%BC%E5%87%BA");
});

test("dot segments are hidden from what would resolve them", () => {
  assert.equal(urlPath("/x", ".."), "/x%2F..");
  assert.equal(urlPath("/x", "a/../b"), "/x/a%2F..%2Fb");
  assert.equal(urlPath("/x", "./.."), "/x%2F.%2F..");
  assert.equal(urlPath("/x", ".../..a"), "/x/.../..a");
});

test("any name comes back through a client's URL parser", () => {
  const segment = fc.oneof(
    fc.string({ unit: "grapheme-ascii" }),
    fc.constantFrom(
      "",
      ".",
      "..",
      "%2e",
      "%2e%2e",
      "a",
      "\\",
      "é",
      "🛳️",
      "\0",
      "\u2028",
      "e\u0301",
    ),
  );
  const name = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(name, (text) => {
      fc.pre(text !== "" && !text.startsWith("/"));
      const { pathname } = new URL(`http://host${urlPath("/files/env", text)}`);
      assert.equal(decodedPath(`${pathname}?q=/`, "/files/"), `env/${text}`);
    }),
  );
});

test("what is not percent-encoded UTF-8, or stands elsewhere, is nothing", () => {
  assert.equal(decodedPath("/files/%ff", "/files/"), null);
  assert.equal(decodedPath("/files/%zz", "/files/"), null);
  assert.equal(decodedPath("/other/a", "/files/"), null);
});
