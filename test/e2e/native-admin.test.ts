import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";

let api: NativeService;
before(async () => {
  api = await NativeService.start();
});
after(() => api[Symbol.asyncDispose]());

const lines = Array.from({ length: 600_000 }, (_, n) => `{"_id":${n},"t":"${"x".repeat(60)}"}`);

async function appWith(environment: string) {
  const app = (await api.admin("POST", "apps", {})).json as { id: string; secret: string };
  assert.equal(
    (await api.admin("POST", "environments", { app: app.id, id: environment })).status,
    201,
  );
  const token = await api.tokenOf(app.id, app.secret);
  const place = { environment };
  const send = (method: string, path: string, body?: unknown) =>
    api.send(method, `/v1/environments/${place.environment}/${path}`, { token, body });
  const submit = async (collection: string) => {
    const order = { type: "import", file: "f", collection, format: "json" };
    const sent = await send("POST", "jobs", order);
    assert.equal(sent.status, 201, sent.text);
    return sent.json.id as number;
  };
  return Object.assign(place, app, { token, send, submit });
}

test("only the whole operator key opens the admin API, and its file is its owner's", async () => {
  assert.equal((await stat(join(api.folder, "operator.key"))).mode & 0o777, 0o600);
  assertProblem(
    await api.send("GET", "/v1/admin/apps", { token: null }),
    401,
    "operator_key_missing",
  );
  for (const token of [api.token, `${api.operatorKey}0`, api.operatorKey.slice(1)]) {
    const sent = await api.send("GET", "/v1/admin/apps", { token });
    assertProblem(sent, 401, "wrong_operator_key");
    assert.equal(sent.headers.get("www-authenticate"), 'Bearer error="invalid_token"');
  }
  assert.equal((await api.admin("GET", "apps")).status, 200);
  assert.ok(!api.log.some((line) => line.includes(api.operatorKey)), "the log does not have it");
});

test("apps are added with random or given names, listed and removed", async () => {
  const random = await api.admin("POST", "apps");
  assert.equal(random.status, 201);
  assert.match(random.json.id, /^wx[0-9a-f]{16}$/);
  const given = { id: "my-app", secret: "my-secret" };
  assert.deepEqual((await api.admin("POST", "apps", given)).json, given);
  assertProblem(await api.admin("POST", "apps", given), 409, "conflict", /my-app/);
  assertProblem(
    await api.admin("POST", "apps", { id: "no blanks" }),
    400,
    "invalid_argument",
    /^id must be/,
  );
  assertProblem(
    await api.admin("POST", "apps", { name: "x" }),
    400,
    "invalid_argument",
    /^name is unknown/,
  );
  const { items } = (await api.admin("GET", "apps")).json;
  assert.deepEqual(items[0].environments, [nativeAccount.envId]);
  assert.ok(items.some(({ id }: { id: string }) => id === "my-app"));
  assert.equal((await api.admin("DELETE", "apps/my-app")).status, 204);
  assertProblem(await api.admin("DELETE", "apps/my-app"), 404, "app_not_found");
  assertProblem(await api.admin("POST", "apps/my-app/secret"), 404, "app_not_found");
});

test("a rotated secret ends the old one and its tokens at once", async () => {
  const app = await appWith("rotated-1");
  assert.equal((await app.send("GET", "jobs")).status, 200);
  const rotated = await api.admin("POST", `apps/${app.id}/secret`, {});
  assert.equal(rotated.status, 200);
  assertProblem(await app.send("GET", "jobs"), 401, "token_superseded");
  await assert.rejects(api.tokenOf(app.id, app.secret), /invalid appsecret/);
  const token = await api.tokenOf(app.id, rotated.json.secret);
  assert.equal((await api.send("GET", "/v1/environments/rotated-1/jobs", { token })).status, 200);
});

test("an API key is a bearer of its app's calls, and of nothing else, until it is removed", async () => {
  const app = await appWith("keyed-1");
  const { apiKey, secretId } = (await api.admin("POST", `apps/${app.id}/keys`)).json;
  const jobs = "/v1/environments/keyed-1/jobs";
  assert.equal((await api.send("GET", jobs, { token: apiKey })).status, 200);
  assertProblem(await api.send("GET", "jobs", { token: apiKey }), 404, "environment_not_found");
  assertProblem(
    await api.send("GET", "/v1/admin/apps", { token: apiKey }),
    401,
    "wrong_operator_key",
  );
  const wire = await api.send("POST", `/tcb/databasemigratequeryinfo?access_token=${apiKey}`, {
    token: null,
    body: { env: "keyed-1", job_id: 1 },
  });
  assert.equal(wire.json.errcode, 40014);
  for (const wrong of [`${apiKey}x`, `${secretId}.`, `x.${apiKey}`, `.${apiKey}`, "."]) {
    assertProblem(await api.send("GET", jobs, { token: wrong }), 401, "api_key_unknown");
  }
  await api.admin("DELETE", `apps/${app.id}/keys/${secretId}`);
  assertProblem(await api.send("GET", jobs, { token: apiKey }), 401, "api_key_unknown");
});

