import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorizerToken, foreignApp, type ForeignApp } from "../support/attackers.ts";
import { tcb, testPlatform, type TestPlatform, wire, type WireAnswer } from "../support/batch.ts";
import { consentOf, preAuthCode, visitConsent } from "../support/consent.ts";
import { NativeService } from "../support/native.ts";

// What one platform got of apps, in the hands of another; what it got of one app, shown for another.

let api: NativeService;
let honest: TestPlatform;
let thief: TestPlatform;
let app: ForeignApp;
let second: ForeignApp;

before(async () => {
  api = await NativeService.start();
  honest = await testPlatform(api, "wxhonest");
  thief = await testPlatform(api, "wxthief");
  app = await foreignApp(api, "owner-app");
  second = await foreignApp(api, "second-app");
});
after(() => api[Symbol.asyncDispose]());

/** A call of a platform, which may say that it is another. */
const call = (name: string, body: object, by: { token: string }, as: { id: string }) =>
  wire(api, `/cgi-bin/component/${name}?component_access_token=${by.token}`, {
    component_appid: as.id,
    ...body,
  });

function assertRefused(answer: WireAnswer, errcode: number, what: string): void {
  assert.equal(answer["errcode"], errcode, `${what}: ${JSON.stringify(answer)}`);
  for (const name of ["authorization_info", "authorizer_access_token", "authorizer_refresh_token"])
    assert.equal(answer[name], undefined, what);
}

test("an authorization code is of the platform that it was given to, and is not used up by another's try", async () => {
  const authorization_code = await consentOf(api, { platform: honest, app, sets: [49] });
  const query = (by: { token: string }, as: { id: string }) =>
    call("api_query_auth", { authorization_code }, by, as);
  assertRefused(await query(thief, thief), 61009, "another platform");
  assertRefused(await query(thief, honest), 61011, "another platform by this one's id");
  assertRefused(await query({ token: app.token }, honest), 48001, "the app itself");
  assertRefused(await query({ token: "made-up" }, honest), 40014, "nobody");
  const redeemed = await query(honest, honest);
  assert.equal(redeemed["authorization_info"].authorizer_appid, app.id, JSON.stringify(redeemed));
  assertRefused(await query(honest, honest), 61009, "once more");
  // The thief has asked for nothing, and may do nothing.
  const own = await call("api_get_authorizer_info", { authorizer_appid: app.id }, thief, thief);
  assertRefused(own, 61003, "what the app granted");
});

test("a pre-authorization code of another platform shows no page and takes no consent", async () => {
  const code = await preAuthCode(api, honest);
  const swapped = await visitConsent(api, {
    platform: thief,
    app: second,
    sets: [49],
    preAuthCode: code,
  });
  assert.deepEqual(
    [swapped.shown >= 400, swapped.sent >= 400, swapped.authCode],
    [true, true, null],
    JSON.stringify(swapped),
  );
  const listed = await api.admin("GET", "platforms");
  assert.match(listed.text, new RegExp(thief.id));
  assert.doesNotMatch(listed.text, new RegExp(second.id), "nobody may act for it");
  // It goes on being good for whom it was made.
  const right = { platform: honest, app: second, sets: [49], preAuthCode: code };
  assert.match(await consentOf(api, right), /./);
  assert.equal((await visitConsent(api, right)).authCode, null, "once");
});

test("a refresh token is of one platform and one app", async () => {
  const authorize = async (platform: TestPlatform, { id }: ForeignApp): Promise<string> => {
    const order = { app: id, sets: [18, 49] };
    const { json } = await api.admin("POST", `platforms/${platform.id}/authorizations`, order);
    return json.refreshToken as string;
  };
  const first = await authorize(honest, app);
  const refresh = (
    token: string,
    { id }: ForeignApp,
    by: { token: string } = honest,
    as: { id: string } = honest,
  ) =>
    call("api_authorizer_token", { authorizer_appid: id, authorizer_refresh_token: token }, by, as);
  assertRefused(await refresh(first, app, thief, thief), 61003, "a platform without authorisation");
  const thiefs = await authorize(thief, app);
  assert.notEqual(thiefs, first);
  assertRefused(await refresh(first, app, thief, thief), 61023, "another platform of the app");
  assertRefused(await refresh(first, app, thief, honest), 61011, "by the platform's id");
  assertRefused(await refresh(thiefs, app), 61023, "the other way round");
  const ofSecond = await authorize(honest, second);
  assertRefused(await refresh(first, second), 61023, "for another app");
  assertRefused(await refresh(ofSecond, app), 61023, "for another app, the other way round");
  assert.ok((await refresh(first, app))["authorizer_access_token"]);
  await api.admin("DELETE", `platforms/${honest.id}/authorizations/${app.id}`);
  assertRefused(await refresh(first, app), 61003, "after it was revoked");
  await authorize(honest, app);
  assertRefused(await refresh(first, app), 61023, "after a new authorisation");
});

test("a ticket is of one platform, and a token for an app is none of the platform's own", async () => {
  const { json } = await api.admin("POST", "platforms", { id: "wxthird" });
  const ticket = async (id: string) =>
    (await api.admin("POST", `platforms/${id}/tickets`, {})).json.ticket as string;
  const issue = (component_verify_ticket: string) =>
    wire(api, "/cgi-bin/component/api_component_token", {
      component_appid: "wxthird",
      component_appsecret: json.secret,
      component_verify_ticket,
    });
  assertRefused(await issue(await ticket(honest.id)), 61006, "another's ticket");
  const token = await authorizerToken(api, honest, app.id, [18, 49]);
  const answer = await call("api_create_preauthcode", {}, { token }, honest);
  assertRefused(answer, 48001, "a token for an app");
  assert.equal(answer["pre_auth_code"], undefined);
  // It acts for its app, and for no other that the platform acts for.
  for (const [{ environment: env }, errcode] of [
    [app, 0],
    [second, -501005],
  ] as const) {
    const list = await tcb(api, "databasecollectionget", { env, limit: 1, offset: 0 }, token);
    assert.equal(list["errcode"], errcode, env);
  }
});
