import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { test } from "node:test";
import { openTestApp } from "../../../test/support/wechat.ts";
import { DocferryError } from "../../job/errors.ts";
import { inject } from "../../../test/support/inject.ts";

const importPath = "/tcb/databasemigrateimport";
const infoPath = "/tcb/databasemigratequeryinfo";

const importBody = {
  env: "mine-1",
  collection_name: "test1",
  file_path: "test_import",
  file_type: 1,
  stop_on_error: false,
  conflict_mode: 2,
};

test("every code of the vendor's table has its cause", async () => {
  await using opened = await openTestApp();
  const { access, accounts, call, ask, clock, engine, token } = opened;
  const expired = await access.appToken(accounts.other);
  clock.pass(7200);
  const superseded = await access.appToken(accounts.mine);
  const fresh = await access.appToken(accounts.mine);
  clock.pass(300);
  const bare = await access.appToken(accounts.bare);
  const at = (value: string, body: unknown = importBody) =>
    call(`${importPath}?access_token=${value}`, body);
  const throwing = async (failure: unknown) => {
    engine.failure = failure;
    const answer = await at(fresh.token);
    engine.failure = null;
    return answer;
  };
  const cases: [number, string, Promise<{ errcode?: number; errmsg?: string }>][] = [
    [0, "ok", at(fresh.token)],
    [40001, "invalid credential, access_token is invalid or not latest", at(superseded.token)],
    [40014, "invalid access_token", at("nonsense")],
    [40066, "invalid url", ask("/tcb/batchuploadfiles", importBody)],
    [40097, "invalid args", at(fresh.token, { ...importBody, file_type: 3 })],
    [40101, "missing parameter", at(fresh.token, { env: "mine-1" })],
    [41001, "access_token missing", call(importPath, importBody)],
    [42001, "access_token expired", at(expired.token)],
    [43002, "require POST method", call(importPath, undefined, { method: "GET" })],
    [44002, "empty post data", at(fresh.token, "")],
    [47001, "data format error", at(fresh.token, "{")],
    [85088, "no qbase privilege", at(bare.token)],
    [-501005, "invalid env", at(fresh.token, { ...importBody, env: "other-1" })],
  ];
  for (const [errcode, start, answering] of cases) {
    const answer = await answering;
    assert.equal(answer.errcode, errcode, answer.errmsg);
    assert.ok(answer.errmsg?.startsWith(start), answer.errmsg);
    if (errcode !== 0) {
      assert.match(answer.errmsg ?? "", / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
    }
  }
  const passing = await throwing(new DocferryError("draining", "Stopping"));
  assert.equal(passing.errcode, -1);
  assert.match(passing.errmsg ?? "", /^system error: the service is stopping/);
  const fault = await throwing(new Error("disk /data/x"));
  assert.equal(fault.errcode, -1000);
  assert.match(fault.errmsg ?? "", /^system error rid: /);
  const noFile = await throwing(new DocferryError("file_not_found", "No file test_import"));
  assert.equal(noFile.errcode, -503003);
  assert.match(noFile.errmsg ?? "", /no file test_import rid: /);
  const noCollection = await throwing(new DocferryError("collection_not_found", "No collection x"));
  assert.equal(noCollection.errcode, -502005);
  // The token of before the clock moved.
  assert.equal((await at(token)).errcode, 42001);
});

test("of two faults the earlier check answers", async () => {
  await using opened = await openTestApp();
  const { access, accounts, call, clock, token } = opened;
  const expired = await access.appToken(accounts.other);
  clock.pass(7200 - 300);
  const { token: live } = await access.appToken(accounts.mine);
  const { token: bare } = await access.appToken(accounts.bare);
  clock.pass(300);
  assert.notEqual(token, live);
  const missing = { env: "nobody", file_type: "x" };
  const wrong = { ...importBody, env: "nobody", file_type: "x" };
  // Each has the fault of its line and all those of the lines after it.
  const cases: [number, string, "GET" | "POST", string | null, unknown][] = [
    [40066, "/tcb/nothing", "GET", null, "{"],
    [43002, importPath, "GET", null, undefined],
    [41001, importPath, "POST", null, ""],
    [40014, importPath, "POST", "nonsense", ""],
    [42001, importPath, "POST", expired.token, ""],
    [44002, importPath, "POST", bare, ""],
    [47001, importPath, "POST", bare, "{"],
    [40101, importPath, "POST", bare, missing],
    [40097, importPath, "POST", bare, wrong],
    [40097, importPath, "POST", bare, { ...importBody, env: "nobody", collection_name: "a$b" }],
    [85088, importPath, "POST", bare, { ...importBody, env: "nobody" }],
    [-501005, importPath, "POST", live, { ...importBody, env: "nobody" }],
    [-501005, infoPath, "POST", live, { env: "other-1", job_id: 2 ** 40 }],
    [40097, infoPath, "POST", live, { env: "mine-1", job_id: 2 ** 40 }],
  ];
  for (const [errcode, path, method, value, body] of cases) {
    const answer = await call(value === null ? path : `${path}?access_token=${value}`, body, {
      method,
    });
    assert.equal(answer.errcode, errcode, `${errcode} came as ${JSON.stringify(answer)}`);
  }
});

test("a token is taken from the query under both names, and from nowhere else", async () => {
  await using opened = await openTestApp();
  const { call, token } = opened;
  const taken = [
    `?access_token=${token}`,
    `?cloudbase_access_token=${token}`,
    `?access_token=&access_token=${token}`,
    `?access_token=${token}&access_token=other`,
    `?access_token=&cloudbase_access_token=${token}`,
    `?a=%&b=%E0%A4%A&=&&access_token=${token}&a=%ZZ`,
    `?access_token=${encodeURIComponent(token)}#x`,
  ];
  for (const query of taken) {
    assert.equal((await call(`${importPath}${query}`, importBody)).errcode, 0, query);
  }
  const withToken = { ...importBody, access_token: token };
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await call(importPath, withToken, { headers })).errcode, 41001);
  assert.equal((await call(`${importPath}?access_token=`, withToken)).errcode, 41001);
  assert.equal((await call(`${importPath}?access_token=%`, withToken)).errcode, 40014);
});

