import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, before, suite, test } from "node:test";
import { type CloudApiParts, cloudActions } from "../../src/http/cloud-api/actions.ts";
import { bucketOf, fileIdOf } from "../../src/http/files/file-id.ts";
import { attackersOf, foreignApp, type ForeignApp, worldOf } from "../support/attackers.ts";
import { wire } from "../support/batch.ts";
import { cosHeaders } from "../support/cos.ts";
import { nativeAccount, NativeService } from "../support/native.ts";
import { cloudApi, type SigningKey } from "../support/signed.ts";

const victim = nativeAccount.envId;
const fileId = fileIdOf(victim, "people.jsonl");

// Nothing is called here: the list is what the service serves.
const actions = [...cloudActions({} as CloudApiParts).keys()];

let api: NativeService;
let foreign: ForeignApp;
let jobId = 0;
let world: unknown;
/** Keys that work, but are not the victim's: they are told that there is no such thing. */
let strangers: Record<string, SigningKey>;
/** Keys put together from parts of several: they are no keys. */
let forgeries: Record<string, SigningKey>;

before(async () => {
  api = await NativeService.start();
  foreign = await foreignApp(api, "foreign");
  const { temporaryKey } = await attackersOf(api, foreign);
  jobId = (await api.imported("people", '{"_id":1}\n{bad\n')).id;
  const own = { secretId: nativeAccount.secretId, secretKey: nativeAccount.secretKey };
  const answer = await wire(api, `/tcb/getqcloudtoken?access_token=${api.token}`, {
    lifespan: 600,
  });
  const victims: SigningKey & { token: string } = {
    secretId: answer["secretid"],
    secretKey: answer["secretkey"],
    token: answer["token"],
  };
  strangers = { "another app's key": foreign.key, "another app's temporary key": temporaryKey };
  forgeries = {
    "the victim's id with another's key": { ...own, secretKey: foreign.key.secretKey },
    "the victim's temporary key without its token": {
      secretId: victims.secretId,
      secretKey: victims.secretKey,
    },
    "the victim's temporary id and token with another's key": {
      ...victims,
      secretKey: temporaryKey.secretKey,
    },
    "another's temporary key with the victim's token": { ...temporaryKey, token: victims.token },
    "the victim's lasting key with a temporary token": { ...own, token: temporaryKey.token },
    "an access token as id and key": { secretId: nativeAccount.secretId, secretKey: api.token },
    "the victim's app and secret": {
      secretId: nativeAccount.appId,
      secretKey: `${nativeAccount.appSecret}0`,
    },
  };
  world = await worldOf(api);
});
after(() => api[Symbol.asyncDispose]());
afterEach(async () => assert.deepEqual(await worldOf(api), world, "something has changed"));

suite("the Cloud API", () => {
  const bodies: Record<string, () => object> = {
    DatabaseMigrateImport: () => ({
      CollectionName: "c",
      FilePath: "people.jsonl",
      FileType: "json",
      ConflictMode: "insert",
    }),
    DatabaseMigrateExport: () => ({ CollectionName: "people", FilePath: "x", FileType: "json" }),
    DatabaseMigrateQueryInfo: () => ({ JobId: jobId }),
    DescribeEnvInfo: () => ({}),
    DescribeEnvs: () => ({}),
    CreateTable: () => ({ TableName: "c" }),
    DeleteTable: () => ({ TableName: "people" }),
    ListTables: () => ({ MgoLimit: 10, MgoOffset: 0 }),
    DescribeTable: () => ({ TableName: "people" }),
    UpdateTable: () => ({ TableName: "people" }),
    DescribeDbDistribution: () => ({}),
    RunCommands: () => ({}),
  };

  const ask = (action: string, body: object, key: SigningKey) => cloudApi(api, key, action, body);

  test("no key gets into another app's environment by any action", async () => {
    for (const action of actions) {
      const body = bodies[action]?.();
      assert.ok(body, `${action} is new: it needs a body here`);
      const full = { ...body, EnvId: victim, Tag: victim };
      for (const [who, key] of Object.entries(strangers)) {
        const answer = await ask(action, full, key);
        if (action === "DescribeEnvs") assert.deepEqual(answer["EnvList"], [], who);
        else assert.equal(answer.Error?.Code, "ResourceNotFound", `${who} ${action}`);
      }
      for (const [who, key] of Object.entries(forgeries)) {
        const { Error: error } = await ask(action, full, key);
        assert.match(error?.Code ?? "", /^AuthFailure\./, `${who} ${action}`);
      }
    }
    assert.equal(
      (await ask("DescribeEnvInfo", { EnvId: victim }, nativeAccount)).Error,
      undefined,
      "the right key gets in",
    );
  });

  test("in the attacker's own environment the victim's job, table and file are not found", async () => {
    const mine = { EnvId: foreign.environment, Tag: foreign.environment };
    for (const action of [
      "DatabaseMigrateQueryInfo",
      "DatabaseMigrateImport",
      "DatabaseMigrateExport",
      "DeleteTable",
      "DescribeTable",
    ]) {
      const answer = await ask(action, { ...bodies[action]?.(), ...mine }, foreign.key);
      assert.match(answer.Error?.Code ?? "none", /^ResourceNotFound/, action);
    }
    const all = await ask("DescribeEnvs", {}, foreign.key);
    assert.deepEqual(
      (all["EnvList"] as { EnvId: string }[]).map(({ EnvId }) => EnvId),
      [foreign.environment],
    );
  });
});

