import type { FastifyRequest } from "fastify";
import type { Access } from "../../access/access.ts";
import { requireCall } from "../../access/call-rules.ts";
import { accountOf, type Caller } from "../../access/caller.ts";
import { decodedPath } from "../../files/url-path.ts";
import { DocferryError } from "../../job/errors.ts";
import { onlyHeader } from "../cloud-api/authenticate.ts";
import { environmentOfBucket } from "../files/file-id.ts";
import { noteCaller } from "../request-context.ts";
import { checkQSignature, readQSignature } from "./q-sign.ts";

export type CosAccess = Pick<
  Access,
  "signer" | "requireAddress" | "requireEnvironment" | "reaches" | "limits"
>;

/** What a signed request to a bucket is about. */
export interface CosTarget {
  /** Who has signed it. */
  caller: Caller;
  bucket: string;
  environment: string;
  /** "" for the bucket itself. */
  name: string;
  /** Without those of the signature. */
  parameters: ReadonlyMap<string, string>;
}

/**
 * Checks the signature of a request to `/cos/<bucket>/<name>`, which may have been sent to the bucket's own host.
 * @throws {DocferryError} `invalid_authorization`, `unknown_secret_id`, `wrong_key_token`, `signature_expired`,
 *   `signature_mismatch`, `address_not_allowed`, `minute_limit`, `day_limit`, `permission_set_missing`,
 *   `environment_not_found`
 */
export function authorizeCos(request: FastifyRequest, access: CosAccess): CosTarget {
  const { raw, docferry } = request;
  const { bucket, name } = addressed(request.url);
  const authorization = onlyHeader(raw, "authorization");
  if (authorization === undefined) {
    throw new DocferryError("invalid_authorization", "The request has no Authorization header");
  }
  const signature = readQSignature(authorization);
  const token = onlyHeader(raw, "x-cos-security-token") ?? null;
  const { caller, secretKey } = access.signer({ secretId: signature.secretId, token });
  const parameters = parametersIn(request.url);
  const sentPath = decodedPath(request.originalUrl.replace(/^https?:\/\/[^/?#]*/i, ""), "") ?? "";
  checkQSignature(
    signature,
    {
      method: request.method,
      // The library signs the name alone, whatever host and path it was told to send to.
      paths: [`/${name}`, sentPath],
      parameters,
      header: (header) => onlyHeader(raw, header),
    },
    {
      secretKey,
      now: docferry.receivedAt,
      mustSign: mustSign(request.method, raw, parameters),
    },
  );
  noteCaller(docferry, caller);
  access.requireAddress(accountOf(caller), request.docferry.client);
  access.limits.admit("account", accountOf(caller));
  requireCall(caller, "cloudbase");
  const environment = environmentOfBucket(bucket);
  if (environment === null || !access.reaches(caller, environment)) {
    throw new DocferryError(
      "environment_not_found",
      `There is no bucket ${JSON.stringify(bucket.slice(0, 200))}`,
    );
  }
  access.limits.admit("environment", environment);
  return { caller, bucket, environment, name, parameters };
}

/** Besides all parameters. */
function mustSign(
  method: string,
  { headers }: FastifyRequest["raw"],
  parameters: ReadonlyMap<string, string>,
): string[] {
  // Of this body's content the header alone is signed.
  const removes = method === "POST" && parameters.has("delete");
  return [
    "host",
    ...("x-cos-copy-source" in headers ? ["x-cos-copy-source"] : []),
    ...(removes ? ["content-md5"] : []),
  ];
}

function addressed(url: string): { bucket: string; name: string } {
  const whole = decodedPath(url, "/cos/") ?? "";
  const slash = whole.indexOf("/");
  return slash < 0
    ? { bucket: whole, name: "" }
    : { bucket: whole.slice(0, slash), name: whole.slice(slash + 1) };
}

/** @throws {DocferryError} `invalid_authorization` for one that is there twice: which of them is signed could not be told */
function parametersIn(url: string): Map<string, string> {
  const at = url.indexOf("?");
  const found = new Map<string, string>();
  const lower = new Set<string>();
  for (const [name, value] of at < 0 ? [] : new URLSearchParams(url.slice(at + 1))) {
    if (lower.has(name.toLowerCase())) {
      throw new DocferryError("invalid_authorization", `Parameter ${name} is there twice`);
    }
    lower.add(name.toLowerCase());
    found.set(name, value);
  }
  return found;
}
