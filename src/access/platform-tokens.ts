import { createHmac } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type {
  AuthorizationRecord,
  PlatformRecord,
  PlatformStore,
  PlatformTokenRecord,
} from "../store/platform-store.ts";
import type { Caller, Grant } from "./caller.ts";
import { hashToken, type KnownToken, type KnownTokens } from "./known-tokens.ts";
import type { ServerKey } from "./server-key.ts";
import { graceMs } from "./token-rules.ts";
import type { IssuedToken } from "./tokens.ts";

export interface PlatformTokensOptions {
  platforms: PlatformStore;
  serverKey: ServerKey;
  /** Unix ms. */
  clock: () => number;
  random: (length: number) => Uint8Array;
  tokenSeconds: number;
}

/** An authorisation with what tokens see of it. */
export interface Authorization {
  record: AuthorizationRecord;
  readonly grant: Grant;
}

/**
 * The tokens of platforms, by the rule of an app's plain ones: each call gives a new one, and the one before goes on for five
 * minutes. A platform's own tokens, and those that it has for each app, do not touch each other.
 */
export class PlatformTokens {
  readonly #store: PlatformStore;
  readonly #clock: () => number;
  readonly #random: (length: number) => Uint8Array;
  readonly #lifeMs: number;
  readonly #refreshKey: Buffer;
  readonly #known: KnownTokens;
  /** The newest by platform, and app where it acts for one. */
  readonly #newest = new Map<string, KnownToken>();

  constructor(options: PlatformTokensOptions, known: KnownTokens) {
    this.#store = options.platforms;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#lifeMs = options.tokenSeconds * 1000;
    this.#refreshKey = options.serverKey.derive("refresh tokens");
    this.#known = known;
  }

  /**
   * Takes one up that the store has.
   * @param authorization what it comes from, if that stands
   */
  restore(record: PlatformTokenRecord, authorization: Authorization | undefined): void {
    this.#remember(record, authorization?.grant ?? { sets: new Set(), standing: false });
  }

  /** @throws {DocferryError} `platform_not_found`, `wrong_secret` if the platform has changed meanwhile */
  async component(platform: PlatformRecord): Promise<IssuedToken> {
    const { token, record } = this.#make(platform.id, null);
    await this.#issue(record, { secretHash: platform.secretHash });
    this.#succeed(record, null);
    return { token, expiresIn: Math.floor(this.#lifeMs / 1000) };
  }

  /**
   * @param code hash of the authorisation code that it is for
   * @throws {DocferryError} `authorization_gone` if it was revoked meanwhile, `code_unknown` if the code was used meanwhile
   */
  async authorizer({ record, grant }: Authorization, code?: string): Promise<IssuedToken> {
    const { platformId, id, appId } = record;
    const made = this.#make(platformId, { id, appId });
    await this.#issue(made.record, code === undefined ? {} : { code });
    this.#succeed(made.record, grant);
    return { token: made.token, expiresIn: Math.floor(this.#lifeMs / 1000) };
  }

  /** Good until the app authorises anew or revokes: it is derived, so that it comes back without being stored. */
  refreshToken({ id, platformId, appId, generation }: AuthorizationRecord): string {
    const digest = createHmac("sha256", this.#refreshKey)
      .update(JSON.stringify([platformId, appId, id, generation]))
      .digest("base64url");
    return `refreshtoken@@@${digest}`;
  }

  /** All of the platform's, or those that it has for the app, are unknown from now on. */
  forget(gone: { platformId: string } | { appId: string }): void {
    for (const { caller, hash } of this.#known.all()) {
      if (isOf(caller, gone)) this.#known.delete(hash);
    }
    for (const [key, { caller }] of this.#newest) if (isOf(caller, gone)) this.#newest.delete(key);
  }

  #make(platformId: string, authorization: PlatformTokenRecord["authorization"]) {
    const token = Buffer.from(this.#random(48)).toString("base64url");
    const now = this.#clock();
    const record: PlatformTokenRecord = {
      hash: hashToken(token),
      platformId,
      authorization,
      issuedAt: now,
      expiresAt: now + this.#lifeMs,
      supersededFrom: null,
    };
    return { token, record };
  }

  async #issue(
    token: PlatformTokenRecord,
    proof: { secretHash?: string; code?: string },
  ): Promise<void> {
    const { issuedAt } = token;
    const issued = await this.#store.issuePlatformToken({
      token,
      ...proof,
      supersededFrom: issuedAt + graceMs,
      forgetBefore: this.#known.forgetBefore(issuedAt),
    });
    if (!issued) throw new DocferryError("code_unknown", "The code was used meanwhile");
  }

  /** Answers come in the order of the commits, so the newest here is the newest there. */
  #succeed(record: PlatformTokenRecord, grant: Grant | null): void {
    const previous = this.#newest.get(keyOf(record));
    if (previous) previous.supersededFrom = record.issuedAt + graceMs;
    this.#known.forgetEnded(record.issuedAt);
    this.#remember(record, grant);
  }

  #remember(record: PlatformTokenRecord, grant: Grant | null): void {
    const { hash, issuedAt, expiresAt, supersededFrom, platformId, authorization } = record;
    const caller: Caller =
      authorization && grant
        ? { kind: "authorizer", appId: authorization.appId, platformId, grant }
        : { kind: "component", platformId };
    const known: KnownToken = {
      hash,
      kind: caller.kind === "authorizer" ? "authorizer" : "component",
      caller,
      issuedAt,
      expiresAt,
      supersededFrom,
    };
    this.#known.add(known);
    if (supersededFrom === null) this.#newest.set(keyOf(record), known);
  }
}

function keyOf({ platformId, authorization }: PlatformTokenRecord): string {
  return `${platformId} ${authorization?.appId ?? ""}`;
}

function isOf(caller: Caller, gone: { platformId: string } | { appId: string }): boolean {
  if (caller.kind === "app") return false;
  if ("platformId" in gone) return caller.platformId === gone.platformId;
  return caller.kind === "authorizer" && caller.appId === gone.appId;
}
