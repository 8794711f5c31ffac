import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudCaller, type Signing } from "../../../test/support/cloud-api.ts";
import { openTestApp } from "../../../test/support/wechat.ts";
import { inject } from "../../../test/support/inject.ts";

const action = "DescribeEnvInfo";
const mine = { EnvId: "mine-1" };

async function open() {
  const opened = await openTestApp();
  const caller = await cloudCaller(opened);
  return { ...opened, ...caller, ask: caller.ask.bind(caller) };
}

test("a signed call is answered in its envelope, with the id that the log has", async () => {
  await using opened = await open();
  const { RequestId, ...answer } = await opened.ask(action, mine);
  assert.deepEqual(Object.keys(answer), ["EnvInfo"]);
  const line = opened.log.find((text) => text.includes(RequestId)) ?? assert.fail();
  assert.equal(JSON.parse(line).appId, opened.accounts.mine.appId);
});

test("an error is in the envelope too, with HTTP 200", async () => {
  await using opened = await open();
  const cases: [string, unknown, string, RegExp][] = [
    [action, { EnvId: "no-such" }, "ResourceNotFound", /no-such/],
    [action, {}, "MissingParameter", /^EnvId\. Send the named argument$/],
    [action, { EnvId: 5 }, "InvalidParameterValue", /^EnvId must be string, it is 5\./],
    [action, "{", "InvalidParameter", /not JSON/],
    [action, "[]", "InvalidParameter", /not an object/],
    [action, "", "InvalidParameter", /empty/],
    ["DescribeNothing", mine, "InvalidAction", /There is no action "DescribeNothing"/],
    ["toString", mine, "InvalidAction", /There is no action "toString"/],
    [action, "x".repeat(1024 * 1024 + 1), "RequestSizeLimitExceeded", /bytes/],
  ];
  for (const [name, body, code, message] of cases) {
    const { Error: error } = await opened.ask(name, body);
    assert.equal(error?.Code, code);
    assert.match(error?.Message ?? "", message);
  }
  const headers = { ...opened.signed(action, mine), "x-tc-version": "2018-11-27" };
  assert.equal((await opened.send(mine, headers)).Error?.Code, "NoSuchVersion");
});

test("a fault of ours tells nothing but its id, and is logged with its stack", async () => {
  await using opened = await open();
  opened.engine.failure = new Error("SELECT secret FROM /data");
  const { Error: error, RequestId } = await opened.ask("DatabaseMigrateQueryInfo", {
    ...mine,
    JobId: 1,
  });
  assert.deepEqual(error, { Code: "InternalError", Message: "The service failed" });
  assert.ok(opened.log.some((line) => line.includes(RequestId) && line.includes("SELECT secret")));
});

test("the host may be signed with its port or without, and the base address may have a path and a query", async () => {
  await using opened = await open();
  const host = "127.0.0.1:8787";
  for (const signing of [{ host }, { host, signedHost: "127.0.0.1" }]) {
    assert.equal((await opened.ask(action, mine, signing)).Error, undefined);
  }
  for (const path of [
    "/tcbapi?x=1",
    "/",
    "/tcb/databasemigrateimport",
    "/%zz",
    "/v1/environments",
  ]) {
    assert.equal((await opened.ask(action, mine, { path })).Error, undefined, path);
  }
});

/** What an attacker who saw a signed request, or has a key of his own, may try. */
test("no signature opens what it was not made for", async () => {
  await using opened = await open();
  const { ask, send, signed, clock, access, accounts, key } = opened;
  const now = Math.floor(clock.now / 1000);
  const failure = "AuthFailure.SignatureFailure";
  const malformed = "AuthFailure.InvalidAuthorization";
  const other = { EnvId: "other-1" };

  const signings: [string, Partial<Signing>, string][] = [
    ["the wrong secret key", { secretKey: "x".repeat(32) }, failure],
    ["another body", { signedBody: JSON.stringify(other) }, failure],
    ["another host", { signedHost: "tcb.tencentcloudapi.com" }, failure],
    ["another service", { service: "scf" }, malformed],
    ["another day", { date: "2025-12-31" }, "AuthFailure.SignatureExpire"],
    ["no host signed", { signedHeaders: ["content-type"] }, malformed],
    ["no content type signed", { signedHeaders: ["host"] }, malformed],
    [
      "a header signed that is not there",
      { signedHeaders: ["content-type", "host", "x-a"] },
      failure,
    ],
    ["a key that nobody has", { secretId: "AKIDnobody" }, "AuthFailure.SecretIdNotFound"],
    ["a token beside a lasting key", { token: "x.y" }, "AuthFailure.TokenFailure"],
    ["301 s ago", { timestamp: now - 301 }, "AuthFailure.SignatureExpire"],
    ["301 s ahead", { timestamp: now + 301 }, "AuthFailure.SignatureExpire"],
  ];
  for (const [name, signing, code] of signings) {
    const { Error: error, ...rest } = await ask(action, mine, signing);
    assert.equal(error?.Code, code, name);
    assert.deepEqual(Object.keys(rest), ["RequestId"], name);
  }
  for (const timestamp of [now - 300, now + 300]) {
    assert.equal((await ask(action, mine, { timestamp })).Error, undefined);
  }

  const good = signed(action, mine);
  const authorization = good["authorization"] ?? "";
  const headers: [string, Record<string, string>, string][] = [
    ["no authorization", without(good, "authorization"), malformed],
    ["no timestamp", without(good, "x-tc-timestamp"), malformed],
    ["another timestamp", { ...good, "x-tc-timestamp": String(now - 1) }, failure],
    ["a timestamp in ms", { ...good, "x-tc-timestamp": `${now}000` }, malformed],
    ["no number as timestamp", { ...good, "x-tc-timestamp": `${now} 1` }, malformed],
    ["another content type", { ...good, "content-type": "text/plain" }, failure],
    ["SHA-1", { ...good, authorization: authorization.replace("SHA256", "SHA1") }, malformed],
    [
      "no algorithm",
      { ...good, authorization: authorization.replace("TC3-HMAC-SHA256 ", "") },
      malformed,
    ],
    [
      "an empty signature",
      { ...good, authorization: authorization.replace(/[0-9a-f]{64}$/, "") },
      malformed,
    ],
    [
      "two credentials",
      { ...good, authorization: `${authorization}, ${authorization}` },
      malformed,
    ],
    ["an access token", { ...good, authorization: `Bearer ${opened.token}` }, malformed],
  ];
  for (const [name, sent, code] of headers) {
    assert.equal((await send(mine, sent)).Error?.Code, code, name);
  }

  assert.equal((await ask(action, other)).Error?.Code, "ResourceNotFound");
  const theirs = await access.addCloudKey(accounts.other.appId);
  assert.equal((await ask(action, mine, theirs)).Error?.Code, "ResourceNotFound");
  const bare = await access.addCloudKey(accounts.bare.appId);
  assert.equal((await ask(action, mine, bare)).Error?.Code, "ResourceNotFound");
  const mixed = { secretId: key.secretId, secretKey: theirs.secretKey };
  assert.equal((await ask(action, other, mixed)).Error?.Code, failure);

  clock.pass(600);
  assert.equal((await send(mine, good)).Error?.Code, "AuthFailure.SignatureExpire");
});

