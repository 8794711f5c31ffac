import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import { DocferryError } from "../../job/errors.ts";

/** What the Authorization header of a signed request says. */
export interface Tc3Authorization {
  secretId: string;
  /** `2026-11-24`, as the credential has it. */
  date: string;
  service: string;
  /** In lower case, in the order given. */
  signedHeaders: string[];
  signature: Buffer;
}

/** All of a request that a signature covers. */
export interface SignedRequest {
  method: string;
  /** As it was sent, before the `?`. */
  path: string;
  /** As it was sent, behind the `?`. */
  query: string;
  /** Hosts that the signer may have meant, the likeliest first. */
  hosts: readonly string[];
  /** By its name in lower case; undefined where the request does not have it exactly once. */
  header(name: string): string | undefined;
  body: Uint8Array;
  /** Unix seconds, as the request says. */
  timestamp: number;
}

const form =
  /^TC3-HMAC-SHA256\s+Credential=([A-Za-z0-9_-]{1,128})\/(\d{4}-\d\d-\d\d)\/([a-z0-9-]{1,32})\/tc3_request,\s*SignedHeaders=([a-z0-9-]{1,64}(?:;[a-z0-9-]{1,64}){0,63}),\s*Signature=([0-9a-f]{64})$/;

/**
 * Reads `TC3-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. What leaves the host or the content type out of the
 * signature is no such header: it could be sent on to another server.
 * @throws {DocferryError} `invalid_authorization`
 */
export function readTc3(header: string): Tc3Authorization {
  const [, secretId = "", date = "", service = "", names = "", signature = ""] =
    form.exec(header) ?? [];
  if (secretId === "")
    throw malformed("is not TC3-HMAC-SHA256 with Credential, SignedHeaders and Signature");
  const signedHeaders = names.split(";");
  if (new Set(signedHeaders).size < signedHeaders.length) throw malformed("names a header twice");
  for (const name of ["content-type", "host"]) {
    if (!signedHeaders.includes(name)) throw malformed(`does not sign ${name}`);
  }
  return { secretId, date, service, signedHeaders, signature: Buffer.from(signature, "hex") };
}

function malformed(fault: string): DocferryError {
  return new DocferryError("invalid_authorization", `The Authorization header ${fault}`);
}

/**
 * Whether the signature is this key's over this request. The specification lower-cases the values of signed headers, some
 * clients do not; a host is signed with its port or without: each reading is tried, in a time that tells nothing of the bytes.
 */
export function isSignedBy(
  secretKey: string,
  authorization: Tc3Authorization,
  request: SignedRequest,
): boolean {
  const { date, service, signature } = authorization;
  const key = signingKey(secretKey, date, service);
  const scope = `TC3-HMAC-SHA256\n${request.timestamp}\n${date}/${service}/tc3_request\n`;
  const payload = hash("sha256", request.body);
  for (const canonical of canonicalRequests(authorization.signedHeaders, request, payload)) {
    const expected = createHmac("sha256", key)
      .update(scope + hash("sha256", canonical))
      .digest();
    if (timingSafeEqual(expected, signature)) return true;
  }
  return false;
}

function* canonicalRequests(
  signedHeaders: readonly string[],
  request: SignedRequest,
  payload: string,
): Generator<string, void, undefined> {
  for (const host of request.hosts) {
    let asSent = "";
    for (const name of signedHeaders) {
      const value = name === "host" ? host : request.header(name);
      if (value === undefined) return;
      asSent += `${name}:${value.trim()}\n`;
    }
    // The names are in lower case already.
    const folded = asSent.toLowerCase();
    for (const headers of folded === asSent ? [folded] : [folded, asSent]) {
      yield `${request.method}\n${request.path}\n${request.query}\n${headers}\n${signedHeaders.join(";")}\n${payload}`;
    }
  }
}

/** Keys of a day are derived once; more of them than this are derived again. */
const keptKeys = 1000;
const keys = new Map<string, KeyObject>();

function signingKey(secretKey: string, date: string, service: string): KeyObject {
  const name = `${date}/${service}/${secretKey}`;
  let key = keys.get(name);
  if (key === undefined) {
    key = createSecretKey(deriveKey(secretKey, date, service));
    if (keys.size >= keptKeys) keys.clear();
    keys.set(name, key);
  }
  return key;
}

function deriveKey(secretKey: string, date: string, service: string): Uint8Array {
  let key: Uint8Array = Buffer.from(`TC3${secretKey}`);
  for (const text of [date, service, "tc3_request"]) {
    key = createHmac("sha256", key).update(text).digest();
  }
  return key;
}
