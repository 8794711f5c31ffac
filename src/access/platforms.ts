import { timingSafeEqual } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type { PlatformRecord, PlatformStore } from "../store/platform-store.ts";
import { checkId, checkSecret, randomAppId, randomSecret } from "./account-names.ts";
import type { SecretChecks } from "./app-secret.ts";
import { hashToken, type KnownTokens } from "./known-tokens.ts";
import {
  authorizationCodeLifeMs,
  checkRedirectHost,
  checkSets,
  preAuthCodeLifeMs,
  rememberPlatformMs,
  ticketLifeMs,
} from "./platform-rules.ts";
import {
  type Authorization,
  PlatformTokens,
  type PlatformTokensOptions,
} from "./platform-tokens.ts";
import type { LogIns } from "./log-ins.ts";
import type { IssuedToken } from "./tokens.ts";
import type { UsageLimits } from "./usage-limits.ts";

/** A code as its reader gets it. */
export interface IssuedCode {
  code: string;
  /** Whole seconds that it lives. */
  expiresIn: number;
}

/** What a platform has of an app. */
export interface AuthorizationView {
  platformId: string;
  appId: string;
  /** Ascending. */
  sets: readonly number[];
  refreshToken: string;
}

/**
 * Platforms, and what apps let them do. Everything that a request needs is in memory, but for codes, which are used once; every
 * change is in the store first.
 */
export class Platforms {
  readonly #store: PlatformStore;
  readonly #clock: () => number;
  readonly #random: (length: number) => Uint8Array;
  readonly #secrets: SecretChecks;
  readonly #logIns: LogIns;
  readonly #limits: UsageLimits;
  readonly #tokens: PlatformTokens;
  readonly #platforms = new Map<string, PlatformRecord>();
  /** When each ticket was set, by its hash, by platform. */
  readonly #tickets = new Map<string, Map<string, number>>();
  /** By platform and app. */
  readonly #authorizations = new Map<string, Authorization>();

  constructor(
    options: PlatformTokensOptions & { limits: UsageLimits },
    known: KnownTokens,
    secrets: SecretChecks,
    logIns: LogIns,
  ) {
    this.#logIns = logIns;
    this.#limits = options.limits;
    this.#store = options.platforms;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#secrets = secrets;
    this.#tokens = new PlatformTokens(options, known);
  }

