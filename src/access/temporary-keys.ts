import { createHmac, timingSafeEqual } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type { AppRecord } from "../store/account-store.ts";

/** A Cloud API key that ends by itself. */
export interface TemporaryKey {
  secretId: string;
  secretKey: string;
  /** Goes beside each signature: it says whose key it is. */
  token: string;
  /** Unix seconds. */
  expiresAt: number;
}

interface Claims {
  appId: string;
  /** Unix seconds. */
  expiresAt: number;
}

/** Characters; ours have at most half of it. */
const longestToken = 1024;

/**
 * Temporary keys, of which nothing is stored: all that a key is follows from what its token says and from a key of the server's,
 * so they outlive a restart. The app's secret is part of it: a new secret, or an app that was removed and comes back under its
 * id, ends them.
 */
export class TemporaryKeys {
  readonly #key: Uint8Array;

  /** @param key 32 bytes, of the server key */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param nonce what makes it differ from others of the same second */
  issue(app: AppRecord, expiresAt: number, nonce: Uint8Array): TemporaryKey {
    const nonceText = Buffer.from(nonce).toString("base64url");
    const said = Buffer.from(JSON.stringify([app.id, expiresAt, nonceText])).toString("base64url");
    return { ...this.#derive(said, app), expiresAt };
  }

  /**
   * The app of a key, and what it signs with.
   * @param appOf gives an app of the service
   * @param now unix ms
   * @throws {DocferryError} `wrong_key_token`
   */
  open(
    { secretId, token }: { secretId: string; token: string },
    { appOf, now }: { appOf: (id: string) => AppRecord | undefined; now: number },
  ): { appId: string; secretKey: string } {
    const [said = ""] = token.split(".", 1);
    const claims = token.length <= longestToken ? claimsIn(said) : null;
    const app = claims && appOf(claims.appId);
    if (!claims || !app) throw notOurs();
    const derived = this.#derive(said, app);
    if (!same(token, derived.token) || !same(secretId, derived.secretId)) throw notOurs();
    if (now >= claims.expiresAt * 1000) {
      throw new DocferryError("wrong_key_token", "The temporary key has ended");
    }
    return { appId: app.id, secretKey: derived.secretKey };
  }

  #derive(said: string, app: AppRecord): Omit<TemporaryKey, "expiresAt"> {
    const mac = (purpose: string) =>
      createHmac("sha256", this.#key)
        .update(JSON.stringify([purpose, said, app.secretHash]))
        .digest();
    return {
      secretId: `AKID${mac("id").toString("hex", 0, 16)}`,
      secretKey: mac("secret").toString("base64url"),
      token: `${said}.${mac("token").toString("base64url")}`,
    };
  }
}

/** What a token says of itself; null for what is none. */
function claimsIn(said: string): Claims | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(said, "base64url").toString());
    if (!Array.isArray(claims)) return null;
    const [appId, expiresAt] = claims as unknown[];
    if (typeof appId !== "string" || !Number.isSafeInteger(expiresAt)) return null;
    return { appId, expiresAt: expiresAt as number };
  } catch {
    return null;
  }
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function notOurs(): DocferryError {
  return new DocferryError("wrong_key_token", "The token is not one of this key");
}
