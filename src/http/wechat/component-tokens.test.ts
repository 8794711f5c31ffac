import assert from "node:assert/strict";
import { test } from "node:test";
import { openPlatformApp } from "../../../test/support/platforms.ts";

test("a platform's token takes secret and ticket, and each that is missing or wrong has its own code", async () => {
  await using opened = await openPlatformApp();
  const { call, accounts, access, clock } = opened;
  const right = {
    component_appid: "wxplatform",
    component_appsecret: "platform-secret",
    component_verify_ticket: "ticket@@@one",
  };
  const ask = async (changes: object) =>
    (await call("/cgi-bin/component/api_component_token", { ...right, ...changes })).errcode;
  const issued = await call("/cgi-bin/component/api_component_token", right);
  assert.deepEqual(Object.keys(issued), ["component_access_token", "expires_in"]);
  assert.equal(issued["expires_in"], 7200);
  assert.equal(await ask({ component_appid: undefined }), 41018);
  assert.equal(await ask({ component_appsecret: "" }), 41004);
  assert.equal(await ask({ component_verify_ticket: undefined }), 40101);
  assert.equal(await ask({ component_appid: 1 }), 40097);
  assert.equal(await ask({ component_appid: "wxnobody" }), 40013);
  assert.equal(await ask({ component_appid: accounts.mine.appId }), 61011);
  assert.equal(await ask({ component_appsecret: "no" }), 40125);
  assert.equal(await ask({ component_verify_ticket: "ticket@@@two" }), 61006);
  clock.pass(12 * 3600 - 1);
  assert.equal(await ask({}), undefined);
  await access.platforms.setTicket("wxplatform", "ticket@@@two");
  clock.pass(1);
  assert.equal(await ask({}), 61005);
  assert.equal(await ask({ component_verify_ticket: "ticket@@@two" }), undefined);
  await access.platforms.setTicket("wxplatform", "ticket@@@one");
  assert.equal(await ask({}), undefined);
});

test("an app's way to a token is not a platform's", async () => {
  await using opened = await openPlatformApp();
  const credentials = {
    grant_type: "client_credential",
    appid: "wxplatform",
    secret: "platform-secret",
  };
  const query = new URLSearchParams(credentials).toString();
  const plain = await opened.call(`/cgi-bin/token?${query}`, undefined, { method: "GET" });
  assert.equal(plain.errcode, 61024);
  assert.match(plain.errmsg ?? "", /must use api_component_token/);
  assert.equal((await opened.call("/cgi-bin/stable_token", credentials)).errcode, 61024);
});

test("a platform's next token leaves the one before five more minutes", async () => {
  await using opened = await openPlatformApp();
  const { clock, componentToken, asPlatform } = opened;
  const first = await componentToken();
  const second = await componentToken();
  assert.notEqual(first, second);
  const codeWith = async (token: string) =>
    (await asPlatform("api_create_preauthcode", {}, token)).errcode;
  clock.pass(299);
  assert.equal(await codeWith(first), undefined);
  clock.pass(1);
  assert.equal(await codeWith(first), 40001);
  assert.equal(await codeWith(second), undefined);
  clock.pass(6900);
  assert.equal(await codeWith(second), 42001);
  assert.equal(await codeWith("made-up"), 40014);
});

test("the token of a platform's call may stand under each of its names, and must be of the platform that the body names", async () => {
  await using opened = await openPlatformApp();
  const { call, componentToken, accounts } = opened;
  const token = await componentToken();
  const path = "/cgi-bin/component/api_create_preauthcode";
  for (const name of ["access_token", "component_access_token"]) {
    const answer = await call(`${path}?${name}=${token}`, { component_appid: "wxplatform" });
    assert.match(String(answer["pre_auth_code"]), /^preauthcode@@@/);
    assert.equal(answer["expires_in"], 600);
  }
  assert.equal((await call(path, { component_appid: "wxplatform" })).errcode, 41021);
  assert.equal((await call(`${path}?access_token=${token}`, {})).errcode, 41018);
  for (const component_appid of ["wxother", accounts.mine.appId]) {
    assert.equal((await call(`${path}?access_token=${token}`, { component_appid })).errcode, 61011);
  }
});

