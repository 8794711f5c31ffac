import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openTestAccess } from "../../test/support/accounts.ts";
import { DocferryError, type ErrorCode } from "../job/errors.ts";
import type { Access } from "./access.ts";
import { ServerKey } from "./server-key.ts";

test("a new plain token leaves the one before five more minutes", async () => {
  await using opened = await openTestAccess();
  const { access, clock } = opened;
  const app = await access.addApp();
  const first = await access.appToken(app);
  assert.equal(first.expiresIn, 7200);
  clock.pass(1000);
  const second = await access.appToken(app);
  assert.notEqual(second.token, first.token);
  clock.pass(299);
  assert.deepEqual(access.authenticate(first.token), { kind: "app", appId: app.appId });
  clock.pass(1);
  refuses(access, first.token, "token_superseded");
  clock.pass(7200 - 300 - 1);
  assert.deepEqual(access.authenticate(second.token), { kind: "app", appId: app.appId });
  clock.pass(1);
  refuses(access, second.token, "token_expired");
  refuses(access, first.token, "token_superseded");
  refuses(access, "no-token", "token_unknown");
  refuses(access, "", "token_unknown");
});

test("an expired token is known for a day", async () => {
  await using opened = await openTestAccess({ tokenSeconds: 60 });
  const { access, clock } = opened;
  const app = await access.addApp();
  const old = await access.appToken(app);
  clock.pass(60 + 86_400);
  await access.appToken(app);
  refuses(access, old.token, "token_expired");
  clock.pass(1);
  await access.appToken(app);
  refuses(access, old.token, "token_unknown");
  refuses(await opened.reopen(), old.token, "token_unknown");
});

test("the stable token comes back until its last five minutes, and both hold in them", async () => {
  await using opened = await openTestAccess();
  const { access, clock } = opened;
  const app = await access.addApp();
  const first = await stable(access, app);
  clock.pass(6000);
  assert.deepEqual(await stable(access, app), { token: first.token, expiresIn: 1200 });
  clock.pass(900);
  const second = await stable(access, app);
  assert.notEqual(second.token, first.token);
  assert.equal(second.expiresIn, 7200);
  clock.pass(299);
  assert.deepEqual(access.authenticate(first.token), { kind: "app", appId: app.appId });
  assert.deepEqual(access.authenticate(second.token), { kind: "app", appId: app.appId });
  clock.pass(1);
  refuses(access, first.token, "token_expired");
});

test("a forced refresh ends the stable token at once, and comes back with the same one within 30 s", async () => {
  await using opened = await openTestAccess();
  const { access, clock } = opened;
  const app = await access.addApp();
  const plain = await access.appToken(app);
  const first = await stable(access, app);
  const second = await stable(access, app, true);
  refuses(access, first.token, "token_superseded");
  clock.pass(29);
  assert.equal((await stable(access, app, true)).token, second.token);
  clock.pass(1);
  const third = await stable(access, app, true);
  assert.notEqual(third.token, second.token);
  refuses(access, second.token, "token_superseded");
  assert.deepEqual(access.authenticate(plain.token), { kind: "app", appId: app.appId });
  assert.deepEqual(access.authenticate(third.token), { kind: "app", appId: app.appId });
});

test("plain and stable tokens do not end each other", async () => {
  await using opened = await openTestAccess();
  const { access, clock } = opened;
  const app = await access.addApp();
  const kept = await stable(access, app);
  await access.appToken(app);
  await access.appToken(app);
  clock.pass(600);
  assert.deepEqual(access.authenticate(kept.token), { kind: "app", appId: app.appId });
  assert.equal((await stable(access, app)).token, kept.token);
});

test("calls side by side get one stable token, and plain ones that all hold", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp();
  const stables = await Promise.all(Array.from({ length: 20 }, () => stable(access, app)));
  assert.equal(new Set(stables.map(({ token }) => token)).size, 1);
  const plains = await Promise.all(Array.from({ length: 20 }, () => access.appToken(app)));
  assert.equal(new Set(plains.map(({ token }) => token)).size, 20);
  for (const { token } of plains)
    assert.deepEqual(access.authenticate(token), { kind: "app", appId: app.appId });
  opened.clock.pass(300);
  const holding = plains.filter(({ token }) => holds(access, token));
  assert.deepEqual(holding, [plains.at(-1)]);
});

