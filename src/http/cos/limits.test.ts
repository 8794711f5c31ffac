import assert from "node:assert/strict";
import { test } from "node:test";
import { noLimits } from "../../store/limit-store.ts";
import { bucketOf } from "../files/file-id.ts";
import { openCosApp, partsXml, startedUpload } from "../../../test/support/cos-app.ts";
import { cosHeaders } from "../../../test/support/cos.ts";
import { inject } from "../../../test/support/inject.ts";

type Limits = Partial<typeof noLimits>;

async function open() {
  const opened = await openCosApp();
  const { access, accounts } = opened;
  return {
    ...opened,
    limit: (limits: Limits, addresses: string[] = []) =>
      access.limits.set({
        kind: "account",
        id: accounts.mine.appId,
        limits: { ...noLimits, ...limits },
        addresses,
      }),
    limitEnvironment: (limits: Limits) =>
      access.limits.set({
        kind: "environment",
        id: "mine-1",
        limits: { ...noLimits, ...limits },
        addresses: [],
      }),
    used: async () =>
      (await opened.store().limits.use({ kind: "environment", id: "mine-1" })).storedBytes,
  };
}

test("signed requests are counted for account and environment, and those with wrong signatures are not", async () => {
  await using opened = await open();
  const { ask, limit, limitEnvironment, clock } = opened;
  assert.equal((await ask("PUT", "a", { body: "x" })).status, 200);
  await limit({ requestsPerMinute: 2 });
  const wrong = { signing: { secretKey: "wrong" } };
  for (let n = 0; n < 5; n++) assert.equal((await ask("GET", "a", wrong)).status, 403);
  assert.equal((await ask("GET", "a")).status, 200);
  assert.equal((await ask("HEAD", "a")).status, 200);
  const refused = await ask("GET", "a");
  assert.equal(refused.status, 429);
  assert.match(refused.body.toString(), /<Code>SlowDown<\/Code>/);
  // 2026-01-02T03:04:05Z
  assert.equal(refused.headers["retry-after"], "55");
  clock.pass(60);
  assert.equal((await ask("GET", "a")).status, 200);
  await limit({});
  await limitEnvironment({ requestsPerDay: 1 });
  assert.equal((await ask("PUT", "b", { body: "x" })).status, 200);
  assert.equal((await ask("PUT", "c", { body: "x" })).status, 429);
  await limitEnvironment({});
  assert.equal((await ask("GET", "c")).status, 404);
});

test("a key is shown from the addresses of its app alone", async () => {
  await using opened = await open();
  await opened.limit({}, ["10.0.0.0/8"]);
  const refused = await opened.ask("PUT", "a", { body: "x" });
  assert.equal(refused.status, 403);
  assert.match(refused.body.toString(), /<Code>AccessDenied<[^]*not in whitelist/);
  await opened.limit({}, ["127.0.0.1"]);
  assert.equal((await opened.ask("PUT", "a", { body: "x" })).status, 200);
});

test("a file that has no room is refused while it comes, whatever it says of its length", async () => {
  await using opened = await open();
  const { ask, limitEnvironment, used, clock, key } = opened;
  await limitEnvironment({ storedBytes: 1_000 });
  assert.equal((await ask("PUT", "a", { body: Buffer.alloc(600) })).status, 200);
  const refused = await ask("PUT", "b", { body: Buffer.alloc(401) });
  assert.equal(refused.status, 507);
  assert.match(refused.body.toString(), /<Code>QuotaExceeded</);
  const host = `${bucketOf("mine-1")}.cos.ap-shanghai.tencentcos.cn`;
  const copy = await ask("PUT", "copy", {
    headers: { "x-cos-copy-source": `${host}/a` },
    signing: { headers: ["host", "x-cos-copy-source"] },
  });
  assert.equal(copy.status, 507, copy.body.toString());
  const signed = cosHeaders("PUT", "b", {}, { ...key, now: clock.now, host });
  const chunked = await opened.send("PUT", "/b", { headers: signed, body: pieces(20, 100) });
  assert.equal(chunked.status, 507);
  assert.equal((await opened.objectIds()).length, 1);
  assert.equal((await ask("PUT", "a", { body: Buffer.alloc(1_000) })).status, 200);
  assert.equal(await used(), 1_000);
});

