import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const cookieName = "docferry_consent";

/**
 * Proves that a form was filled in on a page that this server gave to this browser. Without it another site could send the form
 * by a visitor's browser with its own app's secret, and so bind its app to the visitor's account at the platform.
 *
 * The browser holds a random cookie that no other site can read or have sent along (SameSite=Strict); the form holds what this
 * server's key makes of the cookie and of the address that was shown.
 */
export class FormTokens {
  readonly #key: Uint8Array;

  /** @param key 32 bytes, for nothing else */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * @param url of the page, with its query
   * @param cookies the request's Cookie header
   * @returns what goes into the form, and the Set-Cookie header
   */
  issue(
    url: string,
    cookies: string | undefined,
    { secure, path }: { secure: boolean; path: string },
  ): { token: string; setCookie: string } {
    // The same browser may have the page open twice.
    const nonce = nonceOf(cookies) ?? randomBytes(24).toString("base64url");
    const setCookie = `${cookieName}=${nonce}; Path=${path}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
    return { token: this.#tokenOf(url, nonce), setCookie };
  }

  matches(url: string, cookies: string | undefined, token: string): boolean {
    const nonce = nonceOf(cookies);
    if (nonce === null) return false;
    const [expected, shown] = [Buffer.from(this.#tokenOf(url, nonce)), Buffer.from(token)];
    return expected.length === shown.length && timingSafeEqual(expected, shown);
  }

  #tokenOf(url: string, nonce: string): string {
    return createHmac("sha256", this.#key).update(`${nonce} ${url}`).digest("base64url");
  }
}

function nonceOf(cookies: string | undefined): string | null {
  for (const cookie of (cookies ?? "").split(";")) {
    const [, nonce] = /^ *docferry_consent=([A-Za-z0-9_-]{32}) *$/.exec(cookie) ?? [];
    if (nonce !== undefined) return nonce;
  }
  return null;
}
