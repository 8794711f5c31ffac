import { createHash, createHmac } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type { AccountStore, AppRecord, StableRecord, TokenRecord } from "../store/account-store.ts";
import type { ServerKey } from "./server-key.ts";
import { graceMs, nextStable, rememberMs, tokenFault } from "./token-rules.ts";

/** A token as its caller gets it. */
export interface IssuedToken {
  token: string;
  /** Whole seconds that it still lives. */
  expiresIn: number;
}

export interface TokensOptions {
  store: AccountStore;
  serverKey: ServerKey;
  /** Unix ms. */
  clock: () => number;
  random: (length: number) => Uint8Array;
  tokenSeconds: number;
}

/** So many tokens are known at the same time before ended ones are forgotten early. About 30 MB. */
const manyTokens = 100_000;

/** Ended tokens that one issue forgets at most, here as in the store. */
const forgetPerIssue = 100;

/**
 * The tokens that were given out: all that still hold, and for a day those that ended. A check is one look-up in memory. A
 * token is in the store before its caller gets it, so it outlives the process.
 */
export class Tokens {
  readonly #store: AccountStore;
  readonly #clock: () => number;
  readonly #random: (length: number) => Uint8Array;
  readonly #lifeMs: number;
  readonly #stableKey: Buffer;
  /** By hash, in order of issue. */
  readonly #known = new Map<string, TokenRecord>();
  /** Each app's newest plain token. */
  readonly #newestPlain = new Map<string, TokenRecord>();
  /** The last stable call of each app, which the next one waits for. */
  readonly #stableTurns = new Map<string, Promise<unknown>>();

  constructor(options: TokensOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#lifeMs = options.tokenSeconds * 1000;
    this.#stableKey = options.serverKey.derive("stable tokens");
  }

  async load(): Promise<void> {
    for (const token of await this.#store.tokens()) this.#remember(token);
  }

  /**
   * The app that a token stands for.
   * @throws {DocferryError} `token_unknown`, `token_superseded`, `token_expired`
   */
  appOf(token: string): string {
    const known = this.#known.get(hashToken(token));
    if (!known) throw new DocferryError("token_unknown", "The access token is not one of ours");
    const fault = tokenFault(known, this.#clock());
    if (fault === "token_superseded") {
      throw new DocferryError(fault, "A newer access token took this one's place");
    }
    if (fault === "token_expired") throw new DocferryError(fault, "The access token has expired");
    return known.appId;
  }

  /** A new plain token; the one before holds for five more minutes. */
  async plain(app: AppRecord): Promise<IssuedToken> {
    const token = Buffer.from(this.#random(48)).toString("base64url");
    const now = this.#clock();
    const record = this.#record(app.id, "plain", token, now);
    const supersededFrom = now + graceMs;
    await this.#store.issuePlain({
      token: record,
      secretHash: app.secretHash,
      supersededFrom,
      forgetBefore: this.#forgetBefore(now),
    });
    // Answers come in the order of the commits, so the newest here is the newest there.
    const previous = this.#newestPlain.get(app.id);
    if (previous) previous.supersededFrom = supersededFrom;
    this.#forgetEnded(now);
    this.#remember(record);
    return { token, expiresIn: Math.floor(this.#lifeMs / 1000) };
  }

  /** The app's stable token, a new one where the rules say so. One call of an app at a time: all of them get the same. */
  stable(app: AppRecord, force: boolean): Promise<IssuedToken> {
    const before = this.#stableTurns.get(app.id) ?? Promise.resolve();
    const mine = before.then(() => this.#stableInTurn(app, force));
    this.#stableTurns.set(
      app.id,
      mine.catch(() => {}),
    );
    return mine;
  }

  /** Every token of the app ends now: as the store's `setSecret` has it. */
  endAll(appId: string, now: number): void {
    for (const token of this.#known.values()) {
      if (token.appId === appId && !tokenFault(token, now)) token.supersededFrom = now;
    }
    this.#newestPlain.delete(appId);
  }

  /** The app is gone, and its tokens with it. */
  forgetApp(appId: string): void {
    for (const [hash, token] of this.#known) if (token.appId === appId) this.#known.delete(hash);
    this.#newestPlain.delete(appId);
    this.#stableTurns.delete(appId);
  }

  async #stableInTurn(app: AppRecord, force: boolean): Promise<IssuedToken> {
    for (;;) {
      const now = this.#clock();
      const last = await this.#store.stable(app.id);
      const next = nextStable(last && this.#holds(app, last, now) ? last : null, last, {
        appId: app.id,
        now,
        lifeMs: this.#lifeMs,
        force,
      });
      const current = next?.record ?? last;
      if (!current) throw new Error("nextStable gives a first token");
      const token = this.#stableToken(app, current.generation);
      if (next && !(await this.#issueStable(app, token, last, next, now))) continue;
      return { token, expiresIn: Math.floor((current.expiresAt - now) / 1000) };
    }
  }

  /** Whether that generation's token is known and good: not after another secret, or another server key. */
  #holds(app: AppRecord, stable: StableRecord, now: number): boolean {
    const known = this.#known.get(hashToken(this.#stableToken(app, stable.generation)));
    return known !== undefined && tokenFault(known, now) === null;
  }

  /** False if another process was faster. */
  async #issueStable(
    app: AppRecord,
    token: string,
    last: StableRecord | undefined,
    next: { record: StableRecord; endOthersNow: boolean },
    now: number,
  ): Promise<boolean> {
    const record = this.#record(app.id, "stable", token, now);
    const done = await this.#store.issueStable({
      from: last?.generation ?? 0,
      next: next.record,
      token: record,
      secretHash: app.secretHash,
      supersededFrom: next.endOthersNow ? now : null,
      forgetBefore: this.#forgetBefore(now),
    });
    if (!done) return false;
    if (next.endOthersNow) {
      for (const other of this.#known.values()) {
        if (other.appId === app.id && other.kind === "stable") other.supersededFrom ??= now;
      }
    }
    this.#forgetEnded(now);
    this.#remember(record);
    return true;
  }

  /**
   * The secret's hash is part of it, so that neither a new secret nor an app that was removed and comes back under the same
   * id can meet a token from before.
   */
  #stableToken(app: AppRecord, generation: number): string {
    return createHmac("sha512", this.#stableKey)
      .update(JSON.stringify([app.id, generation, app.secretHash]))
      .digest("base64url");
  }

  #record(appId: string, kind: TokenRecord["kind"], token: string, now: number): TokenRecord {
    return {
      hash: hashToken(token),
      appId,
      kind,
      issuedAt: now,
      expiresAt: now + this.#lifeMs,
      supersededFrom: null,
    };
  }

  #remember(token: TokenRecord): void {
    this.#known.set(token.hash, token);
    if (token.kind === "plain" && token.supersededFrom === null) {
      this.#newestPlain.set(token.appId, token);
    }
  }

  #forgetBefore(now: number): number {
    return this.#known.size < manyTokens ? now - rememberMs : now;
  }

  /** The same bounded work as the store's: a look at the oldest, a few of which go. */
  #forgetEnded(now: number): void {
    const before = this.#forgetBefore(now);
    let looks = 0;
    for (const [hash, token] of this.#known) {
      if (looks++ === forgetPerIssue) return;
      const endedAt = Math.min(token.expiresAt, token.supersededFrom ?? token.expiresAt);
      if (endedAt < before) this.#known.delete(hash);
    }
  }
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