  /** What the store has. @returns takes up the tokens, which must come in the order of issue with those of apps */
  async load(): Promise<{ issuedAt: number; restore(): void }[]> {
    for (const platform of await this.#store.platforms()) {
      this.#platforms.set(platform.id, platform);
    }
    for (const { platformId, hash, setAt } of await this.#store.tickets()) {
      this.#ticketsOf(platformId).set(hash, setAt);
    }
    const byId = new Map<string, Authorization>();
    for (const record of await this.#store.authorizations()) {
      const authorization = { record, grant: { sets: new Set(record.sets), standing: true } };
      byId.set(record.id, authorization);
      this.#authorizations.set(keyOf(record), authorization);
    }
    return (await this.#store.platformTokens()).map((token) => ({
      issuedAt: token.issuedAt,
      restore: () => this.#tokens.restore(token, byId.get(token.authorization?.id ?? "")),
    }));
  }

  /**
   * A token of the platform itself.
   * @throws {DocferryError} `unknown_app`, `wrong_ticket`, `ticket_expired`, `minute_limit`, `day_limit`, and those of
   *   `LogIns.check`
   */
  async componentToken(shown: {
    platformId: string;
    secret: string;
    ticket: string;
    /** Address of the client; this process itself has none. */
    client?: string;
  }): Promise<IssuedToken> {
    const platform = this.#platforms.get(shown.platformId);
    if (!platform) {
      throw new DocferryError("unknown_app", `No platform ${JSON.stringify(shown.platformId)}`);
    }
    const { id, secretHash } = platform;
    const { secret, client } = shown;
    await this.#logIns.check({ kind: "platform", id, secret, secretHash, client });
    this.#limits.admit("account", id);
    const setAt = this.#ticketsOf(platform.id).get(hashToken(shown.ticket));
    if (setAt === undefined) {
      throw new DocferryError("wrong_ticket", `That is no ticket of platform ${platform.id}`);
    }
    if (setAt + ticketLifeMs <= this.#clock()) {
      throw new DocferryError("ticket_expired", `The ticket was set more than 12 hours ago`);
    }
    return this.#tokens.component(platform);
  }

  /** A code that leads to the consent page. @throws {DocferryError} `platform_not_found` */
  async createPreAuthCode(platformId: string): Promise<IssuedCode> {
    const code = this.#newCode("preauthcode@@@");
    const now = this.#clock();
    await this.#store.addPreAuthCode({
      hash: hashToken(code),
      platformId,
      expiresAt: now + preAuthCodeLifeMs,
      forgetBefore: now - rememberPlatformMs,
    });
    return { code, expiresIn: preAuthCodeLifeMs / 1000 };
  }

  /** @throws {DocferryError} `code_unknown`, `code_expired` */
  async checkPreAuthCode(platformId: string, code: string): Promise<void> {
    this.#requireFresh(platformId, await this.#store.preAuthCode(hashToken(code)));
  }

  /**
   * The app's owner, who has proved himself, says yes: uses up the code that led him here.
   * @returns the code for which the platform gets its tokens
   * @throws {DocferryError} `code_unknown`, `code_expired`, `invalid_argument`
   */
  async consent(given: {
    platformId: string;
    preAuthCode: string;
    appId: string;
    sets: readonly number[];
  }): Promise<IssuedCode> {
    const { platformId, preAuthCode, appId } = given;
    await this.checkPreAuthCode(platformId, preAuthCode);
    const code = this.#newCode("queryauthcode@@@");
    await this.#authorize({ platformId, appId, sets: given.sets }, (now) => ({
      preAuthHash: hashToken(preAuthCode),
      hash: hashToken(code),
      expiresAt: now + authorizationCodeLifeMs,
    }));
    return { code, expiresIn: authorizationCodeLifeMs / 1000 };
  }

  /**
   * What an authorisation code stands for, once.
   * @throws {DocferryError} `code_unknown`, `code_expired`
   */
  async redeem(
    platformId: string,
    code: string,
  ): Promise<{ authorization: AuthorizationView; issued: IssuedToken }> {
    const hash = hashToken(code);
    const found = await this.#store.authorizationCode(hash);
    const { appId } = this.#requireFresh(platformId, found);
    const authorization = this.#require(platformId, appId);
    const issued = await this.#tokens.authorizer(authorization, hash);
    return { authorization: this.#view(authorization), issued };
  }

  /**
   * The next token for an app.
   * @throws {DocferryError} `authorization_gone`, `refresh_token_unknown`
   */
  async refresh(
    platformId: string,
    appId: string,
    refreshToken: string,
  ): Promise<{ authorization: AuthorizationView; issued: IssuedToken }> {
    const authorization = this.#require(platformId, appId);
    const view = this.#view(authorization);
    if (!sameText(refreshToken, view.refreshToken)) {
      throw new DocferryError(
        "refresh_token_unknown",
        "That is not the refresh token of the latest authorisation",
      );
    }
    return { authorization: view, issued: await this.#tokens.authorizer(authorization) };
  }

  /** @throws {DocferryError} `authorization_gone` */
  authorization(platformId: string, appId: string): AuthorizationView {
    return this.#view(this.#require(platformId, appId));
  }

  has(platformId: string): boolean {
    return this.#platforms.has(platformId);
  }

  /** @throws {DocferryError} `platform_not_found` */
  platform(platformId: string): { redirectHosts: readonly string[]; createdAt: number } {
    const platform = this.#platforms.get(platformId);
    if (platform) return platform;
    throw new DocferryError("platform_not_found", `No platform ${JSON.stringify(platformId)}`);
  }

  /** Ids, oldest first. */
  platforms(): string[] {
    return [...this.#platforms.keys()];
  }

  /** What apps let the platform do, oldest first. */
  authorizations(platformId: string): { appId: string; sets: readonly number[]; since: number }[] {
    return [...this.#authorizations.values()]
      .filter(({ record }) => record.platformId === platformId)
      .map(({ record }) => ({
        appId: record.appId,
        sets: record.sets,
        since: record.updatedAt,
      }));
  }

  /** What is not named is random. @throws {DocferryError} `invalid_argument`, `conflict` */
  async add(named: {
    platformId?: string;
    secret?: string;
    redirectHosts?: readonly string[];
  }): Promise<{ platformId: string; secret: string; redirectHosts: readonly string[] }> {
    const id = checkId("Platform", named.platformId ?? randomAppId(this.#random));
    const secret = checkSecret("The secret", named.secret ?? randomSecret(this.#random));
    const redirectHosts = (named.redirectHosts ?? []).map(checkRedirectHost);
    const secretHash = await this.#secrets.hash(secret);
    const record = { id, secretHash, redirectHosts, createdAt: this.#clock() };
    await this.#store.addPlatform(record);
    this.#platforms.set(id, record);
    return { platformId: id, secret, redirectHosts };
  }

  /** With its tickets, codes, authorisations and tokens. @throws {DocferryError} `platform_not_found` */
  async remove(platformId: string): Promise<void> {
    this.platform(platformId);
    await this.#store.removePlatform(platformId);
    this.#platforms.delete(platformId);
    this.#limits.forget({ kind: "account", id: platformId });
    this.#tickets.delete(platformId);
    this.#drop((pair) => pair.platformId === platformId);
    this.#tokens.forget({ platformId });
  }

  /**
   * Sets a ticket, which holds 12 hours from now; those before it go on to their own end.
   * @returns the ticket, and the unix ms at which it ends
   * @throws {DocferryError} `invalid_argument`, `platform_not_found`
   */
  async setTicket(
    platformId: string,
    named?: string,
  ): Promise<{ ticket: string; expiresAt: number }> {
    const ticket = checkSecret("The ticket", named ?? this.#newCode("ticket@@@"));
    this.platform(platformId);
    const setAt = this.#clock();
    const forgetBefore = setAt - ticketLifeMs - rememberPlatformMs;
    await this.#store.setTicket({ platformId, hash: hashToken(ticket), setAt, forgetBefore });
    const tickets = this.#ticketsOf(platformId);
    for (const [hash, since] of tickets) if (since < forgetBefore) tickets.delete(hash);
    tickets.set(hashToken(ticket), setAt);
    return { ticket, expiresAt: setAt + ticketLifeMs };
  }

  /**
   * By the operator's word: no code is asked for.
   * @throws {DocferryError} `invalid_argument`, `platform_not_found`, `app_not_found`
   */
  async authorize(given: {
    platformId: string;
    appId: string;
    sets: readonly number[];
  }): Promise<AuthorizationView> {
    return this.#view(await this.#authorize(given, () => null));
  }

  /** All tokens of it are refused from now on. @throws {DocferryError} `platform_not_found`, `authorization_not_found` */
  async revoke(platformId: string, appId: string): Promise<void> {
    this.platform(platformId);
    if (!(await this.#store.revoke({ platformId, appId }))) {
      throw new DocferryError(
        "authorization_not_found",
        `App ${JSON.stringify(appId)} does not authorise platform ${platformId}`,
      );
    }
    this.#drop((pair) => pair.platformId === platformId && pair.appId === appId);
  }

  /** The app is gone, and with it what it let platforms do. */
  forgetApp(appId: string): void {
    this.#drop((pair) => pair.appId === appId);
    this.#tokens.forget({ appId });
  }

  async #authorize(
    { platformId, appId, sets }: { platformId: string; appId: string; sets: readonly number[] },
    codes: (now: number) => Parameters<PlatformStore["authorize"]>[0]["codes"],
  ): Promise<Authorization> {
    const checked = checkSets(sets);
    const now = this.#clock();
    const record = await this.#store.authorize({
      platformId,
      appId,
      authorizationId: Buffer.from(this.#random(16)).toString("hex"),
      sets: checked,
      now,
      codes: codes(now),
    });
    if (!record) throw new DocferryError("code_unknown", "The code was used meanwhile");
    const key = keyOf({ platformId, appId });
    const known = this.#authorizations.get(key);
    if (known && known.record.id === record.id) {
      known.record = record;
      known.grant.sets = new Set(record.sets);
      return known;
    }
    const made = { record, grant: { sets: new Set(record.sets), standing: true } };
    this.#authorizations.set(key, made);
    return made;
  }

  #drop(which: (pair: { platformId: string; appId: string }) => boolean): void {
    for (const [key, { record, grant }] of this.#authorizations) {
      if (!which(record)) continue;
      grant.standing = false;
      this.#authorizations.delete(key);
    }
  }

  #require(platformId: string, appId: string): Authorization {
    const authorization = this.#authorizations.get(keyOf({ platformId, appId }));
    if (authorization) return authorization;
    throw new DocferryError(
      "authorization_gone",
      `App ${JSON.stringify(appId)} does not authorise platform ${platformId}`,
    );
  }

  /** A code of another platform is none. */
  #requireFresh<T extends { platformId: string; expiresAt: number }>(
    platformId: string,
    code: T | undefined,
  ): T {
    if (code?.platformId !== platformId) {
      throw new DocferryError("code_unknown", "The code is none of this platform's, or was used");
    }
    if (code.expiresAt > this.#clock()) return code;
    throw new DocferryError("code_expired", "The code has expired");
  }

  #view(authorization: Authorization): AuthorizationView {
    const { platformId, appId, sets } = authorization.record;
    return {
      platformId,
      appId,
      sets,
      refreshToken: this.#tokens.refreshToken(authorization.record),
    };
  }

  #ticketsOf(platformId: string): Map<string, number> {
    let tickets = this.#tickets.get(platformId);
    if (!tickets) this.#tickets.set(platformId, (tickets = new Map()));
    return tickets;
  }

  #newCode(prefix: string): string {
    return `${prefix}${Buffer.from(this.#random(32)).toString("base64url")}`;
  }
}

function keyOf({ platformId, appId }: { platformId: string; appId: string }): string {
  return `${platformId} ${appId}`;
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
