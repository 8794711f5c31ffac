import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/accounts.ts";
import { DocferryError } from "../job/errors.ts";
import { openServerKey, ServerKey } from "./server-key.ts";

test("the key is made once, for its owner only, and read from then on", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "keys", "server.key");
  const made = await openServerKey(file, randomBytes);
  assert.equal(made.warning, null);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(folder.path, "keys")), ["server.key"]);
  const read = await openServerKey(file, () => assert.fail("makes no second key"));
  assert.deepEqual(read.key.derive("x"), made.key.derive("x"));
});

test("a draft that a crash left behind does not become the key", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "server.key");
  await writeFile(`${file}.new`, "abc");
  await openServerKey(file, randomBytes);
  assert.match(await readFile(file, "utf8"), /^[0-9a-f]{64}\n$/);
});

test("a key that others can read is used with a warning", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "server.key");
  await openServerKey(file, randomBytes);
  await chmod(file, 0o640);
  const { warning } = await openServerKey(file, randomBytes);
  assert.match(warning ?? "", /mode 640: others can read it/);
});

test("a file that holds no key is refused, and left as it is", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "server.key");
  await writeFile(file, "0123");
  await assert.rejects(
    openServerKey(file, randomBytes),
    (error) => error instanceof DocferryError && error.code === "invalid_config",
  );
  assert.equal(await readFile(file, "utf8"), "0123");
});

test("keys for different purposes differ, and so do those of different servers", () => {
  const [one, other] = [new ServerKey(Buffer.alloc(32, 1)), new ServerKey(Buffer.alloc(32, 2))];
  assert.notDeepEqual(one.derive("a"), one.derive("b"));
  assert.notDeepEqual(one.derive("a"), other.derive("a"));
  assert.equal(one.derive("a").length, 32);
});
