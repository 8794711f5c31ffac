import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { errorKinds } from "../../src/job/errors.ts";

test("docs/errors.md has the catalogue as it is", async () => {
  const text = await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const expected = Object.entries(errorKinds).map(
    ([code, { status, errcode, retryable, hint }]) =>
      `| \`${code}\` | ${errcode} | ${status} | ${retryable ? "yes" : "no"} | ${hint.replaceAll("|", "\\|")} |`,
  );
  assert.deepEqual(rows, expected);
});
