import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { makeFolder } from "./make-folder.ts";

test("makes all that is missing, for its owner, and is content with what is there", async (t) => {
  const folder = join(await tempFolder(t), "a", "b");
  makeFolder(folder, 0o700);
  makeFolder(folder, 0o700);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test("a file in the way is told", async (t) => {
  const file = join(await tempFolder(t), "file");
  writeFileSync(file, "");
  assert.throws(() => makeFolder(file, 0o700), { code: "EEXIST" });
  assert.throws(() => makeFolder(join(file, "a"), 0o700), { code: "ENOTDIR" });
});

const noProc = existsSync("/proc/self") ? false : "there is no /proc";
test("a folder that takes none is told, and not tried for ever", { skip: noProc }, () => {
  assert.throws(() => makeFolder("/proc/nope/deeper", 0o700), { code: "ENOENT" });
});
