import assert from "node:assert/strict";
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
