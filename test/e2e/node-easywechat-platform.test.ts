import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { OpenPlatform } from "node-easywechat";
import { nativeAccount as account, NativeService } from "../support/native.ts";
import { tempFolder } from "../support/temp-folder.ts";

const { appId, envId: env } = account;

/** A platform that the operator made, and its client pointed at the service. */
async function openPlatform(t: TestContext, api: NativeService) {
  const id = "wx00000platform01";
  const { secret } = (await api.admin("POST", "platforms", { id })).json;
  const { ticket } = (await api.admin("POST", `platforms/${id}/tickets`, {})).json;
  const client = new OpenPlatform({
    app_id: id,
    secret,
    // Of the vendor's pushes, which nobody sends here; without them the client acts for no app.
    token: "token",
    aes_key: "a".repeat(43),
    http: { baseURL: `${api.service.address}/` },
    file_cache: { path: await tempFolder(t), dirMode: 0o700, fileMode: 0o600, ext: "" },
  });
  const store = client.getVerifyTicket() as unknown as { setTicket(ticket: string): Promise<void> };
  await store.setTicket(ticket);
  const authorize = async (sets: number[]): Promise<string> => {
    const answer = await api.admin("POST", `platforms/${id}/authorizations`, { app: appId, sets });
    return answer.json.refreshToken as string;
  };
  const revoke = () => api.admin("DELETE", `platforms/${id}/authorizations/${appId}`);
  return { id, client, authorize, revoke };
}

test("node-easywechat's platform acts for an app that authorised it", async (t) => {
  await using api = await NativeService.start();
  const job = await api.imported("people", '{"_id":1}\n{"_id":2}\n');
  const { client, authorize, revoke } = await openPlatform(t, api);
  assert.match((await client.createPreAuthorizationCode()).pre_auth_code ?? "", /./);

  const app = await client.getMiniAppWithRefreshToken(appId, await authorize([49]));
  const status = async () => {
    const body = { env, job_id: job.id };
    return (await app.getClient().postJson("/tcb/databasemigratequeryinfo", body)).toObject();
  };
  const { status: state, record_success: written } = await status();
  assert.deepEqual({ state, written }, { state: "success", written: 2 });

  // Tokens that are out follow what the app grants.
  await authorize([18]);
  assert.equal((await status()).errcode, 61007);
  await authorize([18, 64]);
  assert.equal((await status()).errcode, 0);
  await revoke();
  assert.equal((await status()).errcode, 61003);
});

test("a refresh token that another authorisation replaced gives no token any more", async (t) => {
  await using api = await NativeService.start();
  const { client, authorize } = await openPlatform(t, api);
  const old = await authorize([49]);
  await authorize([49]);
  await assert.rejects(client.refreshAuthorizerToken(appId, old), /61023/);
});

test("node-easywechat's platform ferries in an environment of its own, and shares it", async (t) => {
  await using api = await NativeService.start();
  const { id, client, authorize } = await openPlatform(t, api);
  const shared = "shared-4a89da";
  assert.equal((await api.admin("POST", "environments", { id: shared, platform: id })).status, 201);
  // oxlint-disable-next-line typescript/no-explicit-any -- it declares its answers as any
  const call = async (name: string, body: object): Promise<any> => {
    const response = await client.getClient().postJson(`/componenttcb/${name}`, body);
    return response.toObject();
  };

  const { info_list: environments } = await call("describeenvs", {});
  assert.deepEqual(
    environments.map((one: { env: string }) => one.env),
    [shared],
  );

  const ticket = await call("uploadfile", { env: shared, path: "people.json" });
  const form = new FormData();
  form.set("key", "people.json");
  form.set("Signature", ticket.authorization);
  form.set("x-cos-security-token", ticket.token);
  form.set("x-cos-meta-fileid", ticket.cos_file_id);
  form.set("file", new Blob(['{"_id":1}\n{"_id":2}\n']));
  assert.equal((await fetch(ticket.url, { method: "POST", body: form })).status, 204);
  const { job_id: job } = await call("dbimport", {
    env: shared,
    collection_name: "people",
    file_path: "people.json",
    file_type: 1,
    stop_on_error: false,
    conflict_mode: 1,
  });
  let state = await call("dbmigrationstate", { env: shared, job_id: job });
  while (state.status !== "success") {
    assert.notEqual(state.status, "fail", state.error_msg);
    state = await call("dbmigrationstate", { env: shared, job_id: job });
  }
  assert.equal(state.record_success, 2);

  // The app's own environment is none of the platform's; the platform's is the app's once it is shared.
  const foreign = await call("dbcollection", { action: "get", env });
  assert.equal(foreign.errcode, -501005);
  await authorize([18]);
  const answer = await call("batchshareenv", { data: [{ env: shared, appids: [appId] }] });
  assert.deepEqual(answer.err_list, []);
  const query = `access_token=${api.token}`;
  const asked = await fetch(api.url(`/tcb/databasecollectionget?${query}`), {
    method: "POST",
    body: JSON.stringify({ env: shared }),
  });
  const { collections } = (await asked.json()) as { collections: { name: string }[] };
  assert.deepEqual(
    collections.map((one) => one.name),
    ["people"],
  );
});