test("a key ends with its removal, and all keys of an app with the app", async () => {
  await using opened = await open();
  const { access, accounts, ask, key } = opened;
  await access.removeCloudKey(key.secretId);
  assert.equal((await ask(action, mine)).Error?.Code, "AuthFailure.SecretIdNotFound");
  const next = await access.addCloudKey(accounts.mine.appId);
  const temporary = access.temporaryKey({ kind: "app", appId: accounts.mine.appId }, 600);
  assert.equal((await ask(action, mine, next)).Error, undefined);
  assert.equal((await ask(action, mine, temporary)).Error, undefined);
  await access.removeApp(accounts.mine.appId);
  assert.equal((await ask(action, mine, next)).Error?.Code, "AuthFailure.SecretIdNotFound");
  assert.equal((await ask(action, mine, temporary)).Error?.Code, "AuthFailure.TokenFailure");
});

test("a temporary key signs with its own token alone, until its end", async () => {
  await using opened = await open();
  const { access, accounts, ask, clock } = opened;
  const one = access.temporaryKey({ kind: "app", appId: accounts.mine.appId }, 60);
  const two = access.temporaryKey({ kind: "app", appId: accounts.mine.appId }, 60);
  const theirs = access.temporaryKey({ kind: "app", appId: accounts.other.appId }, 60);
  assert.equal((await ask(action, mine, one)).Error, undefined);
  const { token: _, ...bare } = one;
  assert.equal((await ask(action, mine, bare)).Error?.Code, "AuthFailure.SecretIdNotFound");
  for (const token of [
    "",
    ".",
    "x",
    two.token,
    theirs.token,
    `${one.token}0`,
    one.token.slice(1),
  ]) {
    assert.equal(
      (await ask(action, mine, { ...one, token })).Error?.Code,
      "AuthFailure.TokenFailure",
    );
  }
  const [said = "", mac = ""] = one.token.split(".");
  const longer = JSON.parse(Buffer.from(said, "base64url").toString()) as unknown[];
  longer[1] = Number(longer[1]) + 3600;
  const forged = `${Buffer.from(JSON.stringify(longer)).toString("base64url")}.${mac}`;
  assert.equal(
    (await ask(action, mine, { ...one, token: forged })).Error?.Code,
    "AuthFailure.TokenFailure",
  );
  assert.equal((await ask(action, mine, theirs)).Error?.Code, "ResourceNotFound");
  clock.pass(59);
  assert.equal((await ask(action, mine, one)).Error, undefined);
  clock.pass(1);
  assert.equal((await ask(action, mine, one)).Error?.Code, "AuthFailure.TokenFailure");
});

test("other methods are refused, and what is no such call gets no such answer", async () => {
  await using opened = await open();
  const headers = opened.signed(action, mine);
  const answer = await inject(opened.app, { method: "GET", url: "/", headers });
  assert.equal(answer.json().Response.Error.Code, "UnsupportedProtocol");
  const plain = await inject(opened.app, { method: "POST", url: "/cloud-api", payload: "{}" });
  assert.equal(plain.json().Response.Error.Code, "AuthFailure.InvalidAuthorization");
  assert.equal((await inject(opened.app, { method: "POST", url: "/" })).statusCode, 404);
});

function without(headers: Record<string, string>, name: string): Record<string, string> {
  const { [name]: _, ...rest } = headers;
  return rest;
}
