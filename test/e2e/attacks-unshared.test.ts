import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bucketOf, fileIdOf } from "../../src/http/files/file-id.ts";
import { authorizerToken, foreignApp, type ForeignApp } from "../support/attackers.ts";
import {
  tcb,
  testPlatform,
  type TestPlatform,
  uploadBy,
  type WireAnswer,
} from "../support/batch.ts";
import { cosHeaders } from "../support/cos.ts";
import { NativeService } from "../support/native.ts";
import { cloudApi, type SigningKey } from "../support/signed.ts";

// An environment of a platform is shared with an app, and then no more: all that the app had in its hands by then is tried.

let api: NativeService;
let platform: TestPlatform;
let app: ForeignApp;
let env: string;

before(async () => {
  api = await NativeService.start();
  platform = await testPlatform(api, "wxsharing");
  env = platform.environment;
  app = await foreignApp(api, "once-shared");
});
after(() => api[Symbol.asyncDispose]());

const share = (method: "PUT" | "DELETE", id = app.id) =>
  api.admin(method, `environments/${env}/shares/${id}`);

async function temporaryKey(token: string): Promise<SigningKey> {
  const answer = await tcb(api, "getqcloudtoken", { lifespan: 7200 }, token);
  return { secretId: answer["secretid"], secretKey: answer["secretkey"], token: answer["token"] };
}

const ask = (key: SigningKey, action: string, body: object) =>
  cloudApi(api, key, action, { EnvId: env, ...body });

async function cos(
  key: SigningKey,
  method: string,
  name: string,
  query: Record<string, string> = {},
  body?: string,
) {
  const { host } = new URL(api.service.address);
  const { host: _, ...headers } = cosHeaders(method, name, query, {
    ...key,
    now: Date.now(),
    host,
  });
  const search = new URLSearchParams(query).toString();
  const path = `/cos/${bucketOf(env)}/${name}?${search}`;
  return api.send(method, path, { token: null, headers, body });
}

async function gateway(
  key: SigningKey,
  action: string,
  more: Record<string, unknown>,
): Promise<WireAnswer> {
  const { host } = new URL(api.service.address);
  const body: Record<string, unknown> = { envName: env, action, ...more };
  const texts = Object.entries(body).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const signing = { ...key, now: Date.now(), host };
  const parameters = Object.fromEntries(texts) as Record<string, string>;
  const { authorization } = cosHeaders("POST", "admin", parameters, signing);
  const session = key.token === undefined ? {} : { sessionToken: key.token };
  return (
    await api.send("POST", "/admin", { token: null, body: { ...body, authorization, ...session } })
  ).json;
}

const link = async (token: string, path: string): Promise<string> => {
  const file_list = [{ fileid: fileIdOf(env, path), max_age: 2 ** 31 - 1 }];
  return (await tcb(api, "batchdownloadfile", { env, file_list }, token))["file_list"][0]
    .download_url;
};

