import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { test } from "node:test";
import { openTestAccess } from "../../test/support/accounts.ts";
import type { Caller } from "./caller.ts";

/** A platform with an environment that it shares with one of two apps. */
async function open() {
  const opened = await openTestAccess();
  const { access } = opened;
  for (const appId of ["wx1", "wx2"]) await access.addApp({ appId });
  await access.platforms.add({ platformId: "wxp" });
  await access.reach.add({ kind: "platform", id: "wxp" }, "env-1");
  await access.reach.share("env-1", "wx1");
  return opened;
}

const grant = { sets: new Set([49]), standing: true };
const callers: Record<string, Caller> = {
  platform: { kind: "component", platformId: "wxp" },
  app: { kind: "app", appId: "wx1" },
  "for the app": { kind: "authorizer", appId: "wx1", platformId: "other", grant },
  "other app": { kind: "app", appId: "wx2" },
  "for another app": { kind: "authorizer", appId: "wx2", platformId: "wxp", grant },
  // An id says nothing without the kind of caller that it stands for.
  "platform by an app's id": { kind: "component", platformId: "wx1" },
};

test("an environment is reached by its platform, and by who speaks for an app that it is shared with", async () => {
  await using opened = await open();
  const { access } = opened;
  const reached = () =>
    Object.keys(callers).filter((name) => access.reaches(callers[name] as Caller, "env-1"));
  assert.deepEqual(reached(), ["platform", "app", "for the app"]);
  assert.equal(await access.reach.unshare("env-1", "wx1"), true);
  assert.deepEqual(reached(), ["platform"]);
  assert.equal(await access.reach.unshare("env-1", "wx1"), false);
});

test("an app whose only environment is shared with it has CloudBase, one that has none has not", async () => {
  await using opened = await open();
  const { access } = opened;
  const ask = (appId: string) => () => access.requireEnvironment({ kind: "app", appId }, "none");
  assert.throws(ask("wx1"), { code: "environment_not_found" });
  assert.throws(ask("wx2"), { code: "no_cloudbase" });
});

test("a removal that fails leaves it in reach as before; one that does not, takes its shares along", async () => {
  await using opened = await open();
  const { access } = opened;
  const app: Caller = { kind: "app", appId: "wx1" };
  const failing = access.removeEnvironment("env-1", async () => {
    assert.equal(access.reaches(app, "env-1"), false, "nobody reaches what is being removed");
    throw new Error("busy");
  });
  await assert.rejects(failing, /busy/);
  assert.equal(access.reaches(app, "env-1"), true);
  await access.removeEnvironment("env-1");
  await access.reach.add({ kind: "platform", id: "wxp" }, "env-1");
  assert.equal(access.reaches(app, "env-1"), false, "the next one of its id is another");
  assert.deepEqual(access.reach.sharedWith("env-1"), []);
});

test("an app that is removed leaves nothing to the next one of its id", async () => {
  await using opened = await open();
  const { access } = opened;
  await access.removeApp("wx1");
  await access.addApp({ appId: "wx1" });
  assert.equal(access.reaches({ kind: "app", appId: "wx1" }, "env-1"), false);
  assert.deepEqual(access.reach.sharedTo("wx1"), []);
});

test("of a share and its end at once the one that came last holds, here and after a restart", async () => {
  await using opened = await open();
  const { reach } = opened.access;
  await Promise.all([reach.share("env-1", "wx2"), reach.unshare("env-1", "wx2")]);
  assert.deepEqual(reach.sharedWith("env-1"), ["wx1"]);
  await Promise.all([reach.unshare("env-1", "wx1"), reach.share("env-1", "wx1")]);
  assert.deepEqual(reach.sharedWith("env-1"), ["wx1"]);
  assert.deepEqual((await opened.reopen()).reach.sharedWith("env-1"), ["wx1"]);
});

test("what signs addresses is another for each app that an environment is shared with, and for each share", async () => {
  await using opened = await open();
  const { access, clock } = opened;
  const keyFor = (name: string) => access.addressKeyFor(callers[name] as Caller, "env-1");
  await access.reach.share("env-1", "wx2");
  const [owner, app, other] = ["platform", "app", "other app"].map(keyFor);
  assert.deepEqual(
    [owner, app, other].map((one) => one?.sharedWith),
    [null, "wx1", "wx2"],
  );
  const hex = (key: KeyObject | null | undefined) => key?.export().toString("hex") ?? null;
  assert.equal(new Set([owner, app, other].map((one) => hex(one?.key))).size, 3);
  assert.equal(hex(access.addressKey("env-1", "wx1")), hex(app?.key));
  assert.equal(hex(keyFor("for the app").key), hex(app?.key));
  const restarted = await opened.reopen();
  assert.equal(hex(restarted.addressKey("env-1", "wx1")), hex(app?.key));
  clock.now++;
  await restarted.reach.share("env-1", "wx1");
  assert.equal(hex(restarted.addressKey("env-1", "wx1")), hex(app?.key), "shared already");
  await restarted.reach.unshare("env-1", "wx1");
  assert.equal(restarted.addressKey("env-1", "wx1"), null);
  await restarted.reach.share("env-1", "wx1");
  assert.notEqual(hex(restarted.addressKey("env-1", "wx1")), hex(app?.key), "another share");
  assert.equal(hex(restarted.addressKey("env-1", null)), hex(owner?.key));
});
