import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { hiddenPrefix, uploadsPrefix } from "../../src/files/file-name.ts";
import { noCounts } from "../../src/job/counts.ts";
import type { JobSpec } from "../../src/job/job.ts";
import type { AccountStore } from "../../src/store/account-store.ts";
import type { FileIndex } from "../../src/store/file-index.ts";
import type { JobStore } from "../../src/store/job-store.ts";
import { type LimitStore, noLimits } from "../../src/store/limit-store.ts";

/** The ports that stand in one store with the limits and refuse by them. */
export interface LimitedStore {
  accounts: AccountStore;
  files: FileIndex;
  jobs: JobStore;
  limits: LimitStore;
}

const exportSpec: JobSpec = {
  type: "export",
  file: "out.json",
  query: { collection: "c", filter: "BQAAAAA=", projection: null, sort: [], skip: 0, limit: null },
  format: { format: "json", form: "relaxed", array: false, pretty: false },
};

/** What every store of limits promises, and those who refuse by them. `reopen` opens it again from what is on the disk. */
export function limitStoreSuite(
  name: string,
  open: () => Promise<{ store: LimitedStore; reopen(): Promise<LimitedStore> } & AsyncDisposable>,
): void {
  suite(`${name} as a store of limits`, () => {
    test("keeps limits until they are taken off", async () => {
      await using opened = await open();
      const app = {
        kind: "account",
        id: "wx1",
        limits: { ...noLimits, jobs: 2, requestsPerDay: 0 },
        addresses: ["::1"],
      } as const;
      const environment = {
        kind: "environment",
        id: "e1",
        limits: { requestsPerMinute: 1, requestsPerDay: 2, jobs: 3, storedBytes: 4 },
        addresses: [],
      } as const;
      await opened.store.limits.set(app);
      await opened.store.limits.set(environment);
      let store = await opened.reopen();
      assert.deepEqual(await store.limits.all(), [app, environment]);
      await store.limits.set({ ...app, limits: noLimits });
      await store.limits.set({ ...environment, limits: noLimits });
      store = await opened.reopen();
      assert.deepEqual(await store.limits.all(), [{ ...app, limits: noLimits }]);
    });

    test("keeps the last count of requests", async () => {
      await using opened = await open();
      const count = { kind: "account", id: "wx1", day: 20_000, requests: 7 } as const;
      await opened.store.limits.keepCounts([{ ...count, requests: 6 }]);
      await opened.store.limits.keepCounts([count, { ...count, kind: "environment" }]);
      const store = await opened.reopen();
      assert.deepEqual(await store.limits.counts(), [count, { ...count, kind: "environment" }]);
    });

    test("forgets them with their app and their environment", async () => {
      await using opened = await open();
      const { accounts, limits } = await withAccounts(opened.store);
      for (const [kind, id] of [
        ["account", "wx1"],
        ["environment", "e1"],
        ["environment", "e2"],
        ["environment", "other"],
      ] as const) {
        await limits.set({ kind, id, limits: { ...noLimits, jobs: 1 }, addresses: [] });
        await limits.keepCounts([{ kind, id, day: 1, requests: 1 }]);
      }
      await accounts.removeEnvironment("e1");
      assert.deepEqual(
        (await limits.all()).map(({ id }) => id),
        ["wx1", "e2", "other"],
      );
      await accounts.removeApp("wx1");
      assert.deepEqual(
        (await limits.all()).map(({ id }) => id),
        ["other"],
      );
      assert.deepEqual(
        (await limits.counts()).map(({ id }) => id),
        ["other"],
      );
    });

    test("a job that would be one too many is refused, by the environment's and by the account's limit", async () => {
      await using opened = await open();
      const store = await withAccounts(opened.store);
      const { jobs, limits } = store;
      const submit = submitter(store);
      const limit = (kind: "account" | "environment", id: string, most: number | null) =>
        limits.set({ kind, id, limits: { ...noLimits, jobs: most }, addresses: [] });
      await limit("environment", "e1", 2);
      const first = await submit("e1");
      await submit("e1");
      await assert.rejects(submit("e1"), {
        code: "too_many_jobs",
        message: "Environment e1 may have 2 jobs in flight, and has 2",
      });
      await limit("account", "wx1", 3);
      await submit("e2");
      await assert.rejects(submit("e2"), { code: "too_many_jobs", message: /^Account wx1 may/ });
      await submit("other");
      assert.deepEqual(await limits.use({ kind: "account", id: "wx1" }), {
        jobs: 3,
        storedBytes: 0,
      });
      await jobs.cancel(first.id, 5);
      await submit("e2");
      await assert.rejects(submit("e2"), { code: "too_many_jobs" });
      await limit("account", "wx1", null);
      await submit("e2");
    });

    test("of many submits at once as many are taken as there are places", async () => {
      await using opened = await open();
      const store = await withAccounts(opened.store);
      const submit = submitter(store);
      await store.limits.set({
        kind: "environment",
        id: "e1",
        limits: { ...noLimits, jobs: 5 },
        addresses: [],
      });
      const all = await Promise.allSettled(Array.from({ length: 30 }, () => submit("e1")));
      assert.equal(all.filter(({ status }) => status === "fulfilled").length, 5);
    });

    test("bytes are counted exactly, through every way by which a file comes and goes", async () => {
      await using opened = await open();
      const store = await withAccounts(opened.store);
      const { files, limits } = store;
      const used = async (id = "e1") => (await limits.use({ kind: "environment", id })).storedBytes;
      await put(files, "e1", "a", 10);
      await put(files, "e1", "b", 5);
      await put(files, "e1", "a", 3);
      await put(files, "e1", `${hiddenPrefix}jobs/1/rejects.json`, 1_000);
      await put(files, "e2", "a", 7);
      assert.equal(await used(), 8);
      await put(files, "e1", `${uploadsPrefix}x/00001`, 20);
      await put(files, "e1", `${uploadsPrefix}y/00001`, 30);
      assert.equal(await used(), 58);
      const object = { id: "whole", size: 20, md5: "0".repeat(32) };
      const whole = { environment: "e1", name: "b", object, contentType: "text/plain", now: 1 };
      const limited = { kind: "environment", id: "e1", addresses: [] } as const;
      await limits.set({ ...limited, limits: { ...noLimits, storedBytes: 58 } });
      await assert.rejects(files.put(whole), { code: "storage_limit" });
      await files.put({ ...whole, insteadOf: `${uploadsPrefix}x/` });
      assert.equal(await used(), 53);
      assert.equal(await files.get("e1", `${uploadsPrefix}x/00001`), undefined);
      await files.remove("e1", `${uploadsPrefix}y/00001`);
      await limits.set({ ...limited, limits: noLimits });
      await put(files, "e1", "b", 5);
      assert.equal(await used(), 8);
      assert.equal((await limits.use({ kind: "account", id: "wx1" })).storedBytes, 15);
      await files.remove("e1", "b");
      assert.equal(await used(), 3);
      assert.equal(
        await (
          await opened.reopen()
        ).limits
          .use({ kind: "environment", id: "e1" })
          .then((use) => use.storedBytes),
        3,
      );
    });

    test("a file that would be too much is refused, one that takes another's place is not", async () => {
      await using opened = await open();
      const store = await withAccounts(opened.store);
      const { files, limits } = store;
      const limit = (kind: "account" | "environment", id: string, most: number) =>
        limits.set({ kind, id, limits: { ...noLimits, storedBytes: most }, addresses: [] });
      await limit("environment", "e1", 100);
      await put(files, "e1", "a", 60);
      await assert.rejects(put(files, "e1", "b", 41), {
        code: "storage_limit",
        message:
          /^Environment e1 may store 100 bytes; there is room for 40 under the name b, not for 41$/,
      });
      await put(files, "e1", "b", 40);
      await put(files, "e1", "a", 60);
      assert.deepEqual(await files.rooms("e1", "c"), [
        { of: "Environment e1", limit: 100, bytes: 0 },
      ]);
      await limit("environment", "e1", 50);
      await put(files, "e1", "a", 55);
      await assert.rejects(put(files, "e1", "a", 56), { code: "storage_limit" });
      await limit("account", "wx1", 100);
      assert.deepEqual(await files.rooms("e2", "x"), [{ of: "Account wx1", limit: 100, bytes: 5 }]);
      await assert.rejects(put(files, "e2", "x", 6), { code: "storage_limit" });
      await put(files, "e2", "x", 5);
      assert.deepEqual(await files.rooms("other", "x"), []);
      await put(files, "other", "x", 1_000_000);
    });

    test("of many files at once as many are taken as there is room for", async () => {
      await using opened = await open();
      const { files, limits } = await withAccounts(opened.store);
      await limits.set({
        kind: "account",
        id: "wx1",
        limits: { ...noLimits, storedBytes: 1_000 },
        addresses: [],
      });
      const all = await Promise.allSettled(
        Array.from({ length: 40 }, (_, n) => put(files, n % 2 === 0 ? "e1" : "e2", `f${n}`, 90)),
      );
      assert.equal(all.filter(({ status }) => status === "fulfilled").length, 11);
      assert.equal((await limits.use({ kind: "account", id: "wx1" })).storedBytes, 990);
    });

    test("an export ends at the part that is too much, and none begins where there is no room", async () => {
      await using opened = await open();
      const store = await withAccounts(opened.store);
      const { files, jobs, limits } = store;
      await limits.set({
        kind: "environment",
        id: "e1",
        limits: { ...noLimits, storedBytes: 100 },
        addresses: [],
      });
      const { id } = await submitter(store)("e1");
      const [claim] = await jobs.claim({ limit: 1, now: 1, leaseMs: 1_000 });
      const lease = { task: claim?.task.id ?? 0, attempt: claim?.task.attempt ?? 0 };
      const part = (ordinal: number, size: number) =>
        jobs.addPart(lease, {
          task: 0,
          ordinal,
          object: `o${ordinal}`,
          size,
          md5: "0".repeat(32),
          counts: noCounts,
          digest: "",
          retyped: 0,
          formulas: 0,
          endKey: null,
        });
      await part(0, 60);
      await assert.rejects(part(1, 41), { code: "storage_limit" });
      assert.equal((await jobs.parts(id)).length, 1);
      await part(1, 40);
      await put(files, "e1", "a", 100);
      await assert.rejects(submitter(store)("e1"), { code: "storage_limit" });
    });
  });
}

async function withAccounts(store: LimitedStore): Promise<LimitedStore> {
  for (const [id, environments] of [
    ["wx1", ["e1", "e2"]],
    ["wx2", ["other"]],
  ] as const) {
    await store.accounts.addApp({ id, secretHash: "x", createdAt: 1 });
    for (const environment of environments) {
      await store.accounts.addEnvironment({
        id: environment,
        owner: { kind: "app", id },
        createdAt: 1,
      });
    }
  }
  return store;
}

function submitter({ jobs }: LimitedStore) {
  return (environment: string) =>
    jobs.submit({
      key: crypto.randomUUID().replaceAll("-", ""),
      environment,
      spec: exportSpec,
      now: 1,
    });
}

function put(files: FileIndex, environment: string, name: string, size: number) {
  return files.put({
    environment,
    name,
    object: { id: crypto.randomUUID().replaceAll("-", ""), size, md5: "0".repeat(32) },
    contentType: "application/octet-stream",
    now: 1,
  });
}