test("parts of an upload are stored bytes from their coming to their end, and the file takes their place", async () => {
  await using opened = await open();
  const { ask, limitEnvironment, used } = opened;
  await limitEnvironment({ storedBytes: 1_000 });
  const id = await startedUpload(ask, "big");
  const part = (number: number, bytes: number) =>
    ask("PUT", "big", {
      query: { partNumber: String(number), uploadId: id },
      body: Buffer.alloc(bytes, number),
    });
  const one = await part(1, 500);
  assert.equal(one.status, 200, one.body.toString());
  assert.equal((await part(2, 600)).status, 507);
  assert.equal((await part(1, 500)).status, 200, "in place of itself");
  const two = await part(2, 400);
  assert.equal(two.status, 200);
  assert.equal((await ask("PUT", "other", { body: Buffer.alloc(200) })).status, 507);
  const listed = [one, two].map(({ headers }, n): [number, string] => [
    n + 1,
    String(headers["etag"]),
  ]);
  const complete = () => ask("POST", "big", { query: { uploadId: id }, body: partsXml(listed) });
  const both = await Promise.all([complete(), complete()]);
  const statuses = both.map(({ status }) => status).toSorted((a, b) => a - b);
  assert.equal(statuses[0], 200);
  assert.ok([400, 404, 503].includes(statuses[1] ?? 0), String(statuses));
  assert.equal((await ask("GET", "big")).body.length, 900);
  assert.equal(await used(), 900);
  const aborted = await startedUpload(ask, "second");
  assert.ok((await used()) > 900);
  assert.equal((await ask("DELETE", "second", { query: { uploadId: aborted } })).status, 204);
  assert.equal(await used(), 900);
});

test("parts that come at once stage no more than there is room for", async () => {
  await using opened = await open();
  const { ask, limitEnvironment, used } = opened;
  const id = await startedUpload(ask, "big");
  await limitEnvironment({ storedBytes: 10_000 });
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      ask("PUT", "big", {
        query: { partNumber: String(n + 1), uploadId: id },
        body: Buffer.alloc(3_000),
      }),
    ),
  );
  const stored = all.filter(({ status }) => status === 200).length;
  assert.ok(stored >= 1 && stored <= 3, String(stored));
  assert.ok((await used()) <= 10_000);
});

/** A body that does not say how long it is. */
async function* pieces(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(bytes);
}

test("calls of the storage gateway count as others do, and come from the app's addresses", async () => {
  await using opened = await open();
  const { app, key, clock, limit, limitEnvironment } = opened;
  const gateway = async (change: Partial<typeof key> = {}) => {
    const call = { envName: "mine-1", action: "storage.getUploadMetadata", path: "a" };
    const host = "x.tcb-api.tencentcloudapi.com";
    const signing = { ...key, now: clock.now, host, headers: [], ...change };
    const { authorization } = cosHeaders("POST", "admin", call, signing);
    const payload = JSON.stringify({ ...call, authorization });
    const answer = await inject(app, { method: "POST", url: "/admin", payload });
    return answer.json<{ code?: string; message?: string; data?: object }>();
  };
  await limit({ requestsPerMinute: 1 });
  assert.equal((await gateway({ secretKey: "wrong" })).code, "AuthFailure.SignatureFailure");
  assert.ok((await gateway()).data);
  const refused = await gateway();
  assert.equal(refused.code, "RequestLimitExceeded");
  assert.match(refused.message ?? "", /may make 1 requests a minute/);
  await limit({});
  await limitEnvironment({ requestsPerDay: 0 });
  assert.equal((await gateway()).code, "RequestLimitExceeded");
  await limitEnvironment({});
  await limit({}, ["10.0.0.0/8"]);
  assert.equal((await gateway()).code, "UnauthorizedOperation");
});
