import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Cli } from "../support/cli.ts";
import { openEngine } from "../support/engine.ts";
import { account, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";

const day = 86_400_000;

interface Found {
  errcode: number;
  request: Record<string, string | number>;
}

test("a failed request is found by its rid, after a restart too, by its app and by the operator", async (t) => {
  const folder = await tempFolder(t);
  const data = join(folder, "data");
  const cli = new Cli(folder);
  const first = await TestService.start(t, data);
  const token = await tokenOf(first.address);
  const failed = await post(first.address, `/tcb/databasemigratequeryinfo?access_token=${token}`, {
    env: account.environment,
    job_id: 4711,
  });
  const rid = String(failed["errmsg"]).slice(-26);
  const lookUp = async (address: string) =>
    (await post(address, `/cgi-bin/openapi/rid/get?access_token=${token}`, {
      rid,
    })) as unknown as Found;
  const found = await lookUp(first.address);
  assert.equal(found.errcode, 0);
  assert.equal(found.request["response_body"], JSON.stringify(failed));
  assert.ok(Math.abs(Number(found.request["invoke_time"]) - Date.now() / 1000) < 600);
  const running = await cli.run("app", "request", rid, "--data", data, "--json");
  assert.equal(running.code, 0, running.stderr);
  assert.equal(await first.stop(), 0);
  const told = await cli.run("app", "request", rid, "--data", data);
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, /POST \/tcb\/databasemigratequeryinfo\?access_token=\*\*\*/);
  assert.doesNotMatch(told.stdout, new RegExp(token));
  const second = await TestService.start(t, data);
  assert.deepEqual(await lookUp(second.address), found);
  const record = JSON.parse(running.stdout) as Record<string, string>;
  assert.equal(record["account"], account.appId);
  const none = await cli.run("app", "request", "68aeab00-21ea7900-3a442400", "--data", data);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /No failed request 68aeab00-21ea7900-3a442400/);
});

test("what is no HTTP has its rid and is in the log", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const { hostname, port } = new URL(service.address);
  const cases: [string, number][] = [
    ["not http at all\r\n\r\n", 400],
    ["POST /tcb/x HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431],
  ];
  const rids: string[] = [];
  for (const [sent, status] of cases) {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(sent);
    const answer = await text(socket);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answer, /content-type: application\/problem\+json/i);
    const { rid } = JSON.parse(answer.slice(answer.indexOf("{"))) as { rid: string };
    assert.match(rid, /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
    rids.push(rid);
  }
  await service.stop();
  for (const rid of rids) assert.match(service.log, new RegExp(rid));
});

test("of a flood of errors a bounded number is kept, and what comes behind it too", async (t) => {
  const folder = await tempFolder(t);
  const service = await TestService.start(t, folder, { flags: ["--log-level", "warn"] });
  const token = await tokenOf(service.address);
  const body = "x".repeat(8_000);
  const began = performance.now();
  for (let round = 0; round < 40; round++) {
    const flood = Array.from({ length: 50 }, () =>
      fetch(`${service.address}/tcb/nothing`, { method: "POST", body }).then((r) => r.text()),
    );
    await Promise.all(flood);
  }
  const kept = await post(service.address, `/tcb/nothing?access_token=${token}`, {});
  const found = await post(service.address, `/cgi-bin/openapi/rid/get?access_token=${token}`, {
    rid: String(kept["errmsg"]).slice(-26),
  });
  assert.equal(found["errcode"], 0);
  const seconds = (performance.now() - began) / 1000;
  await service.stop();
  using store = new DatabaseSync(join(folder, "store.sqlite"), { readOnly: true });
  const { records } = store.prepare("SELECT count(*) AS records FROM request").get() ?? {};
  // 256 a second, and those that the first and the last write found.
  assert.ok(Number(records) <= (seconds + 2) * 256, `${String(records)} in ${seconds} s`);
});

test("what is older than seven days goes with the sweep", async (t) => {
  const { store, engine } = await openEngine(t, await tempFolder(t));
  const record = (rid: string, at: number) => ({
    rid,
    account: null,
    share: "",
    at,
    ms: 1,
    method: "GET",
    url: "/",
    body: "",
    answer: "{}",
    client: "::1",
  });
  const bounds = { records: 10_000, bytes: 1 << 24 };
  const old = Array.from({ length: 1_200 }, (_, n) => record(`old-${n}`, Date.now() - 7.01 * day));
  await store.requests.add([...old, record("young", Date.now() - 6.9 * day)], bounds);
  await engine.clean();
  for (const { rid } of old) assert.equal(await store.requests.find(rid), undefined);
  assert.notEqual(await store.requests.find("young"), undefined);
});

async function post(address: string, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(address + path, { method: "POST", body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

async function tokenOf(address: string): Promise<string> {
  const { access_token: token } = await post(address, "/cgi-bin/stable_token", {
    grant_type: "client_credential",
    appid: account.appId,
    secret: account.secret,
  });
  return String(token);
}
