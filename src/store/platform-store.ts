// PORT. Where platforms live, with what apps granted them. As with the account store it keeps values and the facts that must be
// one transaction; the rules are access/. No secret, ticket, code or token stands here in clear. What it promises is written as
// the suite test/contract/platform-store.ts. Times are unix ms and come from the caller.

export interface PlatformRecord {
  id: string;
  /** As access/app-secret.ts writes it. */
  secretHash: string;
  /** Hosts (`host` or `host:port`) to which the consent page may lead back. */
  redirectHosts: readonly string[];
  createdAt: number;
}

export interface TicketRecord {
  platformId: string;
  /** SHA-256, hex; the same for the next ones. */
  hash: string;
  setAt: number;
}

/** What an app lets a platform do. There is at most one of an app and a platform. */
export interface AuthorizationRecord {
  /** Random. It stays when the app authorises anew, and goes when it revokes. */
  id: string;
  platformId: string;
  appId: string;
  /** From 1, one more each time the app authorises anew. */
  generation: number;
  /** Numbers of permission sets, ascending. */
  sets: readonly number[];
  createdAt: number;
  updatedAt: number;
}

export interface PlatformTokenRecord {
  hash: string;
  platformId: string;
  /** null for the platform's own; else that of an authorisation, which may be gone. */
  authorization: { id: string; appId: string } | null;
  issuedAt: number;
  expiresAt: number;
  /** From when on it is refused because a newer one took its place. */
  supersededFrom: number | null;
}

/** A code that leads to the consent page. */
export interface PreAuthCodeRecord {
  hash: string;
  platformId: string;
  expiresAt: number;
}

/** A code for which the platform gets its tokens, once. */
export interface AuthorizationCodeRecord {
  hash: string;
  platformId: string;
  appId: string;
  expiresAt: number;
}

export interface PlatformStore {
  /** All of them, oldest first; equal times in order of id or hash. The same for the next three. */
  platforms(): Promise<PlatformRecord[]>;
  tickets(): Promise<TicketRecord[]>;
  authorizations(): Promise<AuthorizationRecord[]>;
  platformTokens(): Promise<PlatformTokenRecord[]>;
  preAuthCode(hash: string): Promise<PreAuthCodeRecord | undefined>;
  /** Only while what was authorised then has neither been revoked nor authorised anew. */
  authorizationCode(hash: string): Promise<AuthorizationCodeRecord | undefined>;

  /** @throws {DocferryError} `conflict` if a platform or an app has the id */
  addPlatform(platform: PlatformRecord): Promise<void>;
  /** With its tickets, codes, authorisations and tokens. Whether it was there. */
  removePlatform(id: string): Promise<boolean>;
  /**
   * Adds a ticket, or sets its time anew; forgets those of the platform that were set before `forgetBefore`.
   * @throws {DocferryError} `platform_not_found`
   */
  setTicket(change: TicketRecord & { forgetBefore: number }): Promise<void>;
  /**
   * Forgets a bounded number of codes that expired before `forgetBefore`, more than it adds.
   * @throws {DocferryError} `platform_not_found`
   */
  addPreAuthCode(code: PreAuthCodeRecord & { forgetBefore: number }): Promise<void>;
  /**
   * The app authorises the platform, for the first time or anew: then the sets are these, and the generation is the next.
   * @param change.authorizationId of an authorisation that is the first
   * @param change.codes uses up the code that led here, and adds the one that the platform gets
   * @returns null, and nothing changed, if the code that led here is used up already
   * @throws {DocferryError} `platform_not_found`, `app_not_found`
   */
  authorize(change: {
    platformId: string;
    appId: string;
    authorizationId: string;
    sets: readonly number[];
    now: number;
    codes: { preAuthHash: string; hash: string; expiresAt: number } | null;
  }): Promise<AuthorizationRecord | null>;
  /** Whether there was one. */
  revoke(pair: { platformId: string; appId: string }): Promise<boolean>;

  /**
   * Adds a token; the earlier newest one of the same platform and app is refused from `supersededFrom` on. Forgets a bounded
   * number of tokens that ended before `forgetBefore`, more than it adds. On the disk when this returns.
   * @param issue.secretHash of a platform that has shown its secret
   * @param issue.code uses up this authorisation code
   * @returns false, and nothing changed, if the code is used up already
   * @throws {DocferryError} `platform_not_found`, `wrong_secret` if `secretHash` is no longer the platform's,
   *   `authorization_gone` if the token's authorisation is
   */
  issuePlatformToken(issue: {
    token: PlatformTokenRecord;
    secretHash?: string;
    code?: string;
    supersededFrom: number;
    forgetBefore: number;
  }): Promise<boolean>;
}
