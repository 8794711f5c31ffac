import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { DocferryError, type ErrorCode } from "../../src/job/errors.ts";
import type { AccountStore } from "../../src/store/account-store.ts";
import type { PlatformStore, PlatformTokenRecord } from "../../src/store/platform-store.ts";

interface Stores {
  accounts: AccountStore;
  platforms: PlatformStore;
}

/** What every platform store promises. `reopen` closes the store and opens it again from what is on the disk. */
export function platformStoreSuite(
  name: string,
  openEmpty: () => Promise<{ stores: Stores; reopen(): Promise<Stores> } & AsyncDisposable>,
): void {
  /** With apps `wx1` and `wx2`, platforms `p1` and `p2`. */
  async function open() {
    const opened = await openEmpty();
    const { accounts, platforms } = opened.stores;
    for (const id of ["wx1", "wx2"]) await accounts.addApp(app(id));
    for (const id of ["p1", "p2"]) await platforms.addPlatform(platform(id));
    return Object.assign(opened, { accounts, platforms });
  }

  suite(`${name} as a platform store`, () => {
    test("keeps platforms, oldest first, and no id twice, be it an app's", async () => {
      await using opened = await open();
      const { accounts, platforms } = opened;
      await platforms.addPlatform({ ...platform("p0"), redirectHosts: ["a.b", "c:1"] });
      await rejects(platforms.addPlatform(platform("p1")), "conflict");
      await rejects(platforms.addPlatform(platform("wx1")), "conflict");
      await rejects(accounts.addApp(app("p1")), "conflict");
      const again = (await opened.reopen()).platforms;
      assert.deepEqual(await again.platforms(), [
        { ...platform("p0"), redirectHosts: ["a.b", "c:1"] },
        platform("p1"),
        platform("p2"),
      ]);
    });

    test("keeps tickets side by side, sets their time anew, and forgets old ones", async () => {
      await using opened = await open();
      const { platforms } = opened;
      const set = (hash: string, setAt: number, forgetBefore = 0) =>
        platforms.setTicket({ platformId: "p1", hash, setAt, forgetBefore });
      await set("a", 1);
      await set("b", 2);
      await platforms.setTicket({ platformId: "p2", hash: "a", setAt: 1, forgetBefore: 0 });
      await set("a", 3);
      await set("c", 4, 3);
      await rejects(
        platforms.setTicket({ platformId: "no", hash: "a", setAt: 1, forgetBefore: 0 }),
        "platform_not_found",
      );
      assert.deepEqual(await (await opened.reopen()).platforms.tickets(), [
        { platformId: "p2", hash: "a", setAt: 1 },
        { platformId: "p1", hash: "a", setAt: 3 },
        { platformId: "p1", hash: "c", setAt: 4 },
      ]);
    });

    test("authorising anew keeps the id and takes the sets and the next generation", async () => {
      await using opened = await open();
      const { platforms } = opened;
      const first = await platforms.authorize(consent("p1", "wx1", { id: "g1", sets: [49] }));
      assert.deepEqual(first, {
        id: "g1",
        platformId: "p1",
        appId: "wx1",
        generation: 1,
        sets: [49],
        createdAt: 5,
        updatedAt: 5,
      });
      const second = await platforms.authorize({
        ...consent("p1", "wx1", { id: "g2", sets: [18] }),
        now: 9,
      });
      assert.deepEqual(second, { ...first, generation: 2, sets: [18], updatedAt: 9 });
      await platforms.authorize(consent("p2", "wx1", { id: "g3" }));
      assert.deepEqual((await (await opened.reopen()).platforms.authorizations())[0], second);
      const { platforms: again } = await opened.reopen();
      await rejects(again.authorize(consent("no", "wx1", { id: "g4" })), "platform_not_found");
      await rejects(again.authorize(consent("p1", "no", { id: "g4" })), "app_not_found");
    });

    test("a code that leads to a consent is used once, by its own platform", async () => {
      await using opened = await open();
      const { platforms } = opened;
      await platforms.addPreAuthCode({ ...preAuth("pre", "p1"), forgetBefore: 0 });
      assert.deepEqual(await platforms.preAuthCode("pre"), preAuth("pre", "p1"));
      const codes = { preAuthHash: "pre", hash: "code", expiresAt: 100 };
      assert.equal(
        await platforms.authorize({ ...consent("p2", "wx1", { id: "g1" }), codes }),
        null,
      );
      assert.deepEqual(await platforms.authorizations(), [], "nothing has changed");
      assert.ok(await platforms.authorize({ ...consent("p1", "wx1", { id: "g1" }), codes }));
      assert.equal(await platforms.preAuthCode("pre"), undefined);
      assert.equal(await platforms.preAuthCode("code"), undefined, "it is of the other kind");
      assert.deepEqual(await (await opened.reopen()).platforms.authorizationCode("code"), {
        hash: "code",
        platformId: "p1",
        appId: "wx1",
        expiresAt: 100,
      });
    });

    test("an authorisation code gives one token, and none once its authorisation is not the latest", async () => {
      await using opened = await open();
      const { platforms } = opened;
      const withCode = async (pre: string, code: string) => {
        await platforms.addPreAuthCode({ ...preAuth(pre, "p1"), forgetBefore: 0 });
        const codes = { preAuthHash: pre, hash: code, expiresAt: 100 };
        return platforms.authorize({ ...consent("p1", "wx1", { id: "g1" }), codes });
      };
      await withCode("pre1", "code1");
      await withCode("pre2", "code2");
      assert.equal(await platforms.authorizationCode("code1"), undefined);
      const redeem = (hash: string, code: string) =>
        platforms.issuePlatformToken({ ...issue(hash, "p1", granted), code });
      assert.equal(await redeem("t1", "code1"), false);
      assert.equal(await redeem("t2", "code2"), true);
      assert.equal(await redeem("t3", "code2"), false);
      await withCode("pre3", "code3");
      assert.equal(await platforms.revoke({ platformId: "p1", appId: "wx1" }), true);
      assert.equal(await platforms.revoke({ platformId: "p1", appId: "wx1" }), false);
      assert.equal(await platforms.authorizationCode("code3"), undefined);
      await rejects(redeem("t4", "code3"), "authorization_gone");
      const tokens = await (await opened.reopen()).platforms.platformTokens();
      assert.deepEqual(
        tokens.map(({ hash, authorization }) => [hash, authorization]),
        [["t2", granted]],
        "the token outlives what it came from",
      );
    });

    test("codes are forgotten a while after their end, with each that is added", async () => {
      await using opened = await open();
      const { platforms } = opened;
      await platforms.addPreAuthCode({ ...preAuth("a", "p1"), expiresAt: 10, forgetBefore: 0 });
      await platforms.addPreAuthCode({ ...preAuth("b", "p1"), expiresAt: 20, forgetBefore: 0 });
      await platforms.addPreAuthCode({ ...preAuth("c", "p1"), expiresAt: 30, forgetBefore: 20 });
      assert.equal(await platforms.preAuthCode("a"), undefined);
      assert.equal((await platforms.preAuthCode("b"))?.expiresAt, 20);
      await rejects(
        platforms.addPreAuthCode({ ...preAuth("d", "no"), forgetBefore: 0 }),
        "platform_not_found",
      );
    });

    test("a token supersedes the one before of its platform and app alone", async () => {
      await using opened = await open();
      const { platforms } = opened;
      for (const [id, appId] of [
        ["g1", "wx1"],
        ["g2", "wx2"],
      ] as const) {
        await platforms.authorize(consent("p1", appId, { id }));
      }
      const second = { id: "g2", appId: "wx2" };
      const give = (hash: string, at: number, authorization: typeof second | null) =>
        platforms.issuePlatformToken({
          ...issue(hash, "p1", authorization, at),
          supersededFrom: at * 10,
        });
      await give("own1", 1, null);
      await give("wx1-1", 2, granted);
      await give("wx2-1", 3, second);
      await give("own2", 4, null);
      await give("wx1-2", 5, granted);
      assert.deepEqual(ends(await (await opened.reopen()).platforms.platformTokens()), {
        own1: 40,
        "wx1-1": 50,
        "wx2-1": null,
        own2: null,
        "wx1-2": null,
      });
    });

    test("gives no token to a secret that has changed, nor from another authorisation", async () => {
      await using opened = await open();
      const { platforms } = opened;
      const give = (secretHash: string) =>
        platforms.issuePlatformToken({ ...issue("t", "p1", null), secretHash });
      await rejects(give("another"), "wrong_secret");
      assert.equal(await give("hash"), true);
      await rejects(platforms.issuePlatformToken(issue("u", "no", null)), "platform_not_found");
      await rejects(platforms.issuePlatformToken(issue("u", "p1", granted)), "authorization_gone");
      await platforms.authorize(consent("p1", "wx1", { id: "g9" }));
      await rejects(platforms.issuePlatformToken(issue("u", "p1", granted)), "authorization_gone");
    });

    test("forgets tokens that ended before a time, with each that it adds", async () => {
      await using opened = await open();
      const { platforms } = opened;
      await platforms.issuePlatformToken({ ...issue("a", "p1", null, 1), supersededFrom: 0 });
      await platforms.issuePlatformToken({ ...issue("b", "p1", null, 2), supersededFrom: 10 });
      await platforms.issuePlatformToken({
        ...issue("c", "p1", null, 3),
        supersededFrom: 20,
        forgetBefore: 11,
      });
      assert.deepEqual(ends(await platforms.platformTokens()), { b: 20, c: null });
    });

    test("what a platform or an app has goes with it, and nothing else", async () => {
      await using opened = await open();
      const { accounts, platforms } = opened;
      for (const platformId of ["p1", "p2"]) {
        await platforms.setTicket({ platformId, hash: "t", setAt: 1, forgetBefore: 0 });
        await platforms.addPreAuthCode({
          ...preAuth(`pre-${platformId}`, platformId),
          forgetBefore: 0,
        });
        for (const appId of ["wx1", "wx2"]) {
          const id = `${platformId}-${appId}`;
          await platforms.authorize(consent(platformId, appId, { id }));
          await platforms.issuePlatformToken(issue(id, platformId, { id, appId }));
        }
        await platforms.issuePlatformToken(issue(`own-${platformId}`, platformId, null));
      }
      assert.equal(await platforms.removePlatform("p1"), true);
      assert.equal(await platforms.removePlatform("p1"), false);
      await accounts.removeApp("wx1");
      const again = (await opened.reopen()).platforms;
      assert.deepEqual(await again.tickets(), [{ platformId: "p2", hash: "t", setAt: 1 }]);
      assert.equal(await again.preAuthCode("pre-p1"), undefined);
      assert.ok(await again.preAuthCode("pre-p2"));
      assert.deepEqual(
        (await again.authorizations()).map(({ id }) => id),
        ["p2-wx2"],
      );
      assert.deepEqual(
        (await again.platformTokens()).map(({ hash }) => hash),
        ["own-p2", "p2-wx2"],
      );
    });
  });
}

const granted = { id: "g1", appId: "wx1" };

function app(id: string) {
  return { id, secretHash: "hash", createdAt: 1 };
}

function platform(id: string) {
  return { id, secretHash: "hash", redirectHosts: [] as string[], createdAt: 1 };
}

function preAuth(hash: string, platformId: string) {
  return { hash, platformId, expiresAt: 100 };
}

function consent(
  platformId: string,
  appId: string,
  { id, sets = [49] }: { id: string; sets?: number[] },
) {
  return { platformId, appId, authorizationId: id, sets, now: 5, codes: null };
}

function issue(
  hash: string,
  platformId: string,
  authorization: PlatformTokenRecord["authorization"],
  issuedAt = 1,
) {
  const token: PlatformTokenRecord = {
    hash,
    platformId,
    authorization,
    issuedAt,
    expiresAt: 1000,
    supersededFrom: null,
  };
  return { token, supersededFrom: 0, forgetBefore: 0 };
}

/** From when on each token is superseded, by hash. */
function ends(tokens: PlatformTokenRecord[]): Record<string, number | null> {
  return Object.fromEntries(tokens.map(({ hash, supersededFrom }) => [hash, supersededFrom]));
}

async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof DocferryError && error.code === code);
}