test("a body is JSON whatever its content type says", async () => {
  await using opened = await openTestApp();
  const { call, token } = opened;
  const url = `${importPath}?access_token=${token}`;
  const types = [
    "application/json",
    "application/json;charset=utf-8",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "not a type at all",
    "",
  ];
  for (const type of types) {
    const answer = await call(url, `${JSON.stringify(importBody)}\n`, {
      headers: { "content-type": type },
    });
    assert.equal(answer.errcode, 0, type);
  }
  const withBom = `\u{feff}${JSON.stringify(importBody)}`;
  assert.equal((await call(url, withBom)).errcode, 0);
});

test("a body that is no JSON object is a format error that says why", async () => {
  await using opened = await openTestApp();
  const { ask } = opened;
  const cases: [string | Uint8Array, RegExp][] = [
    ["{", /not JSON/],
    ["\n", /not JSON/],
    ['{"env":"mine-1",}', /not JSON at position 16/],
    [JSON.stringify(JSON.stringify(importBody)), /not an object/],
    ["[]", /not an object/],
    ["null", /not an object/],
    ["1", /not an object/],
    ["env=mine-1&file_type=1", /not JSON/],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /not UTF-8/],
    ["[".repeat(200_000), /not JSON/],
    [JSON.stringify({ ...importBody, x: "x".repeat(1024 * 1024) }), /more than 1048576 bytes/],
  ];
  for (const [body, says] of cases) {
    const answer = await ask(importPath, body);
    assert.equal(answer.errcode, 47001, String(body).slice(0, 50));
    assert.match(answer.errmsg ?? "", says);
  }
});

test("a field that is missing is named, and so is one that is wrong, with its value", async () => {
  await using opened = await openTestApp();
  const { ask } = opened;
  const required = ["env", "collection_name", "file_path", "file_type", "conflict_mode"];
  for (const name of required) {
    const body: Record<string, unknown> = { ...importBody };
    delete body[name];
    const answer = await ask(importPath, body);
    assert.equal(answer.errcode, 40101);
    assert.match(answer.errmsg ?? "", new RegExp(`^missing parameter: ${name} rid: `));
  }
  const wrong: [object, string][] = [
    [{ env: 5 }, "env must be string, it is 5"],
    [{ env: "" }, 'env must not have fewer than 1 characters, it is ""'],
    [{ env: null }, "env must be string, it is null"],
    [{ file_type: 3 }, "file_type must be <= 2, it is 3"],
    [{ file_type: "1.0" }, 'file_type must be integer, it is "1.0"'],
    [{ file_type: 1.5 }, "file_type must be integer, it is 1.5"],
    [{ conflict_mode: [2] }, "conflict_mode must be integer, it is a list of 1"],
    [{ conflict_mode: { a: 1 } }, "conflict_mode must be integer, it is an object"],
    [{ stop_on_error: "true" }, 'stop_on_error must be boolean, it is "true"'],
    [{ stop_on_error: 0 }, "stop_on_error must be boolean, it is 0"],
    [{ file_path: "" }, 'file_path must not have fewer than 1 characters, it is ""'],
    [{ collection_name: "system.x" }, 'collection name "system.x" begins with system.'],
  ];
  for (const [change, says] of wrong) {
    const answer = await ask(importPath, { ...importBody, ...change });
    assert.equal(answer.errcode, 40097, says);
    assert.ok(answer.errmsg?.startsWith(`invalid args: ${says} rid: `), answer.errmsg);
  }
  const half = await ask(importPath, JSON.stringify({ ...importBody, file_path: "\ud800" }));
  assert.equal(half.errcode, 40097);
  assert.match(half.errmsg ?? "", /file_path has half a surrogate pair/);
  const long = await ask(importPath, { ...importBody, file_type: "x".repeat(100_000) });
  assert.equal(long.errcode, 40097);
  assert.ok((long.errmsg ?? "").length < 700);
});

