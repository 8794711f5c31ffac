import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestAccess } from "../../test/support/accounts.ts";
import { testServerKey } from "../../test/support/accounts.ts";
import { noLimits } from "../store/limit-store.ts";

async function open() {
  const opened = await openTestAccess();
  const app = await opened.access.addApp({ appId: "wx1", secret: "the-secret" });
  return { opened, clock: opened.clock, access: opened.access, app };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Codes of so many log-ins with wrong secrets, one after the other. */
async function guess(access: Opened["access"], client: string, times: number): Promise<string[]> {
  const codes: string[] = [];
  for (let n = 0; n < times; n++) {
    codes.push(
      await access.appToken({ appId: "wx1", secret: `guess ${n}`, client }).then(
        () => "in",
        (error: { code: string }) => error.code,
      ),
    );
  }
  return codes;
}

test("who shows wrong secrets is put off until the next minute, at no cost for the machine", async () => {
  const { opened, access, clock } = await open();
  await using _ = opened;
  const codes = await guess(access, "203.0.113.7", 200);
  assert.deepEqual(codes.slice(0, 10), Array(10).fill("wrong_secret"));
  assert.deepEqual(new Set(codes.slice(10)), new Set(["too_many_attempts"]));
  await assert.rejects(
    access.appToken({ appId: "wx1", secret: "x", client: "::ffff:203.0.113.7" }),
    { code: "too_many_attempts", retryAfter: 55 },
    "the same address in other words",
  );
  assert.deepEqual(await guess(access, "203.0.113.8", 1), ["wrong_secret"], "another address");
  clock.pass(60);
  assert.deepEqual(await guess(access, "203.0.113.7", 1), ["wrong_secret"]);
});

test("an IPv6 network counts as one address", async () => {
  const { opened, access } = await open();
  await using _ = opened;
  const codes = [];
  for (let n = 0; n < 12; n++) codes.push(...(await guess(access, `2001:db8:0:1:${n}::${n}`, 1)));
  assert.deepEqual(codes.slice(10), ["too_many_attempts", "too_many_attempts"]);
  assert.deepEqual(await guess(access, "2001:db8:0:2::1", 1), ["wrong_secret"]);
});

test("the right owner gets in whatever others do, from their address too", async () => {
  const { opened, access, app } = await open();
  await using _ = opened;
  await guess(access, "203.0.113.7", 20);
  assert.ok((await access.appToken({ ...app, client: "203.0.113.7" })).token);
  const secret = await access.rotateSecret("wx1");
  assert.ok((await access.appToken({ appId: "wx1", secret, client: "203.0.113.7" })).token);
});

test("an account that is tried from everywhere leaves each address a try, so its owner gets in after a restart", async () => {
  const { opened, app } = await open();
  await using _ = opened;
  const access = await opened.reopen(testServerKey);
  for (let n = 0; n < 60; n++) await guess(access, `198.51.100.${n}`, 1);
  assert.deepEqual(await guess(access, "192.0.2.1", 2), ["wrong_secret", "too_many_attempts"]);
  assert.ok((await access.appToken({ ...app, client: "192.0.2.2" })).token);
});

test("an app's list of addresses holds for new tokens, before the secret is looked at", async () => {
  const { opened, access, app } = await open();
  await using _ = opened;
  const holder = { kind: "account", id: "wx1" } as const;
  const { token } = await access.appToken({ ...app, client: "203.0.113.7" });
  await access.limits.set({ ...holder, limits: noLimits, addresses: ["10.0.0.0/8"] });
  for (const secret of [app.secret, "wrong"]) {
    await assert.rejects(access.appToken({ appId: "wx1", secret, client: "203.0.113.7" }), {
      code: "address_not_allowed",
      message: "Invalid ip 203.0.113.7, not in whitelist",
    });
  }
  assert.equal(access.authenticate(token).kind, "app", "what is out stays good");
  assert.ok((await access.appToken({ ...app, client: "10.1.2.3" })).token);
  await assert.rejects(
    access.limits.set({ ...holder, limits: noLimits, addresses: ["10.0.0.0/8", "nonsense"] }),
    { code: "invalid_argument" },
  );
  assert.deepEqual(access.limits.get("account", "wx1").addresses, ["10.0.0.0/8"]);
  await access.removeApp("wx1");
  const next = await access.addApp({ appId: "wx1" });
  assert.ok((await access.appToken({ ...next, client: "203.0.113.7" })).token, "another app");
});
