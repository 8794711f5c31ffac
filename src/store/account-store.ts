// PORT. Where apps, their environments, tokens and Cloud API keys live. It keeps values and the facts that must be one
// transaction; the rules (how long, who supersedes whom, what a secret is) are access/. No secret and no token stands here in
// clear. What it promises is written as the suite test/contract/account-store.ts. Times are unix ms and come from the caller.

export interface AppRecord {
  id: string;
  /** As access/app-secret.ts writes it; never the secret. */
  secretHash: string;
  createdAt: number;
}

/** Whose an environment is. */
export interface EnvironmentOwner {
  kind: "app" | "platform";
  id: string;
}

export interface EnvironmentRecord {
  id: string;
  owner: EnvironmentOwner;
  createdAt: number;
}

/** An app that reaches a platform's environment. */
export interface ShareRecord {
  environment: string;
  appId: string;
  createdAt: number;
}

export interface TokenRecord {
  /** SHA-256 of the token, hex. */
  hash: string;
  appId: string;
  kind: "plain" | "stable";
  issuedAt: number;
  expiresAt: number;
  /** From when on the token is refused because a newer one took its place; null while it is the newest. */
  supersededFrom: number | null;
}

/** Where an app stands with its stable token: the token itself is derived from the generation. */
export interface StableRecord {
  appId: string;
  /** From 1, one more with each new token. */
  generation: number;
  issuedAt: number;
  expiresAt: number;
  /** The last forced refresh; null before the first. */
  forcedAt: number | null;
  /** The day of the last forced refresh (see access/token-rules.ts), and how many there were on it. */
  forcedDay: number;
  forcedCount: number;
}

export interface CloudKeyRecord {
  secretId: string;
  appId: string;
  /** Encrypted; only access/ can read it. */
  sealedKey: Uint8Array;
  createdAt: number;
}

export interface AccountStore {
  /** All of them, oldest first; equal times in order of id. The same for the next four. */
  apps(): Promise<AppRecord[]>;
  environments(): Promise<EnvironmentRecord[]>;
  /** In order of environment and app. */
  shares(): Promise<ShareRecord[]>;
  cloudKeys(): Promise<CloudKeyRecord[]>;
  /** All that are not forgotten, oldest first. */
  tokens(): Promise<TokenRecord[]>;
  stable(appId: string): Promise<StableRecord | undefined>;

  /** The first app with all it needs, in one transaction. False, and nothing changed, if there is an app already. */
  addFirst(first: {
    app: AppRecord;
    environment: EnvironmentRecord;
    cloudKey: CloudKeyRecord;
  }): Promise<boolean>;
  /** @throws {DocferryError} `conflict` if an app or a platform has the id */
  addApp(app: AppRecord): Promise<void>;
  /** @throws {DocferryError} `conflict` if the id is taken, `app_not_found`, `platform_not_found` */
  addEnvironment(environment: EnvironmentRecord): Promise<void>;
  /** One that is there stays as it is. @throws {DocferryError} `environment_not_found`, `app_not_found` */
  share(share: ShareRecord): Promise<void>;
  /** Whether it was there. */
  unshare(share: { environment: string; appId: string }): Promise<boolean>;
  /** @throws {DocferryError} `conflict` if the id is taken, `app_not_found` */
  addCloudKey(key: CloudKeyRecord): Promise<void>;
  /**
   * Gives an app another secret and ends every token that the old one got.
   * @throws {DocferryError} `app_not_found`
   */
  setSecret(change: { appId: string; secretHash: string; now: number }): Promise<void>;
  /** With its environments, tokens, keys and what was shared with it. Whether it was there; the same for the next two. */
  removeApp(id: string): Promise<boolean>;
  removeEnvironment(id: string): Promise<boolean>;
  removeCloudKey(secretId: string): Promise<boolean>;

  /**
   * Adds a plain token; the app's earlier newest one is refused from `supersededFrom` on. Forgets a bounded number of tokens
   * that ended before `forgetBefore`, more than it adds. On the disk when this returns; the same for `issueStable`.
   * @throws {DocferryError} `app_not_found`, `wrong_secret` if `secretHash` is no longer the app's
   */
  issuePlain(issue: {
    token: TokenRecord;
    secretHash: string;
    supersededFrom: number;
    forgetBefore: number;
  }): Promise<void>;
  /**
   * Moves an app to its next stable token, and with `supersededFrom` refuses its earlier stable ones from then on.
   * False, and nothing changed, if `from` is not the present generation (0: none yet): somebody else was faster.
   * @throws {DocferryError} `app_not_found`, `wrong_secret` if `secretHash` is no longer the app's
   */
  issueStable(issue: {
    from: number;
    next: StableRecord;
    token: TokenRecord;
    secretHash: string;
    supersededFrom: number | null;
    forgetBefore: number;
  }): Promise<boolean>;
}