test("an authorisation code gives token, refresh token and sets once, to its platform, for ten minutes", async () => {
  await using opened = await openPlatformApp();
  const { clock, accounts, asPlatform, consent, ask } = opened;
  const code = await consent([64, 18, 18]);
  const { authorization_info: info } = await asPlatform("api_query_auth", {
    authorization_code: code,
  });
  const given = info as Record<string, unknown>;
  assert.deepEqual(Object.keys(given), [
    "authorizer_appid",
    "authorizer_access_token",
    "expires_in",
    "authorizer_refresh_token",
    "func_info",
  ]);
  assert.equal(given["authorizer_appid"], accounts.mine.appId);
  assert.match(String(given["authorizer_refresh_token"]), /^refreshtoken@@@/);
  assert.deepEqual(given["func_info"], [
    { funcscope_category: { id: 18 } },
    { funcscope_category: { id: 64 } },
  ]);
  assert.equal((await ask(String(given["authorizer_access_token"]))).errcode, 40097, "no such job");
  const redeem = async (authorization_code: string | undefined) =>
    (await asPlatform("api_query_auth", { authorization_code })).errcode;
  assert.equal(await redeem(code), 61009);
  assert.equal(await redeem("queryauthcode@@@made-up"), 61009);
  assert.equal(await redeem(undefined), 40101);
  const late = await consent([49]);
  clock.pass(600);
  assert.equal(await redeem(late), 61010);
  const foreign = await consent([49]);
  await opened.access.platforms.add({ platformId: "wxother", secret: "s" });
  await opened.access.platforms.setTicket("wxother", "t");
  const other = await opened.access.platforms.componentToken({
    platformId: "wxother",
    secret: "s",
    ticket: "t",
  });
  const stolen = await opened.call(
    `/cgi-bin/component/api_query_auth?access_token=${other.token}`,
    { component_appid: "wxother", authorization_code: foreign },
  );
  assert.equal(stolen.errcode, 61009);
  assert.equal(await redeem(foreign), undefined);
});

test("two who use one authorisation code at the same time get one token", async () => {
  await using opened = await openPlatformApp();
  const code = await opened.consent([49]);
  const token = await opened.componentToken();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      opened.asPlatform("api_query_auth", { authorization_code: code }, token),
    ),
  );
  const codes = answers.map(({ errcode }) => errcode ?? 0).sort((a, b) => a - b);
  assert.deepEqual(codes, [0, 61009, 61009, 61009, 61009]);
});

test("the refresh token has no end but a new authorisation or its revocation, also after a restart", async () => {
  await using opened = await openPlatformApp();
  const { clock, access, accounts, asPlatform } = opened;
  const grant = { platformId: "wxplatform", appId: accounts.mine.appId, sets: [49] };
  const { refreshToken } = await access.platforms.authorize(grant);
  const refresh = (token: string) =>
    asPlatform("api_authorizer_token", {
      authorizer_appid: accounts.mine.appId,
      authorizer_refresh_token: token,
    });
  const first = await refresh(refreshToken);
  assert.deepEqual(Object.keys(first), [
    "authorizer_access_token",
    "expires_in",
    "authorizer_refresh_token",
  ]);
  clock.pass(365 * 86_400);
  await access.platforms.setTicket("wxplatform", "ticket@@@one");
  assert.equal((await refresh(refreshToken))["authorizer_refresh_token"], refreshToken);
  const anew = await access.platforms.authorize(grant);
  assert.notEqual(anew.refreshToken, refreshToken);
  assert.equal((await refresh(refreshToken)).errcode, 61023);
  assert.equal((await refresh("refreshtoken@@@made-up")).errcode, 61023);
  const third = String((await refresh(anew.refreshToken))["authorizer_access_token"]);
  const reopened = await opened.reopen();
  assert.equal(reopened.authenticate(third).kind, "authorizer");
  const { refreshToken: kept } = reopened.platforms.authorization("wxplatform", grant.appId);
  assert.equal(kept, anew.refreshToken);
  await reopened.platforms.revoke("wxplatform", grant.appId);
  const again = await reopened.platforms.authorize(grant);
  assert.notEqual(again.refreshToken, anew.refreshToken, "one that was revoked never comes back");
  assert.throws(() => reopened.authenticate(third), /was revoked/);
});

