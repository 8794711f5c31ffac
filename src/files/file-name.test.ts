import assert from "node:assert/strict";
import { test } from "node:test";
import { DocferryError } from "../job/errors.ts";
import { checkFileName } from "./file-name.ts";

test("a name is a key: what would be odd as a path is none of its business", () => {
  for (const name of [
    "a",
    "a/b",
    "a/",
    "a//b",
    "..",
    "../../etc/passwd",
    ".",
    ".docferry",
    ".docferryx/a",
    "a/.docferry/b",
    " ",
    "100%.csv",
    "a?b#c&d=e",
    "导出 文件.json",
    "🛳️",
    "x".repeat(512),
    "é".repeat(256),
    "line\nbreak",
  ]) {
    assert.equal(checkFileName(name), name);
  }
});

test("refuses what no store could keep, and docferry's own prefix", () => {
  for (const [name, reason] of [
    ["", /is empty/],
    ["/a", /begins with a slash/],
    ["a\0b", /has a NUL/],
    [".docferry/jobs/1", /begins with \.docferry/],
    ["x".repeat(513), /has 513 bytes, more than 512/],
    ["é".repeat(257), /has 514 bytes/],
    ["\ud800", /half a surrogate pair/],
  ] as const) {
    assert.throws(
      () => checkFileName(name),
      (error) =>
        error instanceof DocferryError &&
        error.code === "invalid_file_name" &&
        reason.test(error.message) &&
        error.message.length < 200,
    );
  }
});
