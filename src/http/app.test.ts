import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp } from "../../test/support/wechat.ts";
import { newRid } from "./rid.ts";
import { inject } from "../../test/support/inject.ts";

test("a rid begins with the time and is answered and logged", async () => {
  assert.match(newRid(0x68aeab00 * 1000), /^68aeab00-[0-9a-f]{8}-[0-9a-f]{8}$/);
  assert.notEqual(newRid(0), newRid(0));
  await using opened = await openTestApp();
  const answer = await opened.call("/tcb/nothing");
  const rid = /rid: (\S+)$/.exec(answer.errmsg ?? "")?.[1] ?? assert.fail(answer.errmsg);
  assert.equal(Number.parseInt(rid.slice(0, 8), 16), Math.floor(opened.clock.now / 1000));
  assert.equal(opened.log.filter((line) => line.includes(rid)).length, 1);
});

test("one line a request has method, path, status, errcode, time, rid and app, and no query", async () => {
  await using opened = await openTestApp();
  await opened.ask("/tcb/databasemigratequeryinfo", { env: "mine-1", job_id: 1 });
  const { time: _, pid: __, hostname: ___, ...line } = JSON.parse(opened.log.at(-1) ?? "{}");
  assert.match(line.rid, /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
  assert.deepEqual(line, {
    level: 30,
    method: "POST",
    path: "/tcb/databasemigratequeryinfo",
    status: 200,
    errcode: 40097,
    ms: 0,
    rid: line.rid,
    appId: opened.accounts.mine.appId,
    msg: "request",
  });
});

test("a look at a job that goes well and quickly is for the debug level, as a probe is", async () => {
  await using opened = await openTestApp();
  const { app, ask, clock, engine, log } = opened;
  const { id } = await engine.submit("mine-1", {} as never);
  const levels = async (look: () => Promise<unknown>) => {
    const before = log.length;
    await look();
    return log.slice(before).map((line) => (JSON.parse(line) as { level: number }).level);
  };
  const status = (job_id: number) =>
    ask("/tcb/databasemigratequeryinfo", { env: "mine-1", job_id });
  assert.deepEqual(await levels(() => status(id)), [20]);
  assert.deepEqual(await levels(() => status(id + 1)), [30]);
  assert.deepEqual(await levels(() => inject(app, "/readyz")), [20]);
  const found = engine.job("mine-1", id);
  engine.job = async () => {
    clock.now += 1000;
    return found;
  };
  assert.deepEqual(await levels(() => status(id)), [30]);
});

test("the log has neither tokens nor secrets, whatever fails", async () => {
  await using opened = await openTestApp();
  const { access, accounts, app, call, engine, log, token } = opened;
  const { appId, secret } = accounts.mine;
  const stable = await access.stableToken({ appId, secret, forceRefresh: false });
  engine.failure = Object.assign(
    new Error(
      `POST /x?access_token=${stable.token}&a=1 failed; {"secret":"${secret}"}; authorization: Bearer ${token} x`,
      { cause: new Error(`the token was ${token}`) },
    ),
    { request: { url: `?access_token=${token}`, secret } },
  );
  const query = `grant_type=client_credential&appid=${appId}&secret=${secret}`;
  await call(`/cgi-bin/token?${query}`, undefined, { method: "GET" });
  await call(`/cgi-bin/token?${query}%ZZ`, undefined, { method: "GET" });
  await call("/cgi-bin/stable_token", { grant_type: "client_credential", appid: appId, secret });
  await call("/cgi-bin/stable_token", `{"secret":"${secret}",`);
  const body = { env: "mine-1", job_id: 1 };
  for (const name of ["access_token", "cloudbase_access_token"]) {
    const answer = await call(`/tcb/databasemigratequeryinfo?${name}=${token}`, body);
    assert.equal(answer.errcode, -1000);
  }
  await call(`/tcb/access_token=${token}`, body);
  await call(`/tcb/%ZZ?access_token=${token}`, body);
  const headers = { authorization: `Bearer ${token}` };
  await inject(app, { url: `/v1/x?access_token=${token}`, headers });
  await inject(app, { url: `/v1/%ZZ?access_token=${token}`, headers });
  const text = log.join("");
  assert.match(text, /request failed/);
  assert.match(text, /app\.test\.ts:\d+/, "the stack is there");
  for (const [what, value] of Object.entries({ secret, token, stable: stable.token })) {
    assert.equal(text.includes(value), false, `${what} stands in the log`);
  }
});

test("outside the vendor's paths errors are problems with the request's id", async () => {
  await using opened = await openTestApp();
  const { app } = opened;
  const cases = [
    { method: "GET", url: "/nothing", status: 404 },
    { method: "POST", url: "/v1/nothing", status: 404 },
    { method: "GET", url: "/v1/%ZZ", status: 404 },
    { method: "GET", url: "/tcb", status: 404 },
    { method: "GET", url: "//nothing", status: 404 },
  ] as const;
  for (const { method, url, status } of cases) {
    const response = await inject(app, {
      method,
      url,
      ...(method === "POST"
        ? { payload: "{", headers: { "content-type": "application/json" } }
        : {}),
    });
    assert.equal(response.statusCode, status, url);
    assert.equal(response.headers["content-type"], "application/problem+json; charset=utf-8");
    const problem = response.json();
    assert.equal(problem.code, "unknown_path");
    assert.equal(problem.status, status);
    assert.match(problem.rid, /^[0-9a-f-]{26}$/);
    assert.ok(problem.detail && problem.hint);
  }
});

test("alive is not ready", async () => {
  let reason: string | null = null;
  await using opened = await openTestApp({ notReady: async () => reason });
  const { app, log } = opened;
  const ready = await inject(app, "/readyz");
  assert.equal(ready.statusCode, 200);
  reason = "draining";
  const draining = await inject(app, "/readyz");
  assert.equal(draining.statusCode, 503);
  assert.equal(draining.headers["content-type"], "application/problem+json; charset=utf-8");
  assert.match(draining.json().detail, /draining/);
  assert.equal(draining.headers["retry-after"], "1");
  assert.equal((await inject(app, "/healthz")).statusCode, 200);
  assert.equal(log.filter((line) => line.includes('"level":30')).length, 1);
});
