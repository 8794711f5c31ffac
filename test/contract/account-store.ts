import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AccountStore, StableRecord, TokenRecord } from "../../src/store/account-store.ts";
import type { PlatformStore } from "../../src/store/platform-store.ts";
import { DocferryError, type ErrorCode } from "../../src/job/errors.ts";

/** What every account store promises. `reopen` closes the store and opens it again from what is on the disk. */
export function accountStoreSuite(
  name: string,
  open: () => Promise<
    {
      store: AccountStore;
      /** Beside it, for what belongs to platforms. */
      platforms: PlatformStore;
      reopen(): Promise<AccountStore>;
    } & AsyncDisposable
  >,
): void {
  suite(`${name} as an account store`, () => {
    test("adds the first app with all it needs, and no second first one", async () => {
      await using opened = await open();
      const first = {
        app: app("wx1"),
        environment: { id: "e1", owner: { kind: "app" as const, id: "wx1" }, createdAt: 1 },
        cloudKey: cloudKey("AKID1", "wx1"),
      };
      assert.equal(await opened.store.addFirst(first), true);
      assert.equal(
        await opened.store.addFirst({
          app: app("wx2"),
          environment: { id: "e2", owner: { kind: "app", id: "wx2" }, createdAt: 1 },
          cloudKey: cloudKey("AKID2", "wx2"),
        }),
        false,
      );
      const store = await opened.reopen();
      assert.deepEqual(await store.apps(), [first.app]);
      assert.deepEqual(await store.environments(), [first.environment]);
      const [key] = await store.cloudKeys();
      assert.deepEqual(
        { ...key, sealedKey: [...(key?.sealedKey ?? [])] },
        {
          ...first.cloudKey,
          sealedKey: [1, 2, 3],
        },
      );
    });

    test("refuses an id that is taken and an app that is not there", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.addApp(app("wx1"));
      await store.addApp(app("wx2"));
      await store.addEnvironment({ id: "e", owner: { kind: "app", id: "wx1" }, createdAt: 1 });
      await store.addCloudKey(cloudKey("AKID", "wx1"));
      await rejects(store.addApp(app("wx1")), "conflict");
      await rejects(
        store.addEnvironment({ id: "e", owner: { kind: "app", id: "wx2" }, createdAt: 1 }),
        "conflict",
      );
      await rejects(store.addCloudKey(cloudKey("AKID", "wx2")), "conflict");
      await rejects(
        store.addEnvironment({ id: "f", owner: { kind: "app", id: "no" }, createdAt: 1 }),
        "app_not_found",
      );
      await rejects(store.addCloudKey(cloudKey("AKID2", "no")), "app_not_found");
      await rejects(store.setSecret({ appId: "no", secretHash: "x", now: 1 }), "app_not_found");
      await rejects(store.issuePlain(plain("no", "t", { issuedAt: 1 })), "app_not_found");
      assert.equal((await store.environments())[0]?.owner.id, "wx1");
    });

    test("lists oldest first", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.addApp({ ...app("b"), createdAt: 2 });
      await store.addApp({ ...app("c"), createdAt: 1 });
      await store.addApp({ ...app("a"), createdAt: 2 });
      assert.deepEqual(
        (await store.apps()).map(({ id }) => id),
        ["c", "a", "b"],
      );
    });

    test("an environment of a platform is shared with apps, and goes with any of the three", async () => {
      await using opened = await open();
      const { store, platforms } = opened;
      for (const id of ["wx1", "wx2"]) await store.addApp(app(id));
      const platform = { secretHash: "h", redirectHosts: [], createdAt: 1 };
      for (const id of ["p1", "p2"]) await platforms.addPlatform({ id, ...platform });
      const owner = { kind: "platform", id: "p1" } as const;
      await store.addEnvironment({ id: "e1", owner, createdAt: 1 });
      await store.addEnvironment({ id: "e2", owner, createdAt: 2 });
      assert.deepEqual(await store.environments(), [
        { id: "e1", owner, createdAt: 1 },
        { id: "e2", owner, createdAt: 2 },
      ]);
      const nobody = { kind: "platform", id: "wx1" } as const;
      await rejects(
        store.addEnvironment({ id: "e3", owner: nobody, createdAt: 1 }),
        "platform_not_found",
      );
      for (const [environment, appId, createdAt] of [
        ["e2", "wx1", 3],
        ["e1", "wx2", 4],
        ["e1", "wx1", 5],
        ["e1", "wx1", 6],
      ] as const) {
        await store.share({ environment, appId, createdAt });
      }
      assert.deepEqual(await store.shares(), [
        { environment: "e1", appId: "wx1", createdAt: 5 },
        { environment: "e1", appId: "wx2", createdAt: 4 },
        { environment: "e2", appId: "wx1", createdAt: 3 },
      ]);
      const pair = { environment: "e1", appId: "no", createdAt: 1 };
      await rejects(store.share(pair), "app_not_found");
      await rejects(store.share({ ...pair, environment: "no" }), "environment_not_found");
      const left = async () =>
        (await store.shares()).map(({ environment, appId }) => [environment, appId]);
      assert.equal(await store.unshare({ environment: "e1", appId: "wx2" }), true);
      assert.equal(await store.unshare({ environment: "e1", appId: "wx2" }), false);
      await store.removeEnvironment("e2");
      assert.deepEqual(await left(), [["e1", "wx1"]]);
      await store.removeApp("wx1");
      assert.deepEqual(await left(), []);
      await store.share({ environment: "e1", appId: "wx2", createdAt: 7 });
      await platforms.removePlatform("p1");
      assert.deepEqual([await store.environments(), await left()], [[], []]);
    });

    test("removes an app with its environments, tokens and keys, and only those", async () => {
      await using opened = await open();
      const { store } = opened;
      for (const id of ["wx1", "wx2"]) {
        await store.addApp(app(id));
        await store.addEnvironment({
          id: `${id}-env`,
          owner: { kind: "app", id: id },
          createdAt: 1,
        });
        await store.addCloudKey(cloudKey(`${id}-key`, id));
        await store.issuePlain(plain(id, `${id}-token`, { issuedAt: 1 }));
        await store.issueStable(stable(id, 0, { issuedAt: 1 }));
      }
      assert.equal(await store.removeApp("wx1"), true);
      assert.equal(await store.removeApp("wx1"), false);
      assert.deepEqual(
        (await store.environments()).map(({ id }) => id),
        ["wx2-env"],
      );
      assert.deepEqual(
        (await store.cloudKeys()).map(({ secretId }) => secretId),
        ["wx2-key"],
      );
      assert.ok((await store.tokens()).every(({ appId }) => appId === "wx2"));
      assert.equal(await store.stable("wx1"), undefined);
      assert.equal(await store.removeEnvironment("wx2-env"), true);
      assert.equal(await store.removeEnvironment("wx2-env"), false);
      assert.equal(await store.removeCloudKey("wx2-key"), true);
      assert.equal(await store.removeCloudKey("wx2-key"), false);
    });

    test("a plain token supersedes the one before of its app and kind alone", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.addApp(app("wx1"));
      await store.addApp(app("wx2"));
      await store.issueStable(stable("wx1", 0, { issuedAt: 1 }));
      await store.issuePlain(plain("wx2", "other", { issuedAt: 2 }));
      await store.issuePlain(plain("wx1", "a", { issuedAt: 3, supersededFrom: 30 }));
      await store.issuePlain(plain("wx1", "b", { issuedAt: 4, supersededFrom: 40 }));
      await store.issuePlain(plain("wx1", "c", { issuedAt: 5, supersededFrom: 50 }));
      assert.deepEqual(ends(await (await opened.reopen()).tokens()), {
        "wx1-stable-1": null,
        other: null,
        a: 40,
        b: 50,
        c: null,
      });
    });

    test("a stable token moves on from the present generation only, and supersedes when told", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.addApp(app("wx1"));
      assert.equal(await store.stable("wx1"), undefined);
      assert.equal(await store.issueStable(stable("wx1", 0, { issuedAt: 1 })), true);
      assert.equal(await store.issueStable(stable("wx1", 0, { issuedAt: 2 })), false);
      assert.equal((await store.stable("wx1"))?.issuedAt, 1);
      assert.equal(await store.issueStable(stable("wx1", 1, { issuedAt: 3 })), true);
      const forced = stable("wx1", 2, { issuedAt: 4, supersededFrom: 4 });
      assert.equal(await store.issueStable(forced), true);
      const reopened = await opened.reopen();
      assert.deepEqual(await reopened.stable("wx1"), forced.next);
      assert.deepEqual(ends(await reopened.tokens()), {
        "wx1-stable-1": 4,
        "wx1-stable-2": 4,
        "wx1-stable-3": null,
      });
    });

    test("another secret ends the tokens that hold, and refuses those that its predecessor asks for", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.addApp(app("wx1"));
      await store.issuePlain(plain("wx1", "old", { issuedAt: 1, expiresAt: 5 }));
      await store.issuePlain(plain("wx1", "a", { issuedAt: 2, supersededFrom: 4 }));
      await store.issuePlain(plain("wx1", "b", { issuedAt: 3, supersededFrom: 100 }));
      await store.setSecret({ appId: "wx1", secretHash: "new", now: 50 });
      assert.deepEqual(ends(await store.tokens()), { old: 4, a: 50, b: 50 });
      await rejects(store.issuePlain(plain("wx1", "c", { issuedAt: 60 })), "wrong_secret");
      await rejects(store.issueStable(stable("wx1", 0, { issuedAt: 60 })), "wrong_secret");
      assert.equal((await store.tokens()).length, 3);
      assert.equal((await store.apps())[0]?.secretHash, "new");
    });

    test("forgets tokens that ended before a time, with each that it adds", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.addApp(app("wx1"));
      await store.issuePlain(plain("wx1", "a", { issuedAt: 1, expiresAt: 10 }));
      await store.issuePlain(plain("wx1", "b", { issuedAt: 2, supersededFrom: 20 }));
      const last = plain("wx1", "c", { issuedAt: 3, supersededFrom: 30 });
      await store.issuePlain({ ...last, forgetBefore: 11 });
      assert.deepEqual(ends(await store.tokens()), { b: 30, c: null });
    });
  });
}

