import assert from "node:assert/strict";
import { test } from "node:test";
import { attachmentOf, contentTypeOf } from "./content-type.ts";

test("a file has the type that its sender says, else that of its name", () => {
  for (const [name, declared, type] of [
    ["a.csv", "text/csv; charset=gbk", "text/csv; charset=gbk"],
    ["a.csv", null, "text/csv; charset=utf-8"],
    ["dir.json/A.CSV", "application/octet-stream", "text/csv; charset=utf-8"],
    ["a.json", "application/x-www-form-urlencoded", "application/json"],
    ["a.unknown", "application/octet-stream", "application/octet-stream"],
    ["test_import", null, "application/octet-stream"],
    ["a.constructor", null, "application/octet-stream"],
    ["a.txt", "text/html\r\nSet-Cookie: a=b", "text/plain; charset=utf-8"],
    ["a.txt", "no type", "text/plain; charset=utf-8"],
    ["a.txt", "text/x;é", "text/plain; charset=utf-8"],
  ] as const) {
    assert.equal(contentTypeOf(name, declared), type, `${name} ${declared}`);
  }
});

test("a file is saved under the last part of its name, with an ASCII form for old clients", () => {
  for (const [name, header] of [
    ["a/b.json", `attachment; filename="b.json"; filename*=UTF-8''b.json`],
    ['q"\\%.txt', `attachment; filename="q___.txt"; filename*=UTF-8''q%22%5C%25.txt`],
    ["导出 1.csv", `attachment; filename="__ 1.csv"; filename*=UTF-8''%E5%AF%BC%E5%87%BA%201.csv`],
    ["a/", `attachment; filename="a"; filename*=UTF-8''a`],
    ["x\r\ny", `attachment; filename="x__y"; filename*=UTF-8''x%0D%0Ay`],
  ] as const) {
    assert.equal(attachmentOf(name), header);
  }
});
