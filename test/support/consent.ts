import assert from "node:assert/strict";
import { wire } from "./batch.ts";
import type { NativeService } from "./native.ts";

/** Where the page leads back to: nobody listens there, and nobody is sent there. */
const redirect = "http://localhost:3000/back";

export interface ConsentOfOwner {
  platform: { id: string; token: string };
  app: { id: string; secret: string };
  sets: readonly number[];
  /** Where it is not one that the platform asks for itself. */
  preAuthCode?: string;
}

export async function preAuthCode(
  api: NativeService,
  platform: ConsentOfOwner["platform"],
): Promise<string> {
  const answer = await wire(
    api,
    `/cgi-bin/component/api_create_preauthcode?component_access_token=${platform.token}`,
    { component_appid: platform.id },
  );
  assert.ok(answer["pre_auth_code"], JSON.stringify(answer));
  return answer["pre_auth_code"] as string;
}

/** What a browser meets on the page: its status, and what the form leads to. */
export async function visitConsent(
  api: NativeService,
  { platform, app, sets, preAuthCode: code }: ConsentOfOwner,
): Promise<{ shown: number; sent: number; authCode: string | null }> {
  const query = new URLSearchParams({
    component_appid: platform.id,
    pre_auth_code: code ?? (await preAuthCode(api, platform)),
    redirect_uri: redirect,
    category_id_list: sets.join("|"),
  });
  const url = api.url(`/cgi-bin/componentloginpage?${query.toString()}`);
  const page = await fetch(url);
  const [cookie = ""] = page.headers.getSetCookie().map((one) => one.split(";", 1)[0]);
  const [, token = ""] = /name="form_token" value="([^"]*)"/.exec(await page.text()) ?? [];
  const form = new URLSearchParams({ form_token: token, appid: app.id, secret: app.secret });
  for (const set of sets) form.append("set", String(set));
  const answer = await fetch(url, {
    method: "POST",
    headers: { cookie },
    body: form,
    redirect: "manual",
  });
  const target = answer.headers.get("location");
  const authCode = target === null ? null : new URL(target).searchParams.get("auth_code");
  return { shown: page.status, sent: answer.status, authCode };
}

/** The code that the app's owner lets the platform have. */
export async function consentOf(api: NativeService, given: ConsentOfOwner): Promise<string> {
  const visited = await visitConsent(api, given);
  assert.equal(visited.sent, 303, JSON.stringify(visited));
  return visited.authCode ?? assert.fail("no code");
}
