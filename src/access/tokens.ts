import { createHmac } from "node:crypto";
import type { AccountStore, AppRecord, StableRecord, TokenRecord } from "../store/account-store.ts";
import { hashToken, type KnownToken, type KnownTokens } from "./known-tokens.ts";
import type { ServerKey } from "./server-key.ts";
import { graceMs, nextStable, tokenFault } from "./token-rules.ts";

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

/** The tokens of apps. A token is in the store before its caller gets it, so it outlives the process. */
export class Tokens {
  readonly #store: AccountStore;
  readonly #clock: () => number;
  readonly #random: (length: number) => Uint8Array;
  readonly #lifeMs: number;
  readonly #stableKey: Buffer;
  readonly #known: KnownTokens;
  /** Each app's newest plain token. */
  readonly #newestPlain = new Map<string, KnownToken>();
  /** The last stable call of each app, which the next one waits for. */
  readonly #stableTurns = new Map<string, Promise<unknown>>();

  constructor(options: TokensOptions, known: KnownTokens) {
    this.#known = known;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#lifeMs = options.tokenSeconds * 1000;
    this.#stableKey = options.serverKey.derive("stable tokens");
  }

  /** Takes one up that the store has. */
  restore(record: TokenRecord): void {
    this.#remember(record);
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
      forgetBefore: this.#known.forgetBefore(now),
    });
    // Answers come in the order of the commits, so the newest here is the newest there.
    const previous = this.#newestPlain.get(app.id);
    if (previous) previous.supersededFrom = supersededFrom;
    this.#known.forgetEnded(now);
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
    for (const token of this.#ofApp(appId)) {
      if (!tokenFault(token, now)) token.supersededFrom = now;
    }
    this.#newestPlain.delete(appId);
  }

  /** The app is gone, and its tokens with it. */
  forgetApp(appId: string): void {
    for (const { hash } of this.#ofApp(appId)) this.#known.delete(hash);
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
      forgetBefore: this.#known.forgetBefore(now),
    });
    if (!done) return false;
    if (next.endOthersNow) {
      for (const other of this.#ofApp(app.id)) {
        if (other.kind === "stable") other.supersededFrom ??= now;
      }
    }
    this.#known.forgetEnded(now);
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

  #remember({ appId, ...token }: TokenRecord): void {
    const known: KnownToken = { ...token, caller: { kind: "app", appId } };
    this.#known.add(known);
    if (known.kind === "plain" && known.supersededFrom === null) {
      this.#newestPlain.set(appId, known);
    }
  }

  /** Those of the app itself, oldest first; not those of platforms that act for it. */
  *#ofApp(appId: string): Iterable<KnownToken> {
    for (const token of this.#known.all()) {
      if (token.caller.kind === "app" && token.caller.appId === appId) yield token;
    }
  }
}
