import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { errorKinds } from "../../src/job/errors.ts";
import { testPlatform, type TestPlatform, tcb, wire, type WireAnswer } from "../support/batch.ts";
import { consentOf } from "../support/consent.ts";
import { NativeService, nativeAccount } from "../support/native.ts";

// Every number of the vendor's that this server can mean, by what really brings it about. The service's clock is the process's.

const realNow = Date.now;
let shift = 0;
const pass = (seconds: number) => (shift += seconds * 1000);

let api: NativeService;
let platform: TestPlatform;

before(async () => {
  Date.now = () => realNow() + shift;
  api = await NativeService.start();
  platform = await testPlatform(api, "wxplatform");
  await api.send("PUT", "files/in.json", { body: '{"_id":1}' });
});

after(async () => {
  await api[Symbol.asyncDispose]();
  Date.now = realNow;
});

const { appId, appSecret } = nativeAccount;
const logIn = { grant_type: "client_credential", appid: appId, secret: appSecret };

const stable = (change: object = {}) => wire(api, "/cgi-bin/stable_token", { ...logIn, ...change });
const status = (token: string) => tcb(api, "databasemigratequeryinfo", { job_id: 404 }, token);
const raw = async (method: string, path: string, body?: string) =>
  (await api.send(method, path, { token: null, ...(body !== undefined && { body }) }))
    .json as WireAnswer;
const component = (name: string, body: object = {}, token = platform.token) =>
  wire(api, `/cgi-bin/component/${name}?component_access_token=${token}`, {
    component_appid: platform.id,
    ...body,
  });
const componentToken = (change: object) =>
  wire(api, "/cgi-bin/component/api_component_token", {
    component_appid: platform.id,
    component_appsecret: "wrong",
    component_verify_ticket: "ticket@@@wrong",
    ...change,
  });

/** A platform of its own, whose secret is known. */
async function newPlatform(id: string) {
  const { json } = await api.admin("POST", "platforms", { id });
  return { component_appid: id, component_appsecret: json.secret as string };
}

async function limited(limits: object, ask: () => Promise<WireAnswer>): Promise<WireAnswer> {
  const set = await api.admin("PUT", `apps/${appId}/limits`, limits);
  assert.equal(set.status, 200, set.text);
  const answer = await ask();
  await api.admin("PUT", `apps/${appId}/limits`, {});
  return answer;
}

async function limitedEnvironment(limits: object, ask: () => Promise<WireAnswer>) {
  const path = `environments/${nativeAccount.envId}/limits`;
  const set = await api.admin("PUT", path, limits);
  assert.equal(set.status, 200, set.text);
  const answer = await ask();
  await api.admin("PUT", path, {});
  return answer;
}

const lookUp = (rid: string) =>
  wire(api, `/cgi-bin/openapi/rid/get?access_token=${api.token}`, { rid });

const importOf = (file_path: string) =>
  tcb(
    api,
    "databasemigrateimport",
    { file_path, collection_name: "c", file_type: 1, stop_on_error: false, conflict_mode: 1 },
    api.token,
  );

/** A token for the app of the platform with these sets. */
async function authorizerToken(sets: number[]): Promise<string> {
  const { json } = await api.admin("POST", `platforms/${platform.id}/authorizations`, {
    app: platform.app.id,
    sets,
  });
  const answer = await component("api_authorizer_token", {
    authorizer_appid: platform.app.id,
    authorizer_refresh_token: json.refreshToken,
  });
  return String(answer["authorizer_access_token"]);
}