test("integers may come as text, false may be left out, and what is more is ignored", async () => {
  await using opened = await openTestApp();
  const { ask, engine } = opened;
  const { stop_on_error: _, ...rest } = importBody;
  const body = { ...rest, file_type: "2", conflict_mode: "1", extra: { a: 1 }, __proto__x: 1 };
  assert.equal((await ask(importPath, body)).errcode, 0);
  const { order } = engine.orders.at(-1) ?? assert.fail("no order");
  assert.ok(order.type === "import");
  assert.equal(order.format, "csv");
  assert.equal(order.mode, "insert");
  assert.equal(order.stopOnError, false);
  const text = `{"__proto__":{"env":"x"},"constructor":1,${JSON.stringify(importBody).slice(1)}`;
  assert.equal((await ask(importPath, text)).errcode, 0);
  const inherited = await ask(importPath, '{"__proto__":{"env":"mine-1"}}');
  assert.match(inherited.errmsg ?? "", /^missing parameter: env/);
});

test("odd paths, methods and percent signs are answered, not stumbled over", async () => {
  await using opened = await openTestApp();
  const { app, call, token } = opened;
  const paths = [
    "/tcb/",
    "/cgi-bin/",
    "/componenttcb/dbimports",
    "/tcb/%ZZ",
    "/tcb/%E0%A4%A?access_token=%",
    "/tcb/databasemigrateimport/",
    "/tcb/DatabaseMigrateImport",
    `/tcb/${"x".repeat(5000)}`,
    "/tcb/__proto__",
  ];
  for (const path of paths) {
    assert.equal((await call(path, importBody)).errcode, 40066, path);
    assert.equal((await call(path, undefined, { method: "GET" })).errcode, 40066, path);
  }
  for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "QUERY"]) {
    const response = await inject(app, { method: method as "PUT", url: importPath });
    assert.equal(response.json().errcode, 43002, method);
  }
  assert.equal((await call(`//${importPath}?access_token=${token}`, importBody)).errcode, 0);
  const whole = `http://host.example${importPath}?access_token=${token}`;
  assert.equal((await call(whole, importBody)).errcode, 0);
});

test("over a socket a refused upload leaves the connection fit for the next call", async () => {
  await using opened = await openTestApp();
  const { app, token } = opened;
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const big = JSON.stringify({ ...importBody, x: "x".repeat(5_000_000) });
  const small = JSON.stringify(importBody);
  const socket = connect(port, "127.0.0.1");
  const path = `${importPath}?access_token=${token}`;
  socket.write(post("/tcb/nothing", big));
  socket.write(post(path, big));
  socket.write(post(importPath, big));
  socket.write(post(path, small));
  const errcodes: string[] = [];
  let text = "";
  for await (const piece of socket) {
    text += String(piece);
    errcodes.splice(0, Infinity, ...(text.match(/"errcode":-?\d+/g) ?? []));
    if (errcodes.length === 4) break;
  }
  socket.destroy();
  assert.deepEqual(errcodes, [
    '"errcode":40066',
    '"errcode":47001',
    '"errcode":41001',
    '"errcode":0',
  ]);
});

function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

test("a client that breaks off in its body leaves one line in the log and the service alive", async () => {
  await using opened = await openTestApp();
  const { app, log, token } = opened;
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const logged = log.length;
  await new Promise<void>((resolve) => {
    const request = httpRequest({
      port,
      method: "POST",
      path: `${importPath}?access_token=${token}`,
      headers: { "content-length": "1000" },
    });
    request.on("error", () => resolve());
    request.write("{", () => request.destroy());
    request.on("close", () => resolve());
  });
  assert.equal((await inject(app, "/healthz")).statusCode, 200);
  while (log.slice(logged).every((line) => !line.includes(importPath))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const lines = log.slice(logged).filter((line) => line.includes(importPath));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /"status":499/);
});