test("Cloud API keys are added, listed without their secret, and removed", async () => {
  const { id } = (await api.admin("POST", "apps")).json;
  const added = await api.admin("POST", `apps/${id}/keys`, { secretId: "AKIDmine" });
  assert.equal(added.status, 201);
  assert.match(added.json.secretKey, /^\w{32}$/);
  assert.equal(added.json.apiKey, `AKIDmine.${added.json.secretKey}`);
  const listed = await api.admin("GET", `apps/${id}/keys`);
  assert.deepEqual(listed.json, { items: [{ secretId: "AKIDmine", app: id }], nextCursor: null });
  assertProblem(
    await api.admin("POST", `apps/${id}/keys`, { secretId: "AKIDmine" }),
    409,
    "conflict",
  );
  assertProblem(
    await api.admin("DELETE", `apps/${nativeAccount.appId}/keys/AKIDmine`),
    404,
    "key_not_found",
  );
  assert.equal((await api.admin("DELETE", `apps/${id}/keys/AKIDmine`)).status, 204);
  assertProblem(await api.admin("DELETE", `apps/${id}/keys/AKIDmine`), 404, "key_not_found");
  assertProblem(await api.admin("GET", "apps/none/keys"), 404, "app_not_found");
});

test("a removed environment is gone with its jobs, files and documents, and comes back empty", async () => {
  const app = await appWith("gone-1");
  await app.send("PUT", "files/f", '{"_id":1}\n{bad\n');
  const id = await app.submit("c");
  while ((await app.send("GET", `jobs/${id}`)).json.ended === null);
  const file = join(api.folder, "environments", "gone-1.sqlite");
  assert.ok(existsSync(file));
  assert.equal((await api.admin("DELETE", "environments/gone-1")).status, 204);
  assert.ok(!existsSync(file));
  assertProblem(await app.send("GET", `jobs/${id}`), 404, "environment_not_found");
  assertProblem(await api.admin("DELETE", "environments/gone-1"), 404, "environment_not_found");
  const other = await appWith("gone-1");
  assert.deepEqual((await other.send("GET", "jobs")).json.items, []);
  assert.deepEqual((await other.send("GET", "files?prefix=")).json.items, []);
  assert.deepEqual((await other.send("GET", "files?prefix=.docferry/")).json.items, []);
  assert.deepEqual((await other.send("GET", "collections")).json.items, []);
  await other.send("PUT", "files/f", '{"_id":1}');
  const again = await other.submit("c");
  while ((await other.send("GET", `jobs/${again}`)).json.ended === null);
  assert.equal((await other.send("GET", `jobs/${again}`)).json.result.inserted, 1);
});

test("what has running jobs is removed only with them", async () => {
  const app = await appWith("idle-1");
  await api.admin("POST", "environments", { app: app.id, id: "busy-1" });
  app.environment = "busy-1";
  await app.send("PUT", "files/f", lines.join("\n"));
  const id = await app.submit("c");
  while ((await app.send("GET", `jobs/${id}`)).json.progress.records === 0);
  const watching = app.send("GET", `jobs/${id}/events`);
  assertProblem(
    await api.admin("DELETE", "environments/busy-1"),
    409,
    "conflict",
    /busy-1 has 1 job that has not ended/,
  );
  assertProblem(await api.admin("DELETE", `apps/${app.id}`), 409, "conflict", /has not ended/);
  assert.equal(
    (await app.send("GET", `jobs/${id}`)).status,
    200,
    "the refusal has changed nothing",
  );
  const removed = api.admin("DELETE", `apps/${app.id}?cancelJobs=true`);
  assert.equal((await removed).status, 204);
  assertProblem(await app.send("GET", `jobs/${id}`), 401, "token_unknown");
  assert.equal((await watching).status, 200, "who watched it sees the stream end");
  const { items } = (await api.admin("GET", "environments")).json;
  assert.ok(!items.some(({ id: environment }: { id: string }) => environment === "busy-1"));
});

test("an upload that is under way when its environment goes leaves nothing behind", async () => {
  const app = await appWith("leaving-1");
  const { port } = new URL(api.service.address);
  const upload = httpRequest({
    host: "127.0.0.1",
    port,
    method: "PUT",
    path: "/v1/environments/leaving-1/files/late",
    headers: { authorization: `Bearer ${app.token}` },
  });
  const answered = once(upload, "response");
  await new Promise<void>((resolve) => upload.write("begun", () => resolve()));
  // The service has taken the upload when it has answered a later request on another connection.
  await app.send("GET", "files");
  assert.equal((await api.admin("DELETE", "environments/leaving-1")).status, 204);
  upload.end("and ended");
  const [response] = (await answered) as [IncomingMessage];
  assert.equal(response.statusCode, 404);
  response.resume();
  const again = await appWith("leaving-1");
  assert.deepEqual((await again.send("GET", "files")).json.items, []);
});

test("ids may be as long as they are allowed to be", async () => {
  const id = "a".repeat(128);
  assert.equal((await api.admin("POST", "apps", { id })).status, 201);
  assert.equal((await api.admin("POST", `apps/${id}/keys`, { secretId: id })).status, 201);
  assert.equal((await api.admin("DELETE", `apps/${id}/keys/${id}`)).status, 204);
  assert.equal((await api.admin("DELETE", `apps/${id}`)).status, 204);
});

test("environments are listed by app, and belong to one that is there", async () => {
  const listed = await api.admin("GET", `environments?app=${nativeAccount.appId}`);
  assert.deepEqual(listed.json.items, [
    { id: nativeAccount.envId, app: nativeAccount.appId, platform: null, sharedWith: [] },
  ]);
  assertProblem(await api.admin("GET", "environments?app=none"), 404, "app_not_found");
  assertProblem(await api.admin("POST", "environments", { app: "none" }), 404, "app_not_found");
  assertProblem(await api.admin("POST", "environments", {}), 400, "missing_argument", /^app /);
  const taken = { app: nativeAccount.appId, id: nativeAccount.envId };
  assertProblem(await api.admin("POST", "environments", taken), 409, "conflict");
});
