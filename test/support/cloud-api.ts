import { createHash, createHmac } from "node:crypto";
import type { openTestApp } from "./wechat.ts";
import { inject } from "./inject.ts";

/** What a request is signed with, and what of it is not as it should be. */
export interface Signing {
  secretId: string;
  secretKey: string;
  /** Of a temporary key. */
  token?: string;
  /** Unix seconds. */
  timestamp: number;
  service?: string;
  /** Of the credential; the timestamp's where it is not given. */
  date?: string;
  /** What is signed as the host, and sent. */
  host?: string;
  /** What is signed as the host, where that is something else than what is sent. */
  signedHost?: string;
  signedHeaders?: string[];
  /** What is signed in place of the body. */
  signedBody?: string;
  path?: string;
}

/** Headers of a signed POST, as the specification of TC3-HMAC-SHA256 has them. */
export function signedHeaders(
  action: string,
  body: string,
  signing: Signing,
): Record<string, string> {
  const { secretId, secretKey, timestamp, service = "tcb", host = "tcb.example.org" } = signing;
  const { signedHeaders: names = ["content-type", "host"], path = "/" } = signing;
  const date = signing.date ?? new Date(timestamp * 1000).toISOString().slice(0, 10);
  const headers: Record<string, string> = {
    host,
    "content-type": "application/json",
    "x-tc-action": action,
    "x-tc-timestamp": String(timestamp),
    "x-tc-version": "2018-06-08",
    ...(signing.token !== undefined && { "x-tc-token": signing.token }),
  };
  const values: Record<string, string> = { ...headers, host: signing.signedHost ?? host };
  const [uri = "/", query = ""] = path.split("?", 2);
  const canonical = [
    "POST",
    uri,
    query,
    ...names.map((name) => `${name}:${values[name]?.toLowerCase()}`),
    "",
    names.join(";"),
    sha256(signing.signedBody ?? body),
  ].join("\n");
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${date}/${service}/tc3_request\n${sha256(canonical)}`;
  const key = [date, service, "tc3_request"].reduce(
    (derived: Uint8Array, part) => hmac(derived, part),
    Buffer.from(`TC3${secretKey}`),
  );
  const signature = hmac(key, text).toString("hex");
  headers["authorization"] =
    `TC3-HMAC-SHA256 Credential=${secretId}/${date}/${service}/tc3_request, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return headers;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export interface CloudAnswer {
  RequestId: string;
  Error?: { Code: string; Message: string };
  [field: string]: unknown;
}

/** Calls of the Cloud API to a test app, by default with a key of `mine`. */
export async function cloudCaller({ app, access, accounts, clock }: TestApp) {
  const key = await access.addCloudKey(accounts.mine.appId);

  async function send(
    body: unknown,
    headers: Record<string, string>,
    path = "/",
  ): Promise<CloudAnswer> {
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await inject(app, { method: "POST", url: path, payload, headers });
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode} from ${path}`);
    const { Response } = answer.json<{ Response: CloudAnswer }>();
    return Response;
  }

  return {
    key,
    send,
    signed: (action: string, body: unknown, signing: Partial<Signing> = {}) =>
      signedHeaders(action, typeof body === "string" ? body : JSON.stringify(body), {
        ...key,
        timestamp: Math.floor(clock.now / 1000),
        ...signing,
      }),
    async ask(action: string, body: unknown, signing: Partial<Signing> = {}): Promise<CloudAnswer> {
      return send(body, this.signed(action, body, signing), signing.path);
    },
  };
}

type TestApp = Awaited<ReturnType<typeof openTestApp>>;