/** By number: what brings it about. Those that move the clock stand last. */
const causes: Record<number, () => Promise<WireAnswer>> = {
  [-1]: async () => {
    const tries = Array.from({ length: 40 }, (_, n) => stable({ secret: `guess ${n}` }));
    return (await Promise.all(tries)).find(({ errcode }) => errcode === -1) ?? {};
  },
  [-1000]: async () => {
    const job = await importOf("in.json");
    const look = () =>
      tcb(api, "databasemigratequeryinfo", { job_id: job["job_id"] as number }, api.token);
    while ((await look())["status"] !== "success") await sleep(20);
    using store = new DatabaseSync(join(api.folder, "store.sqlite"));
    store.prepare("UPDATE job SET spec = '{' WHERE id = ?").run(job["job_id"] as number);
    // What has been read of jobs is kept until the next write of one.
    await importOf("in.json");
    return look();
  },
  0: () => tcb(api, "databasecollectionget", { limit: 1, offset: 0 }, api.token),
  40001: async () => {
    await api.admin("POST", "apps", { id: "wxrotated" });
    const { json } = await api.admin("POST", "apps/wxrotated/secret", {});
    const old = await api.tokenOf("wxrotated", json.secret);
    await stable({ appid: "wxrotated", secret: json.secret, force_refresh: true });
    return status(old);
  },
  40002: () => stable({ grant_type: "password" }),
  40013: () => stable({ appid: "wxnobody" }),
  40014: () => status("made-up"),
  40066: () => wire(api, "/tcb/nothing", {}),
  40097: () => status(api.token),
  40101: () => tcb(api, "databasemigratequeryinfo", {}, api.token),
  40125: async () => {
    // The address has failed often enough in this minute.
    pass(60);
    const { json } = await api.admin("POST", "apps", { id: "wxother" });
    return stable({ appid: json.id, secret: "wrong" });
  },
  40164: () => limited({ addresses: ["10.0.0.0/8"] }, () => stable()),
  41001: () => raw("POST", "/tcb/databasemigratequeryinfo", "{}"),
  41002: () => stable({ appid: "" }),
  41004: () => stable({ secret: "" }),
  41018: () => component("api_create_preauthcode", { component_appid: "" }),
  41021: () => raw("POST", "/cgi-bin/component/api_create_preauthcode", "{}"),
  43001: () => raw("POST", "/cgi-bin/token", "{}"),
  43002: () => raw("GET", `/tcb/databasemigratequeryinfo?access_token=${api.token}`),
  44002: () => raw("POST", `/tcb/databasemigratequeryinfo?access_token=${api.token}`, ""),
  45009: () => limited({ requestsPerDay: 0 }, () => status(api.token)),
  45011: () => limited({ requestsPerMinute: 0 }, () => status(api.token)),
  47001: () => raw("POST", `/tcb/databasemigratequeryinfo?access_token=${api.token}`, "{"),
  48001: () => status(platform.token),
  61003: async () => {
    const token = await authorizerToken([49]);
    await api.admin("DELETE", `platforms/${platform.id}/authorizations/${platform.app.id}`);
    return status(token);
  },
  61004: async () => {
    const shown = await newPlatform("wxlisted");
    await api.admin("PUT", "platforms/wxlisted/limits", { addresses: ["10.0.0.0/8"] });
    const { json } = await api.admin("POST", "platforms/wxlisted/tickets", {});
    return componentToken({ ...shown, component_verify_ticket: json.ticket });
  },
  61006: async () => {
    const shown = await newPlatform("wxticket");
    await api.admin("POST", "platforms/wxticket/tickets", {});
    return componentToken(shown);
  },
  61007: async () => status(await authorizerToken([18])),
  61009: () => component("api_query_auth", { authorization_code: "queryauthcode@@@made-up" }),
  61011: () => component("api_create_preauthcode", { component_appid: "wxanother" }),
  61023: () =>
    component("api_authorizer_token", {
      authorizer_appid: platform.app.id,
      authorizer_refresh_token: "refreshtoken@@@made-up",
    }),
  61024: () => stable({ appid: platform.id }),
  85088: () => tcb(api, "databasemigratequeryinfo", { job_id: 1 }, platform.app.token),
  76001: () => lookUp("68aeab00-21ea7900-3a442400"),
  76002: () => lookUp("nonsense"),
  76003: async () => lookUp(String((await status(platform.app.token))["errmsg"]).slice(-26)),
  [-501004]: () => limitedEnvironment({ jobs: 0 }, () => importOf("in.json")),
  [-501005]: () => tcb(api, "databasemigratequeryinfo", { env: "none", job_id: 1 }, api.token),
  [-501017]: () =>
    limitedEnvironment({ storedBytes: 0 }, () => tcb(api, "uploadfile", { path: "a" }, api.token)),
  [-502005]: () =>
    tcb(
      api,
      "databasemigrateexport",
      { file_path: "out.json", file_type: 1, query: "db.collection('none').get()" },
      api.token,
    ),
  [-502010]: async () => {
    const lines = Array.from({ length: 200_000 }, (_, n) => `{"_id":${n}}\n`).join("");
    await api.send("PUT", "files/many.json", { body: lines });
    assert.equal((await importOf("many.json"))["errcode"], 0);
    return tcb(api, "databasecollectiondelete", { collection_name: "c" }, api.token);
  },
  [-502013]: async () => {
    const add = () => tcb(api, "databasecollectionadd", { collection_name: "twice" }, api.token);
    await add();
    return add();
  },
  [-503003]: () => importOf("none.json"),
  61005: async () => {
    const shown = await newPlatform("wxlate");
    const { json } = await api.admin("POST", "platforms/wxlate/tickets", {});
    pass(12 * 3600 + 1);
    return componentToken({ ...shown, component_verify_ticket: json.ticket });
  },
  61010: async () => {
    const { id, secret } = (await api.admin("POST", "apps", { id: "wxconsents" })).json;
    const given = { platform, app: { id, secret }, sets: [49] };
    const authorization_code = await consentOf(api, given);
    pass(600);
    return component("api_query_auth", { authorization_code });
  },
  42001: async () => {
    const { access_token: token } = await stable();
    pass(7201);
    return status(String(token));
  },
};