test("a revocation ends the tokens at once, and whatever the platform asks then is 61003", async () => {
  await using opened = await openPlatformApp();
  const { access, accounts, asPlatform, ask } = opened;
  const { appId } = accounts.mine;
  const { refreshToken } = await access.platforms.authorize({
    platformId: "wxplatform",
    appId,
    sets: [49],
  });
  const { issued } = await access.platforms.refresh("wxplatform", appId, refreshToken);
  assert.equal((await ask(issued.token)).errcode, 40097, "no such job");
  const info = await asPlatform("api_get_authorizer_info", { authorizer_appid: appId });
  const { authorization_info: granted } = info as { authorization_info: object };
  assert.deepEqual(granted, {
    authorizer_appid: appId,
    authorizer_refresh_token: refreshToken,
    func_info: [{ funcscope_category: { id: 49 } }],
  });
  assert.ok("MiniProgramInfo" in (info["authorizer_info"] as object));
  await access.platforms.revoke("wxplatform", appId);
  const answer = await ask(issued.token);
  assert.equal(answer.errcode, 61003);
  assert.match(answer.errmsg ?? "", /^component is not authorized by this account rid: /);
  const refreshed = await asPlatform("api_authorizer_token", {
    authorizer_appid: appId,
    authorizer_refresh_token: refreshToken,
  });
  assert.equal(refreshed.errcode, 61003);
  const gone = await asPlatform("api_get_authorizer_info", { authorizer_appid: appId });
  assert.equal(gone.errcode, 61003);
});

test("a token follows what its app grants: fewer sets hold at once, and more do", async () => {
  await using opened = await openPlatformApp();
  const { access, accounts, ask } = opened;
  const grant = { platformId: "wxplatform", appId: accounts.mine.appId };
  const { refreshToken } = await access.platforms.authorize({ ...grant, sets: [49] });
  const { issued } = await access.platforms.refresh("wxplatform", grant.appId, refreshToken);
  await access.platforms.authorize({ ...grant, sets: [18] });
  const refused = await ask(issued.token);
  assert.equal(refused.errcode, 61007);
  assert.match(refused.errmsg ?? "", /^api is unauthorized to component: .* rid: /);
  await access.platforms.authorize({ ...grant, sets: [18, 64] });
  assert.equal((await ask(issued.token)).errcode, 40097, "no such job");
});

test("nothing that a platform shows or gets stands in the log or in the store's file", async () => {
  await using opened = await openPlatformApp();
  const code = await opened.consent([49]);
  const answer = await opened.asPlatform("api_query_auth", { authorization_code: code });
  const info = answer["authorization_info"] as Record<string, string>;
  const secrets = [
    "platform-secret",
    "ticket@@@one",
    code,
    info["authorizer_access_token"] ?? "",
    info["authorizer_refresh_token"] ?? "",
  ];
  await opened.call("/cgi-bin/component/api_component_token", {
    component_appid: "wxplatform",
    component_appsecret: "platform-secret",
    component_verify_ticket: "ticket@@@one",
  });
  const stored = await opened.storedText();
  for (const secret of secrets) {
    assert.ok(secret.length > 4);
    assert.ok(!opened.log.join("").includes(secret), "log");
    assert.ok(!stored.includes(secret), "store");
  }
});
