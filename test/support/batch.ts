import assert from "node:assert/strict";
import { type NativeService, nativeAccount } from "./native.ts";

/** A platform with a token, an environment of its own, and an app that has authorised it. */
export interface TestPlatform {
  id: string;
  /** component_access_token */
  token: string;
  environment: string;
  app: { id: string; secret: string; token: string };
  /** A call of the batch family with the platform's token; `env` is the platform's own unless the body names one. */
  call(name: string, body?: object): Promise<WireAnswer>;
}

// A test says what it expects of an answer.
// oxlint-disable-next-line typescript/no-explicit-any
export type WireAnswer = Record<string, any>;

export async function testPlatform(
  api: NativeService,
  id: string,
  sets: readonly number[] = [18, 49],
): Promise<TestPlatform> {
  const { json: platform } = await api.admin("POST", "platforms", { id });
  const { json: ticket } = await api.admin("POST", `platforms/${id}/tickets`, {});
  const issued = await wire(api, "/cgi-bin/component/api_component_token", {
    component_appid: id,
    component_appsecret: platform.secret,
    component_verify_ticket: ticket.ticket,
  });
  const token = issued["component_access_token"] as string;
  assert.ok(token, JSON.stringify(issued));
  const environment = `${id}-env`;
  const made = await api.admin("POST", "environments", { platform: id, id: environment });
  assert.equal(made.status, 201, made.text);
  const { json: app } = await api.admin("POST", "apps", { id: `${id}-app` });
  if (sets.length > 0) {
    await api.admin("POST", `platforms/${id}/authorizations`, { app: app.id, sets });
  }
  return {
    id,
    token,
    environment,
    app: { ...app, token: await api.tokenOf(app.id, app.secret) },
    call: (name, body = {}) =>
      wire(api, `/componenttcb/${name}?access_token=${token}`, { env: environment, ...body }),
  };
}

/** One of the vendor's calls; a body of null is none. */
export async function wire(
  api: NativeService,
  path: string,
  body: object | null,
): Promise<WireAnswer> {
  const sent = await api.send("POST", path, { token: null, ...(body && { body }) });
  assert.equal(sent.status, 200, sent.text);
  return sent.json as WireAnswer;
}

/** A `/tcb/*` call with a token, in the test's own environment unless the body names one. */
export function tcb(
  api: NativeService,
  name: string,
  body: object,
  token: string,
): Promise<WireAnswer> {
  return wire(api, `/tcb/${name}?access_token=${token}`, { env: nativeAccount.envId, ...body });
}

/** A file goes up by a ticket, as a client of the vendor's sends it. */
export async function uploadBy(ticket: WireAnswer, path: string, content: string): Promise<void> {
  const form = new FormData();
  form.set("key", path);
  form.set("Signature", ticket["authorization"] as string);
  form.set("x-cos-security-token", ticket["token"] as string);
  form.set("x-cos-meta-fileid", ticket["cos_file_id"] as string);
  form.set("file", new Blob([content]), "file");
  const response = await fetch(ticket["url"] as string, { method: "POST", body: form });
  assert.equal(response.status, 204, await response.text());
}
