import assert from "node:assert/strict";
import { testPlatform, wire, type TestPlatform } from "./batch.ts";
import { nativeAccount, type NativeService } from "./native.ts";

export interface Attacker {
  /** What is shown as `Authorization: Bearer` and as `access_token`. */
  token: string;
  /** The code of a problem that it meets on every native call on the victim's environment. */
  native: string;
  /** The errcode that it meets on every `/tcb/*` call on the victim's environment. */
  tcb: number;
}

/** What a foreign app has in its hands. */
export interface ForeignApp {
  id: string;
  secret: string;
  environment: string;
  token: string;
  key: { secretId: string; secretKey: string; apiKey: string };
}

/** An app beside the test's own, with an environment, a token and a key. */
export async function foreignApp(api: NativeService, id: string): Promise<ForeignApp> {
  const { json: app } = await api.admin("POST", "apps", { id });
  const environment = `${id}-env`;
  await api.admin("POST", "environments", { app: id, id: environment });
  const { json: key } = await api.admin("POST", `apps/${id}/keys`, {});
  return { ...app, environment, key, token: await api.tokenOf(id, app.secret) };
}

/** A token of the platform for the app. */
export async function authorizerToken(
  api: NativeService,
  platform: TestPlatform,
  app: string,
  sets: number[],
): Promise<string> {
  const { json } = await api.admin("POST", `platforms/${platform.id}/authorizations`, {
    app,
    sets,
  });
  const answer = await wire(
    api,
    `/cgi-bin/component/api_authorizer_token?component_access_token=${platform.token}`,
    {
      component_appid: platform.id,
      authorizer_appid: app,
      authorizer_refresh_token: json.refreshToken,
    },
  );
  assert.ok(answer["authorizer_access_token"], JSON.stringify(answer));
  return answer["authorizer_access_token"] as string;
}

/** Every kind of credential that is not the victim's: the victim is the test's own account. */
export async function attackersOf(api: NativeService, foreign: ForeignApp) {
  const platform = await testPlatform(api, "wxattack");
  const shared = { environment: platform.environment, app: foreign.id };
  const sharePath = `environments/${shared.environment}/shares/${shared.app}`;
  await api.admin("PUT", sharePath);
  await api.admin("DELETE", sharePath);
  const { json: third } = await api.admin("POST", "apps", { id: "third-app" });
  const revoked = await authorizerToken(api, platform, third.id, [49]);
  await api.admin("DELETE", `platforms/${platform.id}/authorizations/${third.id}`);
  const temporary = await wire(api, `/tcb/getqcloudtoken?access_token=${foreign.token}`, {
    lifespan: 600,
  });
  const temporaryKey = {
    secretId: temporary["secretid"] as string,
    secretKey: temporary["secretkey"] as string,
    token: temporary["token"] as string,
  };
  const unknown = { native: "token_unknown", tcb: 40014 };
  const attackers: Record<string, Attacker> = {
    "another app": { token: foreign.token, native: "environment_not_found", tcb: -501005 },
    "another app's API key": {
      token: foreign.key.apiKey,
      native: "environment_not_found",
      tcb: 40014,
    },
    "the victim's key id with another's key": {
      token: `${nativeAccount.secretId}.${foreign.key.secretKey}`,
      native: "api_key_unknown",
      tcb: 40014,
    },
    "app id and secret as an API key": {
      token: `${nativeAccount.appId}.${nativeAccount.appSecret}`,
      native: "api_key_unknown",
      tcb: 40014,
    },
    "a temporary key as an API key": {
      token: `${temporaryKey.secretId}.${temporaryKey.secretKey}`,
      native: "api_key_unknown",
      tcb: 40014,
    },
    "a platform for another app": {
      token: await authorizerToken(api, platform, foreign.id, [49, 64]),
      native: "api_unauthorized",
      tcb: -501005,
    },
    "a platform for the victim, without the set": {
      token: await authorizerToken(api, platform, nativeAccount.appId, [18]),
      native: "api_unauthorized",
      tcb: 61007,
    },
    "a platform that was revoked": { token: revoked, native: "authorization_gone", tcb: 61003 },
    "a platform itself": { token: platform.token, native: "api_unauthorized", tcb: 48001 },
    "the operator's key": { token: api.operatorKey, ...unknown },
    "the victim's secret": { token: nativeAccount.appSecret, ...unknown },
    "the victim's app id": { token: nativeAccount.appId, ...unknown },
    "a made-up one": { token: "A".repeat(136), ...unknown },
  };
  return { attackers, platform, temporaryKey };
}

/** All that an attack could change or read into being, as the owners see it. */
export async function worldOf(api: NativeService): Promise<unknown> {
  const looks = ["files", "jobs", "collections"].map(
    async (path) => (await api.send("GET", path)).json as unknown,
  );
  const lists = ["apps", "environments", "platforms"].map(
    async (path) => (await api.admin("GET", path)).json as unknown,
  );
  const limits = (await api.admin("GET", `environments/${nativeAccount.envId}/limits`)).json as {
    used: Record<string, unknown>;
  };
  delete limits.used["requestsToday"];
  const content = (await api.send("GET", "files/people.jsonl")).text;
  return { looks: await Promise.all(looks), lists: await Promise.all(lists), limits, content };
}