/** By name: what tells by `true` that the environment was opened. What is got from it goes on being kept for later. */
async function holdings(): Promise<Record<string, () => Promise<boolean>>> {
  const tokens = {
    "its token": app.token,
    "a platform's token for it": await authorizerToken(api, platform, app.id, [18, 49]),
  };
  const keys: Record<string, SigningKey> = {
    "its key": app.key,
    "its temporary key": await temporaryKey(tokens["its token"]),
    "a temporary key of the platform for it": await temporaryKey(
      tokens["a platform's token for it"],
    ),
  };
  const tries: Record<string, () => Promise<boolean>> = {};
  for (const [who, token] of Object.entries(tokens)) {
    const errcode = async (name: string, body: object) =>
      (await tcb(api, name, { env, ...body }, token))["errcode"] === 0;
    tries[`${who}, collections`] = () => errcode("databasecollectionget", { limit: 1, offset: 0 });
    tries[`${who}, a job's status`] = () =>
      errcode("databasemigratequeryinfo", { job_id: exported });
    tries[`${who}, a ticket`] = () => errcode("uploadfile", { path: "b" });
    const file_list = [{ fileid: fileIdOf(env, "a.json"), max_age: 60 }];
    tries[`${who}, an address`] = () => errcode("batchdownloadfile", { file_list });
    const importOrder = {
      collection_name: "c",
      file_path: "a.json",
      file_type: 1,
      conflict_mode: 2,
    };
    tries[`${who}, an import`] = () => errcode("databasemigrateimport", importOrder);
    const ticket = await tcb(api, "uploadfile", { env, path: "a.json" }, token);
    tries[`${who}, a ticket of before`] = async () =>
      uploadBy(ticket, "a.json", '{"_id":1}\n').then(
        () => true,
        (error: Error) => {
          assert.match(error.message, /<Code>SignatureDoesNotMatch</);
          return false;
        },
      );
    const status = await tcb(api, "databasemigratequeryinfo", { env, job_id: exported }, token);
    for (const [what, address] of Object.entries({
      "an address of before": await link(token, "a.json"),
      "an export's address of before": status["file_url"] as string,
    })) {
      tries[`${who}, ${what}`] = () => opens(address);
      // Who takes his name out of it has an address of nobody's.
      tries[`${who}, ${what}, made the owner's`] = async () => {
        assert.equal(await opens(address.replace(/&shared=[^&]*/, "")), false);
        return opens(address);
      };
    }
  }
  tries["its API key"] = async () =>
    (await api.send("GET", `/v1/environments/${env}/files/a.json`, { token: app.key.apiKey }))
      .status === 200;
  for (const [who, key] of Object.entries(keys)) {
    tries[`${who}, the Cloud API`] = async () => !(await ask(key, "DescribeEnvInfo", {})).Error;
    tries[`${who}, an export by the Cloud API`] = async () =>
      !(await ask(key, "DatabaseMigrateQueryInfo", { JobId: exported })).Error;
    tries[`${who}, the list of the Cloud API`] = async () =>
      ((await ask(key, "DescribeEnvs", {}))["EnvList"] as { EnvId: string }[]).some(
        ({ EnvId }) => EnvId === env,
      );
    tries[`${who}, COS, a file`] = async () => (await cos(key, "GET", "a.json")).status === 200;
    tries[`${who}, COS, an upload`] = async () =>
      (await cos(key, "PUT", "a.json", {}, '{"_id":1}\n')).status === 200;
    const begun = await cos(key, "POST", "big", { uploads: "" });
    const [, uploadId = ""] = /<UploadId>(\w+)</.exec(begun.text) ?? [];
    tries[`${who}, COS, a part of an upload of before`] = async () =>
      (await cos(key, "PUT", "big", { partNumber: "1", uploadId }, "x")).status === 200;
    tries[`${who}, the gateway`] = async () =>
      (await gateway(key, "storage.getUploadMetadata", { path: "b" }))["data"] !== undefined;
    const list = { file_list: [{ fileid: fileIdOf(env, "a.json"), max_age: 600 }] };
    const links = await gateway(key, "storage.batchGetDownloadUrl", list);
    const address = links["data"].download_list[0].download_url as string;
    tries[`${who}, an address of before`] = () => opens(address);
    const told = await ask(key, "DatabaseMigrateQueryInfo", { JobId: exported });
    tries[`${who}, an export's address of before`] = () => opens(String(told["FileUrl"]));
  }
  return tries;
}

async function opens(address: string): Promise<boolean> {
  const { status } = await fetch(address);
  assert.ok(status === 200 || status === 403, String(status));
  return status === 200;
}

let exported = 0;

test("an environment that is shared no more is opened by nothing that the app had in its hands", async () => {
  const second = await foreignApp(api, "still-shared");
  assert.equal((await share("PUT")).status, 204);
  assert.equal((await share("PUT", second.id)).status, 204);
  const put = await tcb(api, "uploadfile", { env, path: "a.json" }, app.token);
  await uploadBy(put, "a.json", '{"_id":1}\n');
  const order = { collection_name: "c", file_path: "a.json", file_type: 1, conflict_mode: 2 };
  await ended((await platform.call("dbimport", order))["job_id"]);
  const query = "db.collection('c').get()";
  const submitted = await platform.call("dbexport", { file_path: "out", file_type: 1, query });
  exported = await ended(submitted["job_id"]);
  const [ofPlatform, ofSecond] = [
    (await platform.call("dbmigrationstate", { job_id: exported }))["file_url"] as string,
    await link(second.token, "a.json"),
  ];

  const held = await holdings();
  const outcome = async (): Promise<string[]> => {
    const open = [];
    for (const [name, tried] of Object.entries(held)) if (await tried()) open.push(name);
    return open;
  };
  assert.deepEqual(await outcome(), Object.keys(held), "shared, all of it opens");
  assert.equal((await share("DELETE")).status, 204);
  assert.deepEqual(await outcome(), [], "shared no more, nothing does");
  assert.equal(await opens(ofPlatform), true, "the owner's stay");
  assert.equal(await opens(ofSecond), true, "another app's stay");

  await share("PUT");
  const again = await outcome();
  assert.deepEqual(
    Object.keys(held).filter((name) => !again.includes(name)),
    Object.keys(held).filter((name) => /(ticket|address) of before/.test(name)),
    "shared anew, who he is opens it again, and what he was given before does not",
  );
});

async function ended(job: unknown): Promise<number> {
  for (;;) {
    const info = await platform.call("dbmigrationstate", { job_id: job });
    if (info["status"] === "success") return Number(job);
    assert.notEqual(info["status"], "fail", info["err_msg"]);
  }
}