test("tokens outlive a restart, and the stable one is the same", async () => {
  await using opened = await openTestAccess();
  const { access, clock } = opened;
  const app = await access.addApp();
  const environment = await access.addEnvironment(app.appId);
  const older = await access.appToken(app);
  const newer = await access.appToken(app);
  const kept = await stable(access, app);
  const again = await opened.reopen();
  for (const { token } of [older, newer, kept]) {
    assert.deepEqual(again.authenticate(token), { kind: "app", appId: app.appId });
  }
  assert.equal((await stable(again, app)).token, kept.token);
  again.requireEnvironment({ kind: "app", appId: app.appId }, environment);
  clock.pass(300);
  refuses(again, older.token, "token_superseded");
  await again.appToken(app);
  clock.pass(300);
  refuses(again, newer.token, "token_superseded");
});

test("another server key gives another stable token, and leaves the old one until it ends", async () => {
  await using opened = await openTestAccess();
  const app = await opened.access.addApp();
  const key = await opened.access.addCloudKey(app.appId);
  const old = await stable(opened.access, app);
  const access = await opened.reopen(new ServerKey(new Uint8Array(32).fill(9)));
  const renewed = await stable(access, app);
  assert.notEqual(renewed.token, old.token);
  assert.deepEqual(access.authenticate(renewed.token), { kind: "app", appId: app.appId });
  assert.equal((await stable(access, app)).token, renewed.token);
  assert.throws(() => access.cloudKey(key.secretId), isError("invalid_config"));
});

test("a wrong secret and an unknown app get no token", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp({ appId: "wx1", secret: "right" });
  await assert.rejects(access.appToken({ ...app, secret: "wrong" }), isError("wrong_secret"));
  await assert.rejects(stable(access, { ...app, secret: "wrong" }), isError("wrong_secret"));
  await access.appToken(app);
  await assert.rejects(access.appToken({ ...app, secret: "wrong" }), isError("wrong_secret"));
  await assert.rejects(access.appToken({ ...app, appId: "wx2" }), isError("unknown_app"));
});

test("another secret ends all tokens of the old one", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp();
  const plain = await access.appToken(app);
  const kept = await stable(access, app);
  const secret = await access.rotateSecret(app.appId);
  refuses(access, plain.token, "token_superseded");
  refuses(access, kept.token, "token_superseded");
  await assert.rejects(access.appToken(app), isError("wrong_secret"));
  const renewed = await stable(access, { ...app, secret });
  assert.notEqual(renewed.token, kept.token);
  const again = await opened.reopen();
  refuses(again, kept.token, "token_superseded");
  assert.equal((await stable(again, { ...app, secret })).token, renewed.token);
});

test("no token that the old secret asks for outruns a new secret", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp();
  await access.appToken(app);
  const asked = Array.from({ length: 10 }, () => [access.appToken(app), stable(access, app)]);
  const rotated = access.rotateSecret(app.appId);
  const later = Array.from({ length: 10 }, () => [access.appToken(app), stable(access, app)]);
  await rotated;
  const settled = await Promise.allSettled([...asked, ...later].flat());
  for (const outcome of settled) {
    if (outcome.status === "fulfilled") {
      refuses(access, outcome.value.token, "token_superseded");
    } else assert.ok(isError("wrong_secret")(outcome.reason));
  }
  assert.equal(settled.length, 40);
});

