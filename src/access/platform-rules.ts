import { DocferryError } from "../job/errors.ts";

/** How long a ticket holds from when it was set. The vendor sends a new one every ten minutes, which hold side by side. */
export const ticketLifeMs = 12 * 3_600_000;

/** How long an old ticket and an expired code are remembered, so that "expired" can be told from "never was". */
export const rememberPlatformMs = 24 * 3_600_000;

/** ms that a code leads to the consent page, and that the code which it gives can be used. */
export const preAuthCodeLifeMs = 600_000;
export const authorizationCodeLifeMs = 600_000;

/**
 * Numbers of permission sets, ascending and without doubles.
 * @throws {DocferryError} `invalid_argument`
 */
export function checkSets(sets: readonly number[]): number[] {
  const wrong = sets.find((set) => !Number.isInteger(set) || set < 1 || set > 9999);
  if (wrong !== undefined) {
    throw new DocferryError(
      "invalid_argument",
      `Permission set ${wrong} is no integer from 1 to 9999`,
    );
  }
  if (sets.length === 0) {
    throw new DocferryError("invalid_argument", "An authorisation has at least one permission set");
  }
  return [...new Set(sets)].sort((a, b) => a - b);
}

/**
 * Where the consent page may lead back to, as it is compared: `host`, or `host:port`.
 * @throws {DocferryError} `invalid_argument`
 */
export function checkRedirectHost(host: string): string {
  try {
    const { host: parsed } = new URL(`http://${host}/`);
    if (parsed === host.toLowerCase()) return parsed;
  } catch {
    // Told below.
  }
  throw new DocferryError(
    "invalid_argument",
    `Redirect host ${JSON.stringify(host)} is not a host or host:port, such as example.com or example.com:8443`,
  );
}

const loopback = ["localhost", "127.0.0.1", "[::1]"];

/**
 * The address that an authorisation code may be sent to: on a host that the operator named for the platform; while he named
 * none, on this machine only. The code goes to whoever gets it first, so an address that anybody may put into a link would let
 * him feed one account's code to another's page.
 * @throws {DocferryError} `invalid_argument`
 */
export function checkRedirect(redirectUri: string, hosts: readonly string[]): URL {
  let url: URL;
  try {
    url = new URL(redirectUri);
  } catch {
    throw new DocferryError("invalid_argument", "redirect_uri is not a whole address");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new DocferryError("invalid_argument", "redirect_uri is neither https: nor http:");
  }
  if (url.username !== "" || url.password !== "") {
    throw new DocferryError("invalid_argument", "redirect_uri has a user in it");
  }
  const allowed = hosts.length === 0 ? loopback : hosts;
  // A host that was named without a port stands for all of its ports.
  if (allowed.includes(url.host) || allowed.includes(url.hostname)) return url;
  throw new DocferryError(
    "invalid_argument",
    `redirect_uri leads to ${url.host}, which the operator has not named for this platform: docferry platform add --redirect-host names hosts`,
  );
}
