import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp, type WireAnswer } from "../../../test/support/wechat.ts";

const lookUp = "/cgi-bin/openapi/rid/get";

test("a failed request is found by its rid, with its secrets masked", async () => {
  await using opened = await openTestApp();
  const { ask, call, clock, token } = opened;
  const asked = { env: "mine-1", job_id: 77, secret: "hush-hush" };
  const failed = await call(`/tcb/databasemigratequeryinfo?access_token=${token}&a=1`, asked);
  const found = await ask(lookUp, { rid: ridOf(failed) });
  assert.deepEqual(found, {
    errcode: 0,
    errmsg: "ok",
    request: {
      invoke_time: Math.floor(clock.now / 1000),
      cost_in_ms: 0,
      request_url: "/tcb/databasemigratequeryinfo?access_token=***&a=1",
      request_body: '{"env":"mine-1","job_id":77,"secret":"***"}',
      response_body: JSON.stringify(failed),
      client_ip: "127.0.0.1",
    },
  });
});

test("it is found while it waits to be written, once it is, and after a restart", async () => {
  await using opened = await openTestApp();
  const { ask, recorder } = opened;
  const rid = ridOf(await ask("/tcb/nothing", {}));
  const before = await ask(lookUp, { rid });
  await recorder.flush();
  assert.deepEqual(await ask(lookUp, { rid }), before);
  await opened.reopen();
  const record = await opened.store().requests.find(rid);
  assert.equal(record?.url, "/tcb/nothing?access_token=***");
  assert.equal(record?.account, opened.accounts.mine.appId);
});

test("what a client sent is kept even of a request that was refused before its body was read", async () => {
  await using opened = await openTestApp();
  const { ask, call, accounts } = opened;
  const { appId } = accounts.mine;
  const rid = ridOf(await call(`/cgi-bin/token?appid=${appId}&secret=x`, { wrong: "method" }));
  const { request } = (await ask(lookUp, { rid })) as { request?: Record<string, string> };
  assert.equal(request?.["request_body"], '{"wrong":"method"}');
  assert.equal(request?.["request_url"], `/cgi-bin/token?appid=${appId}&secret=***`);
});

test("a long body is cut, and says so", async () => {
  await using opened = await openTestApp();
  const { ask } = opened;
  for (const size of [10_000, 2_000_000]) {
    const rid = ridOf(await ask("/tcb/uploadfile", { env: "x".repeat(size) }));
    const { request } = (await ask(lookUp, { rid })) as { request?: Record<string, string> };
    const { request_body: body = "" } = request ?? {};
    assert.ok(body.length < 4_200, String(body.length));
    assert.match(body, /x … \[cut: \d+ in all\]$/);
  }
});

test("no rid, a wrong one, none known and another's have their codes", async () => {
  await using opened = await openTestApp();
  const { ask, call, accounts, access } = opened;
  for (const body of [
    {},
    { rid: "" },
    { rid: 5 },
    { rid: "68aeab00-21ea7900" },
    { rid: "x".repeat(26) },
  ]) {
    const answer = await ask(lookUp, body);
    assert.equal(answer.errcode, 76002, JSON.stringify(body));
    assert.match(answer.errmsg ?? "", /^rid is error rid: /);
  }
  const none = await ask(lookUp, { rid: "68aeab00-21ea7900-3a442400" });
  assert.equal(none.errcode, 76001);
  assert.match(none.errmsg ?? "", /^rid not found rid: /);
  const { token } = await access.appToken(accounts.other);
  const others = await call(`/tcb/nothing?access_token=${token}`, {});
  const foreign = await ask(lookUp, { rid: ridOf(others) });
  assert.equal(foreign.errcode, 76003);
  assert.match(foreign.errmsg ?? "", /^could not query this rid,no permission rid: /);
  assert.equal((await call(lookUp, { rid: ridOf(others) })).errcode, 41001);
  assert.equal((await call(`${lookUp}?access_token=no`, { rid: "x" })).errcode, 40014);
});

test("a request without a good token belongs to the app that it names, or to nobody", async () => {
  await using opened = await openTestApp();
  const { access, accounts, ask, call, clock, recorder } = opened;
  const { mine } = accounts;
  const old = (await access.appToken(mine)).token;
  await access.appToken(mine);
  clock.pass(400);
  const named = [
    await call(`/cgi-bin/token?grant_type=client_credential&appid=${mine.appId}&secret=no`, "", {
      method: "GET",
    }),
    await call("/cgi-bin/stable_token", { ...mine, appid: mine.appId, secret: "wrong" }),
    await call(`/tcb/uploadfile?access_token=${old}`, {}),
  ];
  assert.deepEqual(
    named.map(({ errcode }) => errcode),
    [40125, 40002, 40001],
  );
  const { token } = await access.appToken(mine);
  for (const failed of named) {
    const rid = ridOf(failed);
    assert.equal((await call(`${lookUp}?access_token=${token}`, { rid })).errcode, 0);
    // It was not proved: so it takes nothing of the app's share.
    assert.equal((await recorder.find(rid))?.share, "");
  }
  const unknown = ridOf(await call("/tcb/uploadfile?access_token=made-up", {}));
  assert.equal((await call(`${lookUp}?access_token=${token}`, { rid: unknown })).errcode, 76003);
  assert.equal((await ask(lookUp, { rid: unknown })).errcode, 40001, "the test's own token is old");
});

test("an app that was removed leaves nothing to the next one of its id", async () => {
  await using opened = await openTestApp();
  const { access, accounts, ask, call, clock } = opened;
  const { appId } = accounts.mine;
  const rid = ridOf(await ask("/tcb/nothing", {}));
  await access.removeApp(appId);
  clock.pass(1);
  const { token } = await access.appToken(await access.addApp({ appId }));
  assert.equal((await call(`${lookUp}?access_token=${token}`, { rid })).errcode, 76003);
});

function ridOf(answer: WireAnswer): string {
  const [, rid] = / rid: ([0-9a-f]{8}(?:-[0-9a-f]{8}){2})$/.exec(answer.errmsg ?? "") ?? [];
  assert.ok(rid, `no rid in ${JSON.stringify(answer)}`);
  return rid;
}
