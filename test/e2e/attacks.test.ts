import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, before, suite, test } from "node:test";
import { apiRoutes } from "../../src/http/api-routes.ts";
import { bucketOf, fileIdOf } from "../../src/http/files/file-id.ts";
import { wechatRoutes, type WechatParts } from "../../src/http/wechat/routes.ts";
import {
  type Attacker,
  attackersOf,
  authorizerToken,
  foreignApp,
  type ForeignApp,
  worldOf,
} from "../support/attackers.ts";
import { tcb, testPlatform, type TestPlatform, uploadBy, wire } from "../support/batch.ts";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";

const victim = nativeAccount.envId;
const fileId = fileIdOf(victim, "people.jsonl");
const people = '{"_id":1}\n{bad\n';

// Nothing is called here: the lists are what the service serves.
const routes = apiRoutes({} as Parameters<typeof apiRoutes>[0]);
const wirePaths = [...wechatRoutes({} as WechatParts).keys()];

let api: NativeService;
let foreign: ForeignApp;
let platform: TestPlatform;
let attackers: Record<string, Attacker>;
let jobId = 0;
let world: unknown;

before(async () => {
  api = await NativeService.start();
  foreign = await foreignApp(api, "foreign");
  ({ attackers, platform } = await attackersOf(api, foreign));
  jobId = (await api.imported("people", people)).id;
  world = await worldOf(api);
});
after(() => api[Symbol.asyncDispose]());
afterEach(async () => assert.deepEqual(await worldOf(api), world, "something has changed"));

const importOrder = { type: "import", file: "people.jsonl", collection: "c", format: "json" };
const bodies: Record<string, unknown> = {
  submitJob: importOrder,
  putFile: "mine now",
  addApp: { id: "evil", secret: "evil" },
  rotateSecret: { secret: "evil" },
  addKey: {},
  addEnvironment: { id: "evil-1", app: nativeAccount.appId },
  setAppLimits: {},
  setPlatformLimits: {},
  setEnvironmentLimits: {},
  addPlatform: { id: "evil" },
  setTicket: {},
  authorizePlatform: { app: nativeAccount.appId, sets: [49] },
};
const inPath = (environment: string): Record<string, string> => ({
  env: environment,
  id: String(jobId),
  path: "people.jsonl",
  collection: "people",
  app: nativeAccount.appId,
  secretId: nativeAccount.secretId,
  platform: "wxattack",
  rid: "00000000-00000000-00000000",
});

/** A request to every route of our own API that has this access, right in all but who asks. */
function requests(access: string, environment = victim) {
  return routes
    .filter((route) => route.access === access)
    .map(({ method, path, operationId, body }) => {
      if (body) assert.ok(operationId in bodies, `${operationId} is new: it needs a body here`);
      const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const value = inPath(environment)[name];
        assert.ok(value !== undefined, `${path} has a parameter that is new: ${name}`);
        return value;
      });
      return { method, url, body: bodies[operationId] };
    });
}

