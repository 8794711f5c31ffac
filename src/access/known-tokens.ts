import { hash as hashOf } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import { accountOf, type Caller } from "./caller.ts";
import { rememberMs, tokenFault } from "./token-rules.ts";

/** A token that was given out. Times are unix ms. */
export interface KnownToken {
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  readonly kind: "plain" | "stable" | "component" | "authorizer";
  readonly caller: Caller;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** From when on it is refused because a newer one took its place. */
  supersededFrom: number | null;
}

/** So many tokens are known at the same time before ended ones are forgotten early. About 30 MB. */
const manyTokens = 100_000;

/** More clients than ask at a time; less than a megabyte. */
const manyHashes = 4096;

/** Ended tokens that one issue forgets at most, here as in the store. */
const forgetPerIssue = 100;

/**
 * The tokens of every kind that were given out: all that still hold, and for a day those that ended. A check is one look-up in
 * memory. It knows nothing of how tokens are made: that is `Tokens` for apps, `Platforms` for platforms.
 */
export class KnownTokens {
  readonly #clock: () => number;
  /** By hash, in order of issue. */
  readonly #known = new Map<string, KnownToken>();
  /** Hashes of tokens that were shown lately and are known: a client shows the same one with each of its queries. */
  readonly #hashes = new Map<string, string>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /**
   * @throws {DocferryError} `token_unknown`, `token_superseded`, `token_expired`, `authorization_gone`
   */
  callerOf(token: string): Caller {
    const known = this.#find(token);
    if (!known) throw new DocferryError("token_unknown", "The access token is not one of ours");
    const fault = tokenFault(known, this.#clock());
    if (fault === "token_superseded") {
      throw new DocferryError(fault, "A newer access token took this one's place");
    }
    if (fault === "token_expired") throw new DocferryError(fault, "The access token has expired");
    const { caller } = known;
    if (caller.kind === "authorizer" && !caller.grant.standing) {
      throw new DocferryError(
        "authorization_gone",
        `The authorisation of platform ${caller.platformId} by app ${caller.appId} was revoked`,
      );
    }
    return caller;
  }

  /** Whose token that was, however it ended, and whether it still holds; undefined: it is not known, or no longer. */
  ownerOf(token: string): { account: string; holds: boolean } | undefined {
    const known = this.#known.get(hashToken(token));
    if (!known) return undefined;
    const { caller } = known;
    const gone = caller.kind === "authorizer" && !caller.grant.standing;
    return {
      account: accountOf(caller),
      holds: !gone && tokenFault(known, this.#clock()) === null,
    };
  }

  #find(token: string): KnownToken | undefined {
    const shown = this.#hashes.get(token);
    if (shown !== undefined) return this.#known.get(shown);
    const hash = hashToken(token);
    const known = this.#known.get(hash);
    if (known) {
      if (this.#hashes.size === manyHashes) this.#hashes.clear();
      this.#hashes.set(token, hash);
    }
    return known;
  }

  get(hash: string): KnownToken | undefined {
    return this.#known.get(hash);
  }

  /** Oldest first. */
  all(): Iterable<KnownToken> {
    return this.#known.values();
  }

  /** Newer than all that were added before. */
  add(token: KnownToken): void {
    this.#known.set(token.hash, token);
  }

  delete(hash: string): void {
    this.#known.delete(hash);
  }

  /** What ended before this need not be known any longer: for the store, too. */
  forgetBefore(now: number): number {
    return this.#known.size < manyTokens ? now - rememberMs : now;
  }

  /** The same bounded work as the store's: a look at the oldest, a few of which go. */
  forgetEnded(now: number): void {
    const before = this.forgetBefore(now);
    let looks = 0;
    for (const [hash, token] of this.#known) {
      if (looks++ === forgetPerIssue) return;
      const endedAt = Math.min(token.expiresAt, token.supersededFrom ?? token.expiresAt);
      if (endedAt < before) this.#known.delete(hash);
    }
  }
}

export function hashToken(token: string): string {
  return hashOf("sha256", token, "hex");
}