function app(id: string) {
  return { id, secretHash: "hash", createdAt: 1 };
}

function cloudKey(secretId: string, appId: string) {
  return { secretId, appId, sealedKey: new Uint8Array([1, 2, 3]), createdAt: 1 };
}

interface Times {
  issuedAt: number;
  expiresAt?: number;
  supersededFrom?: number;
}

function token(appId: string, hash: string, kind: TokenRecord["kind"], times: Times): TokenRecord {
  const { issuedAt, expiresAt = 1000 } = times;
  return { hash, appId, kind, issuedAt, expiresAt, supersededFrom: null };
}

function plain(appId: string, hash: string, times: Times) {
  return {
    token: token(appId, hash, "plain", times),
    secretHash: "hash",
    supersededFrom: times.supersededFrom ?? 0,
    forgetBefore: 0,
  };
}

function stable(appId: string, from: number, times: Times) {
  const next: StableRecord = {
    appId,
    generation: from + 1,
    issuedAt: times.issuedAt,
    expiresAt: 1000,
    forcedAt: times.supersededFrom ?? null,
    forcedDay: 1,
    forcedCount: times.supersededFrom === undefined ? 0 : 1,
  };
  return {
    from,
    next,
    token: token(appId, `${appId}-stable-${from + 1}`, "stable", times),
    secretHash: "hash",
    supersededFrom: times.supersededFrom ?? null,
    forgetBefore: 0,
  };
}

/** From when on each token is superseded, by hash. */
function ends(tokens: TokenRecord[]): Record<string, number | null> {
  return Object.fromEntries(tokens.map(({ hash, supersededFrom }) => [hash, supersededFrom]));
}

async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof DocferryError && error.code === code);
}