suite("our own API", () => {
  test("no foreign credential gets into an environment by any call", async () => {
    for (const { method, url, body } of requests("environment")) {
      for (const [who, { token, native }] of Object.entries(attackers)) {
        const sent = await api.send(method, url, { token, body });
        if (method === "HEAD") assert.ok([401, 403, 404].includes(sent.status), `${who} ${url}`);
        else assert.equal(sent.json?.code, native, `${who} ${method} ${url}: ${sent.text}`);
      }
    }
  });

  test("no way to write the environment's name leads around the check", async () => {
    for (const name of [
      `${foreign.environment}%2f..%2f${victim}`,
      `${foreign.environment}/../${victim}`,
      victim.toUpperCase(),
      `${victim}%00`,
      `${victim}%20`,
      `%2e%2e%2f${victim}`,
      `${foreign.environment}%00${victim}`,
    ]) {
      for (const path of ["jobs", "files", "files/people.jsonl", "collections"]) {
        const url = `/v1/environments/${name}/${path}`;
        assert.equal(await statusOf(url, foreign.token), 404, url);
      }
    }
  });

  test("in the attacker's own environment nothing of the victim's is found by its id or name", async () => {
    for (const { method, url, body } of requests("environment", foreign.environment)) {
      // Lists, and what may be made there by this name, are the attacker's own.
      if (!/\/(jobs|files)\/.|collections\/people/.test(url) || method === "PUT") continue;
      const sent = await api.send(method, url, { token: foreign.token, body });
      assert.equal(sent.status, 404, `${method} ${url}: ${sent.text}`);
    }
    const order = { token: foreign.token, body: importOrder };
    const path = `/v1/environments/${foreign.environment}`;
    await api.send("DELETE", `${path}/files/people.jsonl`, { token: foreign.token });
    assertProblem(await api.send("POST", `${path}/jobs`, order), 404, "file_not_found");
    for (const name of [`..%2f${victim}%2fpeople.jsonl`, `%2e%2e/${victim}/people.jsonl`]) {
      const sent = await api.send("GET", `${path}/files/${name}`, { token: foreign.token });
      assert.ok([400, 404].includes(sent.status), sent.text);
    }
  });

  test("no key but the operator's opens an admin call", async () => {
    const keys = {
      ...Object.fromEntries(Object.entries(attackers).map(([who, { token }]) => [who, token])),
      "the app's own token": api.token,
      "the app's API key": `${nativeAccount.secretId}.${nativeAccount.secretKey}`,
    } as Record<string, string>;
    delete keys["the operator's key"];
    for (const { method, url, body } of requests("operator")) {
      for (const [who, token] of Object.entries(keys)) {
        const sent = await api.send(method, url, { token, body });
        assert.equal(sent.status, 401, `${who} ${method} ${url}`);
        assertProblem(sent, 401, "wrong_operator_key");
      }
      assertProblem(
        await api.send(method, url, { token: null, body }),
        401,
        "operator_key_missing",
      );
    }
  });

  test("an Idempotency-Key means nothing in another environment", async () => {
    const path = `/v1/environments/${foreign.environment}`;
    const put = await api.send("PUT", `${path}/files/people.jsonl`, {
      token: foreign.token,
      body: '{"_id":9}\n',
    });
    assert.equal(put.status, 201);
    const headers = { "idempotency-key": "one-for-all" };
    const mine = await api.submit(importOrder, headers);
    const theirs = await api.send("POST", `${path}/jobs`, {
      token: foreign.token,
      headers,
      body: importOrder,
    });
    assert.equal(theirs.status, 201, "a job of its own, no replay");
    assert.notEqual(theirs.json.id, mine.id);
    const again = await api.send("POST", "jobs", { headers, body: importOrder });
    assert.deepEqual([again.status, again.json.id], [200, mine.id]);
    const other = await api.send("POST", `/v1/environments/${victim}/jobs`, {
      token: foreign.token,
      headers,
      body: importOrder,
    });
    assertProblem(other, 404, "environment_not_found");
    await api.ended(mine.id);
    await api.send("DELETE", "collections/c");
    // This one was the victim's own doing.
    world = await worldOf(api);
  });
});

/** Of a GET whose path goes out as it stands: fetch would resolve dots itself. */
async function statusOf(path: string, token: string): Promise<number | undefined> {
  const { hostname, port } = new URL(api.service.address);
  const headers = { authorization: `Bearer ${token}` };
  const [response] = (await once(get({ hostname, port, path, headers }), "response")) as [
    IncomingMessage,
  ];
  response.resume();
  return response.statusCode;
}

