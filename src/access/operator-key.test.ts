import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/accounts.ts";
import { openOperatorKey } from "./operator-key.ts";

test("the operator key is made once, for its owner only, and only the whole of it opens", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "operator.key");
  const { key, warning } = await openOperatorKey(file, randomBytes);
  assert.equal(warning, null);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const text = (await readFile(file, "utf8")).trim();
  assert.match(text, /^[0-9a-f]{64}$/);
  assert.equal(key.matches(text), true);
  for (const wrong of ["", text.slice(1), `${text}0`, text.toUpperCase().replace(/[0-9]/g, "A")]) {
    assert.equal(key.matches(wrong), false, wrong);
  }
  const again = await openOperatorKey(file, () => assert.fail("makes no second key"));
  assert.equal(again.key.matches(text), true);
});
