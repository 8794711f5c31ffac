import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf, environmentOfBucket, fileIdOf, parseFileId } from "./file-id.ts";

test("a bucket is the environment's alone, and always the same", () => {
  assert.match(bucketOf("test2-4a89da"), /^7465-test2-4a89da-1[23]\d{8}$/);
  assert.equal(bucketOf("test2-4a89da"), bucketOf("test2-4a89da"));
  for (const environment of ["test2-4a89da", "a", "a-1250000000", "A_b"]) {
    assert.equal(environmentOfBucket(bucketOf(environment)), environment);
  }
  for (const bucket of [
    "",
    "7465-test2-4a89da",
    "7465-test2-4a89da-1250000000",
    "../x",
    "7465--1250000000",
  ]) {
    assert.equal(environmentOfBucket(bucket), null, bucket);
  }
});

test("a file id has the name as it is", () => {
  const id = fileIdOf("test2-4a89da", "a b/导出?.json");
  assert.equal(id, `cloud://test2-4a89da.${bucketOf("test2-4a89da")}/a b/导出?.json`);
  assert.deepEqual(parseFileId(id), { environment: "test2-4a89da", name: "a b/导出?.json" });
});

test("reads file ids with any bucket, and nothing else", () => {
  for (const [id, parsed] of [
    ["cloud://e1.7465-e1/A.png", { environment: "e1", name: "A.png" }],
    ["cloud://e1.7465-e1.more/A.png", { environment: "e1", name: "A.png" }],
    ["cloud://e1/a/b", { environment: "e1", name: "a/b" }],
    ["cloud://e1.x/a\nb", { environment: "e1", name: "a\nb" }],
    ["cloud://e1.x//a", { environment: "e1", name: "/a" }],
    ["cloud://e1.x/", null],
    ["cloud://.x/a", null],
    ["cloud://e1.x", null],
    ["A.png", null],
    ["https://e1.x/a", null],
  ] as const) {
    assert.deepEqual(parseFileId(id), parsed, id);
  }
});