suite("the vendor's calls", () => {
  const file = { fileid: fileId, max_age: 60 };
  const attempts: Record<string, () => object> = {
    databasemigrateimport: () => ({
      collection_name: "c",
      file_path: "people.jsonl",
      file_type: 1,
      stop_on_error: false,
      conflict_mode: 2,
    }),
    databasemigrateexport: () => ({
      file_path: "x",
      file_type: 1,
      query: "db.collection('people').get()",
    }),
    databasemigratequeryinfo: () => ({ job_id: jobId }),
    databasecollectionadd: () => ({ collection_name: "c" }),
    databasecollectiondelete: () => ({ collection_name: "people" }),
    databasecollectionget: () => ({ limit: 10, offset: 0 }),
    uploadfile: () => ({ path: "people.jsonl" }),
    batchdownloadfile: () => ({ file_list: [file] }),
    batchdeletefile: () => ({ fileid_list: [fileId] }),
    dbcollection: () => ({ action: "del", collection_name: "people" }),
    dbgetacl: () => ({ collection_name: "people" }),
    dbmodifyacl: () => ({ collection_name: "people", acl_tag: "PRIVATE" }),
    getbucket: () => ({}),
  };
  attempts["dbimport"] = attempts["databasemigrateimport"] as () => object;
  attempts["dbexport"] = attempts["databasemigrateexport"] as () => object;
  attempts["dbmigrationstate"] = attempts["databasemigratequeryinfo"] as () => object;
  /** They name no environment: what they tell is asked below. */
  const withoutEnvironment = [
    "/tcb/getqcloudtoken",
    ...["describeenvs", "batchgetenvid", "batchshareenv"].map((name) => `/componenttcb/${name}`),
  ];

  for (const family of ["/tcb/", "/componenttcb/"]) {
    test(`no foreign token gets into an environment by any ${family} call`, async () => {
      const paths = wirePaths.filter((path) => path.startsWith(family));
      for (const path of paths.filter((one) => !withoutEnvironment.includes(one))) {
        const body = attempts[path.slice(family.length)]?.();
        assert.ok(body, `${path} is new: it needs an attempt here`);
        for (const [who, { token, tcb: code }] of Object.entries(attackers)) {
          const answer = await wire(api, `${path}?access_token=${token}`, { env: victim, ...body });
          const batch = code === 48001 ? -501005 : [-501005, 61007].includes(code) ? 48001 : code;
          assert.equal(answer["errcode"], family === "/tcb/" ? code : batch, `${who} ${path}`);
        }
      }
    });
  }

  test("a platform neither lists, shares nor takes what is an app's or another platform's", async () => {
    const second = await testPlatform(api, "wxattack2");
    const told = await platform.call("describeenvs");
    assert.deepEqual(
      told["info_list"].map(({ env }: { env: string }) => env),
      [platform.environment],
    );
    for (const env of [victim, second.environment, "nobody-1"]) {
      const shared = await platform.call("batchshareenv", {
        data: [{ env, appids: [foreign.id] }],
      });
      assert.equal(shared["err_list"].length, 1, JSON.stringify(shared));
    }
    await second.call("batchshareenv", {
      data: [{ env: second.environment, appids: [second.app.id] }],
    });
    const relations = await platform.call("batchgetenvid", { appids: [second.app.id] });
    assert.deepEqual(relations["relation_data"], [{ appid: second.app.id, env_list: [] }]);
    // Codes and refresh tokens are of the platform that they were given to.
    const query = `component_access_token=${platform.token}`;
    const { json } = await api.admin("POST", `platforms/${second.id}/authorizations`, {
      app: foreign.id,
      sets: [49],
    });
    for (const component_appid of [platform.id, second.id]) {
      const answer = await wire(api, `/cgi-bin/component/api_authorizer_token?${query}`, {
        component_appid,
        authorizer_appid: foreign.id,
        authorizer_refresh_token: json.refreshToken,
      });
      assert.ok(answer["errcode"] > 0, JSON.stringify(answer));
      assert.equal(answer["authorizer_access_token"], undefined);
    }
    await api.admin("DELETE", `platforms/${second.id}`);
    await api.admin("DELETE", `apps/${second.app.id}`);
  });

  test("what is shared no more is shut to every credential of the app at once", async () => {
    const env = platform.environment;
    const share = `environments/${env}/shares/${foreign.id}`;
    const token = await authorizerToken(api, platform, foreign.id, [49]);
    const list = (bearer: string) =>
      tcb(api, "databasecollectionget", { env, limit: 1, offset: 0 }, bearer);
    const native = (bearer: string) =>
      api.send("GET", `/v1/environments/${env}/collections`, { token: bearer });
    await api.admin("PUT", share);
    assert.deepEqual(
      [(await list(foreign.token))["errcode"], (await list(token))["errcode"]],
      [0, 0],
    );
    assert.equal((await native(foreign.key.apiKey)).status, 200);
    await api.admin("DELETE", share);
    for (const one of [foreign.token, token])
      assert.equal((await list(one))["errcode"], -501005, "shared no more");
    for (const one of [foreign.token, foreign.key.apiKey])
      assertProblem(await native(one), 404, "environment_not_found");
    await api.admin("DELETE", `platforms/${platform.id}/authorizations/${foreign.id}`);
    attackers["a platform for another app"] = {
      token: await authorizerToken(api, platform, foreign.id, [49, 64]),
      native: "api_unauthorized",
      tcb: -501005,
    };
    // The authorisation was made anew: its time is another.
    world = await worldOf(api);
  });

  test("a number that no job can have is one that no job has", async () => {
    const textOf = async (id: number) => {
      const answer = await tcb(api, "databasemigratequeryinfo", { job_id: id }, api.token);
      return String(answer["errmsg"]).replace(/no job \S+|rid: \S+$/g, "");
    };
    const unknown = await textOf(999_999);
    for (const id of [0, -1, 2 ** 31, 2 ** 53 + 2, 1e300]) assert.equal(await textOf(id), unknown);
  });

  test("a failed request is told to its own account alone", async () => {
    // The attacks before may have been more than are kept of one second.
    await sleep(1_100);
    const failed = await tcb(api, "databasemigratequeryinfo", { job_id: 999_999 }, api.token);
    const [, rid = ""] = /rid: (\S+)$/.exec(failed["errmsg"]) ?? [];
    const look = (token: string) =>
      wire(api, `/cgi-bin/openapi/rid/get?access_token=${token}`, { rid });
    assert.equal((await look(api.token))["errcode"], 0);
    for (const who of ["another app", "a platform for another app", "a platform itself"]) {
      const answer = await look(attackers[who]?.token ?? "");
      assert.deepEqual([answer["errcode"], answer["request"]], [76003, undefined], who);
    }
  });
});