/** Numbers of protocol.md 1.1 and 8.2 that this server never answers, and why. */
const neverMeant: Record<number, string> = {
  42006: "an ended component token is 42001, as current component code has it",
  42007: "nobody changes a WeChat password here; a revoked authorisation is 61003",
  43003: "whoever runs the service decides on TLS; it answers on the scheme it listens on",
  48004: "there is no platform police that bans an app",
  50002: "there is no platform police that limits a user",
};

/** protocol.md 1.1 and 8.2, by hand. */
const globalCodes = [
  -1, -1000, 0, 40001, 40002, 40013, 40014, 40066, 40097, 40101, 40125, 40164, 41001, 41002, 41004,
  41018, 41021, 42001, 42006, 42007, 43001, 43002, 43003, 44002, 45009, 45011, 47001, 48001, 48004,
  50002, 61003, 61004, 61005, 61006, 61007, 61009, 61010, 61011, 61023, 61024, 85088,
];

const inOrder = (codes: Iterable<number>) => [...new Set(codes)].toSorted((a, b) => a - b);

test("every number of the vendor's list, and of the catalogue, has a cause here or a reason why not", () => {
  const told = [causes, neverMeant].flatMap((list) => Object.keys(list).map(Number));
  const ours: number[] = Object.values(errorKinds).map(({ errcode }) => errcode);
  assert.deepEqual(inOrder(told), inOrder([...globalCodes, ...ours]));
  for (const code of Object.keys(neverMeant)) assert.ok(!ours.includes(Number(code)), code);
});

const clockMovers = [61010, 61005, 42001];
for (const code of [
  ...inOrder(Object.keys(causes).map(Number)).filter((one) => !clockMovers.includes(one)),
  ...clockMovers,
]) {
  test(`${code} is answered to what brings it about`, async () => {
    const answer = await causes[code]?.();
    assert.equal(answer?.["errcode"], code, JSON.stringify(answer));
    if (code !== 0) assert.match(String(answer?.["errmsg"]), / rid: [0-9a-f-]{26}$/);
  });
}

test("a stable token is refreshed by force 20 times a day, 30 s apart; beyond that the present one comes back", async () => {
  await api.admin("POST", "apps", { id: "wxforced", secret: "forced-secret-0123456789" });
  const shown = { appid: "wxforced", secret: "forced-secret-0123456789" };
  const forced = async () =>
    String((await stable({ ...shown, force_refresh: true }))["access_token"]);
  // From a midnight of China's on, so that all is one day.
  const chinaMidnight = Math.ceil((Date.now() + 8 * 3_600_000) / 86_400_000) * 86_400_000;
  shift += chinaMidnight - 8 * 3_600_000 - Date.now() + 60_000;
  const first = String((await stable(shown))["access_token"]);
  const seen = new Set([first]);
  for (let n = 0; n < 20; n++) {
    const token = await forced();
    assert.ok(!seen.has(token), `refresh ${n}`);
    seen.add(token);
    assert.equal(await forced(), token, "again within 30 s");
    pass(31);
  }
  const present = await forced();
  assert.ok(seen.has(present), "the 21st of the day");
  assert.equal((await status(first))["errcode"], 40001);
  pass(86_400);
  assert.ok(!seen.has(await forced()), "the next day");
});
