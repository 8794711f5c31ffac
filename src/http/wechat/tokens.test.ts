import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp, type WireAnswer } from "../../../test/support/wechat.ts";

const infoPath = "/tcb/databasemigratequeryinfo";

test("a token comes without errcode and opens the calls of its app", async () => {
  await using opened = await openTestApp();
  const { accounts, call } = opened;
  const answer = await plain(opened, accounts.mine);
  assert.deepEqual(Object.keys(answer), ["access_token", "expires_in"]);
  assert.equal(answer["expires_in"], 7200);
  const info = await call(`${infoPath}?access_token=${String(answer["access_token"])}`, {
    env: "mine-1",
    job_id: 1,
  });
  assert.match(info.errmsg ?? "", /no job 1 in this environment/);
  assert.equal(info.errcode, 40097);
});

test("what is wrong with a request for a token has its own code each", async () => {
  await using opened = await openTestApp();
  const { accounts, call } = opened;
  const { appId, secret } = accounts.mine;
  const right = { grant_type: "client_credential", appid: appId, secret };
  const without = (name: keyof typeof right) => {
    const rest: Record<string, string> = { ...right };
    delete rest[name];
    return rest;
  };
  const cases: [number, string, Record<string, string>][] = [
    [41002, "appid missing rid: ", without("appid")],
    [41002, "appid missing rid: ", {}],
    [41004, "appsecret missing rid: ", without("secret")],
    [41004, "appsecret missing rid: ", { ...right, secret: "", grant_type: "x" }],
    [40002, "invalid grant_type rid: ", without("grant_type")],
    [40002, "invalid grant_type rid: ", { ...right, grant_type: "authorization_code" }],
    [40013, "invalid appid rid: ", { ...right, appid: "wx0000000000000000" }],
    [40013, "invalid appid rid: ", { ...right, appid: "__proto__" }],
    [40125, "invalid appsecret rid: ", { ...right, secret: "wrong" }],
    [40125, "invalid appsecret rid: ", { ...right, secret: accounts.other.secret }],
  ];
  for (const [errcode, start, fields] of cases) {
    const query = new URLSearchParams(fields).toString();
    const answers = [
      await call(`/cgi-bin/token?${query}`, undefined, { method: "GET" }),
      await call("/cgi-bin/stable_token", fields),
    ];
    for (const answer of answers) {
      assert.equal(answer.errcode, errcode, JSON.stringify({ fields, answer }));
      assert.ok(answer.errmsg?.startsWith(start), answer.errmsg);
      assert.doesNotMatch(answer.errmsg ?? "", new RegExp(secret));
    }
  }
});

test("the two token calls mind their methods and bodies", async () => {
  await using opened = await openTestApp();
  const { accounts, call } = opened;
  const { appId, secret } = accounts.mine;
  const body = { grant_type: "client_credential", appid: appId, secret };
  const query = new URLSearchParams(body).toString();
  const post = await call(`/cgi-bin/token?${query}`, body);
  assert.equal(post.errcode, 43001);
  assert.match(post.errmsg ?? "", /^require GET method rid: /);
  const get = await call(`/cgi-bin/stable_token?${query}`, undefined, { method: "GET" });
  assert.equal(get.errcode, 43002);
  assert.equal((await call("/cgi-bin/stable_token", "")).errcode, 44002);
  assert.equal((await call("/cgi-bin/stable_token", "[]")).errcode, 47001);
  assert.equal((await call("/cgi-bin/stable_token", { ...body, appid: 5 })).errcode, 40013);
  assert.equal((await call("/cgi-bin/stable_token", { ...body, secret: 5 })).errcode, 40125);
  assert.equal(
    (await call("/cgi-bin/stable_token", { ...body, force_refresh: "true" })).errcode,
    40097,
  );
});

test("a plain token holds five minutes beside the next, then is superseded, at last expired", async () => {
  await using opened = await openTestApp();
  const { accounts, clock } = opened;
  const first = await plain(opened, accounts.mine);
  const second = await plain(opened, accounts.mine);
  assert.equal(await errcodeOf(opened, first), 0);
  clock.pass(300);
  assert.equal(await errcodeOf(opened, first), 40001);
  assert.equal(await errcodeOf(opened, second), 0);
  clock.pass(6900);
  assert.equal(await errcodeOf(opened, second), 42001);
});

test("the stable token says how long it still lives, and a forced one ends it", async () => {
  await using opened = await openTestApp();
  const { accounts, clock } = opened;
  const first = await stable(opened, accounts.mine);
  assert.deepEqual(Object.keys(first), ["access_token", "expires_in"]);
  clock.pass(100);
  assert.deepEqual(await stable(opened, accounts.mine), { ...first, expires_in: 7100 });
  const forced = await stable(opened, accounts.mine, true);
  assert.notEqual(forced["access_token"], first["access_token"]);
  assert.equal(await errcodeOf(opened, first), 40001);
  assert.equal(await errcodeOf(opened, forced), 0);
  assert.deepEqual(await stable(opened, accounts.mine, true), forced);
});

type Opened = Awaited<ReturnType<typeof openTestApp>>;
type App = { appId: string; secret: string };

function plain({ call }: Opened, { appId, secret }: App): Promise<WireAnswer> {
  return call(
    `/cgi-bin/token?grant_type=client_credential&appid=${appId}&secret=${secret}`,
    undefined,
    { method: "GET" },
  );
}

function stable({ call }: Opened, app: App, force?: boolean): Promise<WireAnswer> {
  return call("/cgi-bin/stable_token", {
    grant_type: "client_credential",
    appid: app.appId,
    secret: app.secret,
    ...(force === undefined ? {} : { force_refresh: force }),
  });
}

/** What a call with the token gives; 0 if the token holds. */
async function errcodeOf(opened: Opened, issued: WireAnswer): Promise<number | undefined> {
  const answer = await opened.call(
    `/tcb/databasemigrateexport?access_token=${String(issued["access_token"])}`,
    { env: "mine-1", file_path: "x", file_type: 1, query: "db.collection('c').get()" },
  );
  return answer.errcode;
}