suite("tickets and addresses", () => {
  const ticketOf = (env: string, path: string, token: string) =>
    tcb(api, "uploadfile", { env, path }, token);

  test("a ticket uploads to no other environment or name, whatever of it is exchanged", async () => {
    const own = await ticketOf(foreign.environment, "people.jsonl", foreign.token);
    const other = await ticketOf(foreign.environment, "other.jsonl", foreign.token);
    const target = `${api.service.address}/cos/${bucketOf(victim)}/people.jsonl`;
    const mixes = [
      { ...own, url: target },
      { ...own, url: target, cos_file_id: other["cos_file_id"] },
      { ...own, token: other["token"] },
      { ...own, authorization: other["authorization"] },
      { ...own, cos_file_id: other["cos_file_id"] },
    ];
    for (const [i, ticket] of mixes.entries()) {
      await assert.rejects(
        uploadBy(ticket, "people.jsonl", "mine now"),
        /<Code>SignatureDoesNotMatch</,
        `mix ${i} was taken`,
      );
    }
    // A ticket says which file by its form; the address only where to.
    for (const key of [`../${victim}/people.jsonl`, `${victim}/people.jsonl`, "other.jsonl"]) {
      await assert.rejects(uploadBy(own, key, "mine now"), /<Code>SignatureDoesNotMatch</);
    }
    await uploadBy(own, "people.jsonl", '{"_id":9}\n');
  });

  test("an address opens no other environment or name, whatever of it is exchanged", async () => {
    const linkOf = async (env: string, token: string, path: string) => {
      await api.send("PUT", `/v1/environments/${env}/files/${path}`, { token, body: `${env} own` });
      const answer = await tcb(
        api,
        "batchdownloadfile",
        { env, file_list: [{ fileid: fileIdOf(env, path), max_age: 600 }] },
        token,
      );
      return new URL(answer["file_list"][0].download_url);
    };
    const own = await linkOf(foreign.environment, foreign.token, "people.jsonl");
    const other = await linkOf(foreign.environment, foreign.token, "other.jsonl");
    assert.equal((await fetch(own)).status, 200);
    const paths = [
      `/download/${victim}/people.jsonl`,
      `/download/${foreign.environment}/..%2f${victim}%2fpeople.jsonl`,
      other.pathname,
    ];
    for (const path of paths) {
      const url = `${own.origin}${path}${own.search}`;
      const response = await fetch(url);
      assert.equal(response.status, 403, `${path}: ${await response.text()}`);
    }
    // An address is for reading, and a token is none.
    for (const method of ["PUT", "POST", "DELETE"]) {
      assert.notEqual((await fetch(own, { method })).status, 200, method);
    }
    const bare = await fetch(
      `${own.origin}/download/${victim}/people.jsonl?access_token=${foreign.token}`,
    );
    assert.equal(bare.status, 403);
  });
});
