import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestAccess } from "../../test/support/accounts.ts";
import { DocferryError } from "../job/errors.ts";
import { ensureFirstAccount } from "./first-account.ts";

test("the first start makes random names and tells the secrets, a second one keeps them to itself", async () => {
  await using opened = await openTestAccess();
  const first = await ensureFirstAccount(opened.access, {});
  assert.equal(first.made, true);
  const { appId, secret, environment, secretId, secretKey } = first;
  assert.ok(secret && environment && secretId && secretKey);
  await opened.access.appToken({ appId, secret });
  opened.access.requireEnvironment({ kind: "app", appId }, environment);
  assert.deepEqual(opened.access.cloudKey(secretId), { appId, secretKey });
  const again = await ensureFirstAccount(await opened.reopen(), {});
  assert.deepEqual(again, {
    made: false,
    appId,
    secret: null,
    environment,
    secretId,
    secretKey: null,
  });
});

const named = {
  appId: "wxnamed",
  secret: "s3cret",
  environment: "named-env",
  secretId: "AKIDnamed",
  secretKey: "k3y",
};

test("what is named is made on the first start, and accepted on the next", async () => {
  await using opened = await openTestAccess();
  assert.deepEqual(await ensureFirstAccount(opened.access, named), { made: true, ...named });
  const again = await ensureFirstAccount(await opened.reopen(), named);
  assert.deepEqual(again, { made: false, ...named, secret: null, secretKey: null });
});

test("whatever is named otherwise than it is on an old store is told, with the way out", async () => {
  await using opened = await openTestAccess();
  await ensureFirstAccount(opened.access, named);
  const cases = [
    { change: { secret: "other" }, says: /docferry app rotate wxnamed/ },
    { change: { appId: undefined, secret: "other" }, says: /docferry app rotate wxnamed/ },
    { change: { appId: "wxother" }, says: /no app wxother .*docferry app add wxother/ },
    { change: { environment: "other" }, says: /no environment other .*docferry env add other/ },
    { change: { secretKey: "other" }, says: /AKIDnamed .*docferry key add --app wxnamed/ },
    { change: { secretId: "AKIDother" }, says: /AKIDother .*docferry key add --app wxnamed/ },
  ];
  for (const { change, says } of cases) {
    const wish = Object.fromEntries(
      Object.entries({ ...named, ...change }).filter(([, value]) => value !== undefined),
    );
    await assert.rejects(ensureFirstAccount(opened.access, wish), (error) => {
      assert.ok(error instanceof DocferryError);
      assert.equal(error.code, "secret_mismatch");
      assert.match(error.message, says);
      assert.doesNotMatch(error.message, /s3cret|k3y/);
      return true;
    });
  }
});

test("an app whose environment and key were removed starts without them", async () => {
  await using opened = await openTestAccess();
  await ensureFirstAccount(opened.access, named);
  await opened.access.removeEnvironment(named.environment);
  await opened.access.removeCloudKey(named.secretId);
  const { environment, secretId } = await ensureFirstAccount(opened.access, {});
  assert.deepEqual({ environment, secretId }, { environment: null, secretId: null });
});
