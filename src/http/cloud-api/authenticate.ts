import type { IncomingMessage } from "node:http";
import type { Access } from "../../access/access.ts";
import type { KeyHolder } from "../../access/temporary-keys.ts";
import { DocferryError } from "../../job/errors.ts";
import { isSignedBy, readTc3 } from "./tc3.ts";

/** Seconds that a signer's clock may be off in either direction. */
const allowedSkew = 300;

/** The one service that is answered: what a signature for another one covers was never meant for this. */
const service = "tcb";

/**
 * Whose Cloud API key has signed a request.
 * @param sent the request with its URL as it was sent
 * @param now unix ms
 * @returns whom it speaks for
 * @throws {DocferryError} `invalid_authorization`, `signature_expired`, `unknown_secret_id`, `wrong_key_token`,
 *   `signature_mismatch`
 */
export function authenticate(
  access: Pick<Access, "signer">,
  sent: { raw: IncomingMessage; url: string; body: Uint8Array; now: number; host: string },
): KeyHolder {
  const { raw, now } = sent;
  const header = (name: string) => onlyHeader(raw, name);
  const authorization = readTc3(required(raw, "authorization"));
  const timestamp = timestampOf(required(raw, "x-tc-timestamp"));
  if (authorization.service !== service) {
    throw new DocferryError("invalid_authorization", `The credential is not for ${service}`);
  }
  if (Math.abs(now / 1000 - timestamp) > allowedSkew) {
    const server = new Date(now).toISOString();
    throw new DocferryError(
      "signature_expired",
      `The signature is of another time, more than ${allowedSkew} s from ${server}`,
    );
  }
  if (authorization.date !== new Date(timestamp * 1000).toISOString().slice(0, 10)) {
    throw new DocferryError(
      "signature_expired",
      "The credential's date is not the UTC date of X-TC-Timestamp",
    );
  }
  const { caller, secretKey } = access.signer({
    secretId: authorization.secretId,
    token: header("x-tc-token") ?? null,
  });
  const [path, query] = splitUrl(sent.url);
  const signed = isSignedBy(secretKey, authorization, {
    method: raw.method ?? "",
    path,
    query,
    hosts: hostsOf(header("host"), sent.host),
    header,
    body: sent.body,
    timestamp,
  });
  if (signed) return caller;
  throw new DocferryError("signature_mismatch", "The signature is not this key's");
}

function required(raw: IncomingMessage, name: string): string {
  const value = onlyHeader(raw, name);
  if (value !== undefined) return value;
  throw new DocferryError(
    "invalid_authorization",
    `The request has not exactly one ${name} header`,
  );
}

/** From the raw headers: Node joins some that are there twice and drops others, so what was signed would not be what is read. */
export function onlyHeader(raw: IncomingMessage, name: string): string | undefined {
  const { rawHeaders } = raw;
  let value: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== name) continue;
    if (value !== undefined) return undefined;
    value = rawHeaders[at + 1] ?? "";
  }
  return value;
}

function timestampOf(text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new DocferryError("invalid_authorization", "X-TC-Timestamp is not in unix seconds");
}

/** A request line may name the whole URL (RFC 9112 3.2.2). */
function splitUrl(url: string): [path: string, query: string] {
  const local = url.replace(/^https?:\/\/[^/?#]*/i, "");
  const at = local.indexOf("?");
  const path = at < 0 ? local : local.slice(0, at);
  return [path || "/", at < 0 ? "" : local.slice(at + 1)];
}

/**
 * The host without its port first: that is what the vendor's own client signs. Behind a proxy that is believed, also the host
 * that its client asked for.
 */
function hostsOf(sent: string | undefined, forwarded: string): string[] {
  const hosts = sent === undefined ? [] : [sent, forwarded];
  return [...new Set(hosts.flatMap((host) => [host.replace(/:\d{1,5}$/, ""), host]))];
}
