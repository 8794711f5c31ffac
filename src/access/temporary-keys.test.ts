import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestAccess } from "../../test/support/accounts.ts";
import type { Grant } from "./caller.ts";

const wrong = { code: "wrong_key_token" };

test("a temporary key outlives a restart, and ends with another secret of its app", async () => {
  await using opened = await openTestAccess();
  const { appId } = await opened.access.addApp();
  const key = opened.access.temporaryKey({ kind: "app", appId }, 100);
  assert.equal(key.expiresAt, Math.floor(opened.clock.now / 1000) + 100);
  const access = await opened.reopen();
  assert.deepEqual(access.signer(key), {
    caller: { kind: "app", appId },
    secretKey: key.secretKey,
  });
  await access.rotateSecret(appId);
  assert.throws(() => access.signer(key), wrong);
});

test("an app that comes back under its id does not know the keys of the one before", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  await access.addApp({ appId: "wx1", secret: "s".repeat(32) });
  const key = access.temporaryKey({ kind: "app", appId: "wx1" }, 100);
  await access.removeApp("wx1");
  assert.throws(() => access.signer(key), wrong);
  await access.addApp({ appId: "wx1", secret: "s".repeat(32) });
  assert.throws(() => access.signer(key), wrong);
});

test("a platform's key stands on its grant, and ends with it or with the process", async () => {
  await using opened = await openTestAccess();
  const { appId } = await opened.access.addApp();
  const grant: Grant = { sets: new Set([49]), standing: true };
  const caller = { kind: "authorizer", appId, platformId: "wxp", grant } as const;
  const [one, two] = [
    opened.access.temporaryKey(caller, 100),
    opened.access.temporaryKey(caller, 100),
  ];
  assert.notEqual(one.secretId, two.secretId);
  assert.equal(opened.access.signer(one).caller, caller);
  grant.standing = false;
  assert.throws(() => opened.access.signer(one), wrong);
  grant.standing = true;
  const access = await opened.reopen();
  assert.throws(() => access.signer(two), wrong);
});
