import { createHmac, timingSafeEqual } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type { AppRecord } from "../store/account-store.ts";
import type { Caller } from "./caller.ts";

/** A Cloud API key that ends by itself. */
export interface TemporaryKey {
  secretId: string;
  secretKey: string;
  /** Goes beside each signature: it says whose key it is. */
  token: string;
  /** Unix seconds. */
  expiresAt: number;
}

/** Who may have a temporary key: an app, or a platform that acts for one. */
export type KeyHolder = Exclude<Caller, { kind: "component" }>;

/** The holder of a key, and what it signs with. */
export interface OpenedKey {
  caller: KeyHolder;
  secretKey: string;
}

interface Claims {
  appId: string;
  /** Unix seconds. */
  expiresAt: number;
  /** The platform that it was given to; null: the app itself. */
  platformId: string | null;
}

/** Characters; ours have at most half of it. */
const longestToken = 1024;

/** So many keys of platforms are known at a time before the oldest are forgotten. */
const manyGranted = 10_000;

/**
 * Temporary keys, of which nothing is stored: all that a key is follows from what its token says and from a key of the server's,
 * so they outlive a restart. The app's secret is part of it: a new secret, or an app that was removed and comes back under its
 * id, ends them.
 *
 * Those of platforms are known by heart besides, with the grant that they stand on: when that is gone they are gone at once. They
 * end with the process.
 */
export class TemporaryKeys {
  readonly #key: Uint8Array;
  /** Platforms' keys by token, in order of issue. */
  readonly #granted = new Map<string, { caller: KeyHolder; expiresAt: number }>();

  /** @param key 32 bytes, of the server key */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * @param options.now unix ms
   * @param options.nonce what makes it differ from others of the same second
   */
  issue(
    caller: KeyHolder,
    app: AppRecord,
    options: { seconds: number; now: number; nonce: Uint8Array },
  ): TemporaryKey {
    const now = Math.floor(options.now / 1000);
    const expiresAt = now + options.seconds;
    const platform = caller.kind === "authorizer" ? caller.platformId : null;
    const nonce = Buffer.from(options.nonce).toString("base64url");
    const said = JSON.stringify([app.id, expiresAt, platform, nonce]);
    const key = { ...this.#derive(Buffer.from(said).toString("base64url"), app), expiresAt };
    if (platform !== null) {
      for (const [token, granted] of this.#granted) {
        if (granted.expiresAt <= now) this.#granted.delete(token);
        else if (this.#granted.size < manyGranted) break;
        else this.#granted.delete(token);
      }
      this.#granted.set(key.token, { caller, expiresAt });
    }
    return key;
  }

  /**
   * Opens the key that a token stands for.
   * @param appOf gives an app of the service
   * @param now unix ms
   * @throws {DocferryError} `wrong_key_token`
   */
  open(
    { secretId, token }: { secretId: string; token: string },
    { appOf, now }: { appOf: (id: string) => AppRecord | undefined; now: number },
  ): OpenedKey {
    const [said = ""] = token.split(".", 1);
    const claims = token.length <= longestToken ? claimsIn(said) : null;
    const app = claims && appOf(claims.appId);
    if (!claims || !app) throw notOurs();
    const derived = this.#derive(said, app);
    if (!same(token, derived.token) || !same(secretId, derived.secretId)) throw notOurs();
    if (now >= claims.expiresAt * 1000) {
      throw new DocferryError("wrong_key_token", "The temporary key has ended");
    }
    const { secretKey } = derived;
    if (claims.platformId === null) return { caller: { kind: "app", appId: app.id }, secretKey };
    const caller = this.#granted.get(token)?.caller;
    if (caller?.kind === "authorizer" && caller.grant.standing) return { caller, secretKey };
    throw new DocferryError(
      "wrong_key_token",
      "The authorisation that the temporary key stood on is gone",
    );
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
    const [appId, expiresAt, platformId] = claims as unknown[];
    if (typeof appId !== "string" || !Number.isSafeInteger(expiresAt)) return null;
    if (platformId !== null && typeof platformId !== "string") return null;
    return { appId, expiresAt: expiresAt as number, platformId };
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