test("an environment is its app's alone", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const [mine, other, none] = [await access.addApp(), await access.addApp(), await access.addApp()];
  const environment = await access.addEnvironment(mine.appId, "mine-1");
  await access.addEnvironment(other.appId, "other-1");
  access.requireEnvironment({ kind: "app", appId: mine.appId }, environment);
  const requires = (appId: string, id: string, code: ErrorCode) =>
    assert.throws(() => access.requireEnvironment({ kind: "app", appId }, id), isError(code));
  requires(mine.appId, "other-1", "environment_not_found");
  requires(mine.appId, "nobody", "environment_not_found");
  requires(none.appId, "mine-1", "no_cloudbase");
  await access.removeEnvironment(environment);
  requires(mine.appId, environment, "no_cloudbase");
  await assert.rejects(access.removeEnvironment(environment), isError("environment_not_found"));
  await assert.rejects(access.addEnvironment(mine.appId, "other-1"), isError("conflict"));
  for (const bad of ["", "a.b", "a/b", "-a", "a".repeat(65), "ä"]) {
    await assert.rejects(access.addEnvironment(mine.appId, bad), isError("invalid_argument"));
  }
});

test("an app that is removed and comes back meets nothing of its past", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp({ appId: "wx1", secret: "same" });
  await access.addEnvironment("wx1", "env-1");
  const { secretId } = await access.addCloudKey("wx1");
  const [plain, kept] = [await access.appToken(app), await stable(access, app)];
  await access.removeApp("wx1");
  assert.deepEqual(access.apps(), []);
  assert.equal(access.cloudKey(secretId), undefined);
  await assert.rejects(access.removeApp("wx1"), isError("app_not_found"));
  await access.addApp(app);
  const renewed = await stable(access, app);
  assert.notEqual(renewed.token, kept.token);
  refuses(access, plain.token, "token_unknown");
  refuses(access, kept.token, "token_unknown");
  assert.throws(
    () => access.requireEnvironment({ kind: "app", appId: "wx1" }, "env-1"),
    isError("no_cloudbase"),
  );
});

test("a Cloud API key comes back in clear, and to its own id only", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp();
  const made = await access.addCloudKey(app.appId);
  assert.match(made.secretId, /^AKID[A-Za-z0-9]{32}$/);
  const named = await access.addCloudKey(app.appId, { secretId: "AKIDx", secretKey: "key" });
  const again = await opened.reopen();
  assert.deepEqual(again.cloudKey(made.secretId), { appId: app.appId, secretKey: made.secretKey });
  assert.deepEqual(again.cloudKey("AKIDx"), { appId: app.appId, secretKey: named.secretKey });
  assert.equal(again.cloudKey("AKIDy"), undefined);
  assert.equal(await again.removeCloudKey("AKIDx"), true);
  assert.equal(again.cloudKey("AKIDx"), undefined);
});

test("neither secret nor token nor key stands in the store in clear", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp();
  const key = await access.addCloudKey(app.appId);
  const plain = await access.appToken(app);
  const kept = await stable(access, app);
  for (const file of [opened.file, `${opened.file}-wal`]) {
    const bytes = await readFile(file);
    for (const secret of [app.secret, key.secretKey, plain.token, kept.token]) {
      assert.equal(bytes.includes(secret), false);
    }
  }
});

test("random names look like the vendor's", async () => {
  await using opened = await openTestAccess();
  const { access } = opened;
  const app = await access.addApp();
  assert.match(app.appId, /^wx[0-9a-f]{16}$/);
  assert.match(app.secret, /^[0-9a-f]{32}$/);
  assert.match(await access.addEnvironment(app.appId), /^docferry-[0-9a-f]{6}$/);
  await assert.rejects(access.addApp({ appId: "wx 1" }), isError("invalid_argument"));
  await assert.rejects(access.addApp({ secret: "" }), isError("invalid_argument"));
});

function stable(access: Access, app: { appId: string; secret: string }, forceRefresh = false) {
  return access.stableToken({ ...app, forceRefresh });
}

function holds(access: Access, token: string): boolean {
  try {
    access.authenticate(token);
    return true;
  } catch {
    return false;
  }
}

function refuses(access: Access, token: string, code: ErrorCode): void {
  assert.throws(() => access.authenticate(token), isError(code));
}

function isError(code: ErrorCode) {
  return (error: unknown) => error instanceof DocferryError && error.code === code;
}
