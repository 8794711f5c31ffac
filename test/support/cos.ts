import { createHash, createHmac } from "node:crypto";

/** What a request to COS is signed with, and what of it is not as it should be. */
export interface CosSigning {
  secretId: string;
  secretKey: string;
  token?: string;
  /** Unix ms. */
  now: number;
  host: string;
  /** Names of headers that are signed; the host where it is not given. */
  headers?: string[];
  /** Names of parameters that are signed; all of them where it is not given. */
  parameters?: string[];
  algorithm?: string;
}

/**
 * Headers of a signed request to a bucket, as the specification has it.
 * @param name of the file, as it is
 */
export function cosHeaders(
  method: string,
  name: string,
  query: Record<string, string>,
  signing: CosSigning,
  more: Record<string, string> = {},
): Record<string, string> {
  const { secretId, secretKey, now, host, algorithm = "sha1" } = signing;
  const sent: Record<string, string> = { host, ...more };
  const headers = signing.headers ?? ["host"];
  const parameters = (signing.parameters ?? Object.keys(query)).toSorted();
  const time = `${Math.floor(now / 1000) - 1};${Math.floor(now / 1000) + 899}`;
  const text = [
    method.toLowerCase(),
    `/${name}`,
    parameters.map((one) => `${encoded(one).toLowerCase()}=${encoded(query[one] ?? "")}`).join("&"),
    headers.map((one) => `${one}=${encoded(sent[one] ?? "")}`).join("&"),
    "",
  ].join("\n");
  const signKey = createHmac("sha1", secretKey).update(time).digest("hex");
  const digest = createHash("sha1").update(text).digest("hex");
  const signature = createHmac("sha1", signKey).update(`sha1\n${time}\n${digest}\n`).digest("hex");
  return {
    ...sent,
    authorization:
      `q-sign-algorithm=${algorithm}&q-ak=${secretId}&q-sign-time=${time}&q-key-time=${time}` +
      `&q-header-list=${headers.join(";")}&q-url-param-list=${parameters.map((one) => encoded(one).toLowerCase()).join(";")}` +
      `&q-signature=${signature}`,
    ...(signing.token !== undefined && { "x-cos-security-token": signing.token }),
  };
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