suite("storage", () => {
  interface CosRequest {
    method: string;
    name: string;
    query?: Record<string, string>;
    body?: string;
    source?: string;
  }

  /** The status and COS's code of an answer. */
  async function cos(
    bucket: string,
    key: SigningKey,
    { method, name, query = {}, body, source }: CosRequest,
  ): Promise<{ status: number; code: string; text: string }> {
    const { host } = new URL(api.service.address);
    const more: Record<string, string> = {
      ...(source && { "x-cos-copy-source": source }),
      ...(query["delete"] === "" && {
        "content-md5": createHash("md5")
          .update(body ?? "")
          .digest("base64"),
      }),
    };
    const headers = ["host", ...Object.keys(more)];
    const signing = { ...key, now: Date.now(), host, headers };
    const { host: _, ...signed } = cosHeaders(method, name, query, signing, more);
    const search = new URLSearchParams(query).toString();
    const path = `/cos/${bucket}/${name}${search && `?${search}`}`;
    const sent = await api.send(method, path, { token: null, headers: signed, body });
    return {
      status: sent.status,
      code: /<Code>(\w+)</.exec(sent.text)?.[1] ?? "",
      text: sent.text,
    };
  }

  const removal = "<Delete><Object><Key>people.jsonl</Key></Object></Delete>";

  const start = async (bucket: string, key: SigningKey) => {
    const { text } = await cos(bucket, key, {
      method: "POST",
      name: "big",
      query: { uploads: "" },
    });
    const [, id = ""] = /<UploadId>([^<]+)</.exec(text) ?? [];
    assert.ok(id, text);
    return id;
  };

  const ofUpload = (uploadId: string): CosRequest[] => [
    { method: "PUT", name: "big", query: { partNumber: "1", uploadId }, body: "mine now" },
    { method: "GET", name: "big", query: { uploadId } },
    {
      method: "POST",
      name: "big",
      query: { uploadId },
      body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;9a0364b9e99bb480dd25e1f0284c8555&quot;</ETag></Part></CompleteMultipartUpload>",
    },
    { method: "DELETE", name: "big", query: { uploadId } },
  ];

  test("no key opens another app's bucket by any request, and an upload id nothing elsewhere", async () => {
    const id = await start(bucketOf(victim), nativeAccount);
    const name = "people.jsonl";
    const requests: CosRequest[] = [
      { method: "GET", name },
      { method: "HEAD", name },
      { method: "PUT", name, body: "mine now" },
      { method: "PUT", name, source: `${bucketOf(foreign.environment)}.cos.x.myqcloud.com/own` },
      { method: "DELETE", name },
      { method: "POST", name, query: { uploads: "" } },
      { method: "GET", name: "", query: { uploads: "" } },
      { method: "GET", name: "", query: { prefix: "people" } },
      { method: "HEAD", name: "" },
      { method: "POST", name: "", query: { delete: "" }, body: removal },
      ...ofUpload(id),
    ];
    for (const request of requests) {
      const shown = JSON.stringify(request);
      for (const [who, key] of Object.entries(strangers)) {
        const { status, code } = await cos(bucketOf(victim), key, request);
        assert.equal(status, 404, `${who} ${shown}`);
        if (request.method !== "HEAD") assert.equal(code, "NoSuchBucket", `${who} ${shown}`);
      }
      for (const [who, key] of Object.entries(forgeries)) {
        const { status } = await cos(bucketOf(victim), key, request);
        assert.ok(status === 401 || status === 403, `${who} ${shown}: ${status}`);
      }
    }
    for (const request of ofUpload(id)) {
      const { code } = await cos(bucketOf(foreign.environment), foreign.key, request);
      assert.equal(code, "NoSuchUpload", JSON.stringify(request));
    }
    // The upload is as it was, and its owner's.
    const [part, look, , abort] = ofUpload(id);
    assert.ok(part && look && abort);
    const parts = await cos(bucketOf(victim), nativeAccount, look);
    assert.doesNotMatch(parts.text, /<Part>/);
    assert.equal((await cos(bucketOf(victim), nativeAccount, part)).status, 200);
    assert.equal((await cos(bucketOf(victim), nativeAccount, abort)).status, 204);
  });

  test("nothing is copied out of another app's bucket", async () => {
    for (const source of [
      `${bucketOf(victim)}.cos.ap-shanghai.myqcloud.com/people.jsonl`,
      `${bucketOf(foreign.environment)}.cos.ap-shanghai.myqcloud.com/../${bucketOf(victim)}/people.jsonl`,
      `${bucketOf(foreign.environment)}.cos.ap-shanghai.myqcloud.com/%2e%2e%2f${victim}%2fpeople.jsonl`,
    ]) {
      const request = { method: "PUT", name: "stolen", source };
      const { status, text } = await cos(bucketOf(foreign.environment), foreign.key, request);
      assert.ok(status === 404 || status === 400, `${source}: ${status} ${text}`);
    }
    const look = { method: "GET", name: "stolen" };
    assert.equal((await cos(bucketOf(foreign.environment), foreign.key, look)).status, 404);
  });

  test("the storage gateway tells and removes nothing of another app's", async () => {
    const ask = async (key: SigningKey, body: Record<string, unknown>) => {
      const { host } = new URL(api.service.address);
      const parameters = Object.fromEntries(
        Object.entries(body).map(([name, value]) => [
          name,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      );
      const signing = { ...key, now: Date.now(), host };
      const { authorization } = cosHeaders("POST", "admin", parameters, signing);
      const sent = await api.send("POST", "/admin", {
        token: null,
        body: { ...body, authorization, ...(key.token && { sessionToken: key.token }) },
      });
      return sent.json;
    };
    const calls = {
      "storage.getUploadMetadata": { path: "people.jsonl" },
      "storage.batchGetDownloadUrl": { file_list: [{ fileid: fileId, max_age: 60 }] },
      "storage.batchDeleteFile": { fileid_list: [fileId] },
    };
    for (const [action, body] of Object.entries(calls)) {
      for (const [who, key] of Object.entries({ ...strangers, ...forgeries })) {
        const answer = await ask(key, { envName: victim, action, ...body });
        const wanted = who in strangers ? /^ResourceNotFound$/ : /^AuthFailure\./;
        assert.match(answer.code ?? "none", wanted, `${who} ${action}`);
        assert.equal(answer.data, undefined);
      }
    }
    const own = { envName: foreign.environment };
    const links = await ask(foreign.key, {
      ...own,
      action: "storage.batchGetDownloadUrl",
      ...calls["storage.batchGetDownloadUrl"],
    });
    assert.deepEqual(
      [links.data.download_list[0].download_url, links.data.download_list[0].code],
      ["", "STORAGE_FILE_NONEXIST"],
    );
    const removed = await ask(foreign.key, {
      ...own,
      action: "storage.batchDeleteFile",
      ...calls["storage.batchDeleteFile"],
    });
    assert.equal(removed.data.delete_list[0].code, "STORAGE_FILE_NONEXIST");
    // The same request of the victim's own is answered: the attempts fail for who asks.
    const right = await ask(nativeAccount, {
      envName: victim,
      action: "storage.batchGetDownloadUrl",
      ...calls["storage.batchGetDownloadUrl"],
    });
    assert.equal(right.data.download_list[0].code, "SUCCESS");
  });
});
