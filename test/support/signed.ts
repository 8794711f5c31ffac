import assert from "node:assert/strict";
import { type CloudAnswer, signedHeaders } from "./cloud-api.ts";
import type { NativeService } from "./native.ts";

/** What a request is signed with. */
export interface SigningKey {
  secretId: string;
  secretKey: string;
  token?: string;
}

/** A signed action of the Cloud API, on a service that listens. */
export async function cloudApi(
  api: NativeService,
  key: SigningKey,
  action: string,
  body: object,
): Promise<CloudAnswer> {
  const text = JSON.stringify(body);
  const { host, ...headers } = signedHeaders(action, text, {
    ...key,
    timestamp: Math.floor(Date.now() / 1000),
    host: new URL(api.service.address).host,
  });
  assert.ok(host);
  const sent = await api.send("POST", "/", { token: null, headers, body: text });
  assert.equal(sent.status, 200, sent.text);
  return sent.json.Response as CloudAnswer;
}
