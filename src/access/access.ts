import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type {
  AccountStore,
  AppRecord,
  CloudKeyRecord,
  EnvironmentRecord,
  ShareRecord,
} from "../store/account-store.ts";
import {
  checkId,
  checkSecret,
  randomAppId,
  randomSecret,
  randomSecretId,
  randomSecretKey,
} from "./account-names.ts";
import { isSameKey, parseApiKey } from "./api-key.ts";
import { SecretChecks } from "./app-secret.ts";
import { accountOf, type Caller } from "./caller.ts";
import { EnvironmentReach } from "./environment-reach.ts";
import { KnownTokens } from "./known-tokens.ts";
import { Platforms } from "./platforms.ts";
import type { PlatformTokensOptions } from "./platform-tokens.ts";
import { openKey, sealKey } from "./sealed-key.ts";
import {
  type KeyHolder,
  type OpenedKey,
  type TemporaryKey,
  TemporaryKeys,
} from "./temporary-keys.ts";
import { LogIns } from "./log-ins.ts";
import { type IssuedToken, Tokens, type TokensOptions } from "./tokens.ts";
import type { UsageLimits } from "./usage-limits.ts";

export interface AppCredentials {
  appId: string;
  secret: string;
}

/** What somebody shows who wants a token. */
export interface AppLogIn extends AppCredentials {
  /** Address of the client; this process itself has none. */
  client?: string;
}

export interface CloudKey {
  secretId: string;
  secretKey: string;
}

export interface AddressKey {
  key: KeyObject;
  /**
   * The app to which what is signed was given, where the environment is not its own but shared with it: the end of the share ends
   * it. null: what is signed is its owner's.
   */
  sharedWith: string | null;
}

/** What the vendor wants of an app before an environment is shared with it: "development and data analysis". */
const sharingSet = 18;

export type AccessOptions = TokensOptions & PlatformTokensOptions & { limits: UsageLimits };

/**
 * Who may do what: apps and their secrets, environments, tokens and Cloud API keys. Everything that a request needs is in
 * memory; every change is in the store first.
 */
export class Access {
  readonly platforms: Platforms;
  /** Which environment is in whose reach. */
  readonly reach: EnvironmentReach;
  readonly #store: AccountStore;
  readonly #clock: () => number;
  readonly #random: (length: number) => Uint8Array;
  readonly #known: KnownTokens;
  readonly #tokens: Tokens;
  readonly #secrets: SecretChecks;
  readonly #logIns: LogIns;
  /** What accounts and environments may ask for. */
  readonly limits: UsageLimits;
  readonly #sealing: Uint8Array;
  readonly #temporaryKeys: TemporaryKeys;
  readonly #addresses: Uint8Array;
  readonly #addressKeys = new WeakMap<EnvironmentRecord | ShareRecord, KeyObject>();
  readonly #apps = new Map<string, AppRecord>();
  readonly #cloudKeys = new Map<string, CloudKeyRecord>();
  /** Keys in clear: to open one costs more than to check a signature. */
  readonly #openedKeys = new WeakMap<CloudKeyRecord, string>();

  private constructor(options: AccessOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#known = new KnownTokens(options.clock);
    this.#tokens = new Tokens(options, this.#known);
    this.#secrets = new SecretChecks(options.random);
    this.limits = options.limits;
    this.#logIns = new LogIns(this.#secrets, options.limits, options.clock);
    this.platforms = new Platforms(options, this.#known, this.#secrets, this.#logIns);
    this.#sealing = options.serverKey.derive("cloud api keys");
    this.#temporaryKeys = new TemporaryKeys(options.serverKey.derive("temporary keys"));
    this.#addresses = options.serverKey.derive("signed addresses");
    this.reach = new EnvironmentReach(options);
  }

  static async open(options: AccessOptions): Promise<Access> {
    const access = new Access(options);
    for (const app of await options.store.apps()) access.#apps.set(app.id, app);
    await access.reach.load();
    for (const key of await options.store.cloudKeys()) access.#cloudKeys.set(key.secretId, key);
    const tokens = (await options.store.tokens()).map((token) => ({
      issuedAt: token.issuedAt,
      restore: () => access.#tokens.restore(token),
    }));
    const ofPlatforms = await access.platforms.load();
    const inOrder = [...tokens, ...ofPlatforms].sort((a, b) => a.issuedAt - b.issuedAt);
    for (const token of inOrder) token.restore();
    return access;
  }

  /**
   * A new token of the plain kind.
   * @throws {DocferryError} `unknown_app`, `component_credentials`, `minute_limit`, `day_limit`, and those of `LogIns.check`
   */
  async appToken(logIn: AppLogIn): Promise<IssuedToken> {
    return this.#tokens.plain(await this.#checkedApp(logIn));
  }

  /**
   * The app's token of the stable kind.
   * @throws {DocferryError} as `appToken`
   */
  async stableToken(request: AppLogIn & { forceRefresh: boolean }): Promise<IssuedToken> {
    return this.#tokens.stable(await this.#checkedApp(request), request.forceRefresh);
  }

  /**
   * Whom an access token of any kind speaks for. What that caller may do is the question of `requireCall` and
   * `requireEnvironment`.
   * @throws {DocferryError} `token_unknown`, `token_superseded`, `token_expired`, `authorization_gone`
   */
  authenticate(token: string): Caller {
    return this.#known.callerOf(token);
  }

  /** Whose token that was, whether or not it still holds. It opens nothing. */
  tokenOwner(token: string): { account: string; holds: boolean } | undefined {
    return this.#known.ownerOf(token);
  }

  /** Unix ms from when on an account of this id is the one that is there now. */
  accountSince(account: string): number {
    const app = this.#apps.get(account);
    if (app) return app.createdAt;
    return this.platforms.has(account) ? this.platforms.platform(account).createdAt : 0;
  }

  /**
   * Whom the bearer of a call of our own API speaks for: an access token of any kind, or an API key.
   * @param client its address: a key is its own log-in
   * @throws {DocferryError} what `authenticate` throws, `api_key_unknown`, `address_not_allowed`
   */
  authenticateBearer(text: string, client?: string): Caller {
    const shown = parseApiKey(text);
    if (!shown) return this.authenticate(text);
    const key = this.cloudKey(shown.secretId);
    if (key && isSameKey(shown.secretKey, key.secretKey)) {
      if (client !== undefined) this.requireAddress(key.appId, client);
      return { kind: "app", appId: key.appId };
    }
    throw new DocferryError("api_key_unknown", "The API key is not one of ours");
  }

  /** Whether an account may show a secret or a key from there. @throws {DocferryError} `address_not_allowed` */
  requireAddress(account: string, client: string): void {
    this.#logIns.requireAddress("app", account, client);
  }

  /**
   * @throws {DocferryError} `no_cloudbase` if the caller's account has no environment at all, `environment_not_found` if not
   *   this one
   */
  requireEnvironment(caller: Caller, environment: string): void {
    if (this.reaches(caller, environment)) return;
    const account = accountOf(caller);
    if (caller.kind !== "component" && !this.#hasAny(account)) {
      throw new DocferryError("no_cloudbase", `App ${account} has no environment`);
    }
    throw new DocferryError(
      "environment_not_found",
      `${caller.kind === "component" ? "Platform" : "App"} ${account} has no environment ${JSON.stringify(environment)}`,
    );
  }

  #hasAny(appId: string): boolean {
    return this.reach.ownedBy(appId).length > 0 || this.reach.sharedTo(appId).length > 0;
  }

  /** Whether the caller reaches the environment: see `EnvironmentReach.reaches`. */
  reaches(caller: Caller, environment: string): boolean {
    return this.reach.reaches(caller, environment);
  }

  hasApp(appId: string): boolean {
    return this.#apps.has(appId);
  }

  hasEnvironment(environment: string): boolean {
    return this.reach.has(environment);
  }

  /** Whether the secret is the app's. @throws {DocferryError} `unknown_app`, `busy` */
  async hasSecret({ appId, secret }: AppCredentials): Promise<boolean> {
    return this.#secrets.matches(secret, this.#requireApp(appId, "unknown_app").secretHash);
  }

  /** Ids, oldest first; the same for the next two. */
  apps(): string[] {
    return [...this.#apps.keys()];
  }

  /** Unix ms. @throws {DocferryError} `app_not_found` */
  appCreatedAt(appId: string): number {
    return this.#requireApp(appId, "app_not_found").createdAt;
  }

  environments(account: string): string[] {
    return this.reach.ownedBy(account).map(({ id }) => id);
  }

  /** Unix ms. @throws {DocferryError} `environment_not_found` */
  environmentCreatedAt(environment: string): number {
    return this.reach.recordOf(environment).createdAt;
  }

  /**
   * What addresses and upload tickets that a caller asks for are signed with.
   * @throws {DocferryError} `environment_not_found`
   */
  addressKeyFor(caller: Caller, environment: string): AddressKey {
    const sharedWith = this.reach.throughShare(caller, environment);
    const key = this.addressKey(environment, sharedWith);
    if (key) return { key, sharedWith };
    throw new DocferryError("environment_not_found", `No environment ${environment}`);
  }

  /**
   * The key of what was given out; null where it opens nothing any more. An environment that is removed and added again under its
   * id has another one, and so has a share.
   * @param sharedWith as that of `AddressKey`
   */
  addressKey(environment: string, sharedWith: string | null): KeyObject | null {
    if (!this.reach.has(environment)) return null;
    const record = this.reach.recordOf(environment);
    const generation = [record.id, record.createdAt];
    if (sharedWith === null) return this.#addressKeyOf(record, generation);
    const share = this.reach.shareOf(environment, sharedWith);
    return share ? this.#addressKeyOf(share, [...generation, share.appId, share.createdAt]) : null;
  }

  /** @param holder with which the key ends @param generation what tells it from all others */
  #addressKeyOf(holder: EnvironmentRecord | ShareRecord, generation: unknown[]): KeyObject {
    let key = this.#addressKeys.get(holder);
    if (!key) {
      const digest = createHmac("sha256", this.#addresses).update(JSON.stringify(generation));
      key = createSecretKey(digest.digest());
      this.#addressKeys.set(holder, key);
    }
    return key;
  }

  cloudKeys(appId: string): string[] {
    return [...this.#cloudKeys.values()]
      .filter((key) => key.appId === appId)
      .map(({ secretId }) => secretId);
  }

  /** @throws {DocferryError} `invalid_config` if it was sealed with another server key */
  cloudKey(secretId: string): { appId: string; secretKey: string } | undefined {
    const key = this.#cloudKeys.get(secretId);
    if (!key) return undefined;
    let secretKey = this.#openedKeys.get(key);
    if (secretKey === undefined) {
      secretKey = openKey(key.sealedKey, secretId, this.#sealing);
      this.#openedKeys.set(key, secretKey);
    }
    return { appId: key.appId, secretKey };
  }

  /**
   * A key that ends by itself, for whoever may not have a lasting one.
   * @throws {DocferryError} `app_not_found`
   */
  temporaryKey(caller: KeyHolder, seconds: number): TemporaryKey {
    const app = this.#requireApp(caller.appId, "app_not_found");
    const [now, nonce] = [this.#clock(), this.#random(12)];
    return this.#temporaryKeys.issue(caller, app, { seconds, now, nonce });
  }

  /**
   * Whose key a request is signed with, and the key.
   * @param key with `token` where it is a temporary one
   * @throws {DocferryError} `unknown_secret_id`, `wrong_key_token`; `invalid_config` if it was sealed with another server key
   */
  signer(key: { secretId: string; token: string | null }): OpenedKey {
    const { secretId, token } = key;
    const lasting = this.cloudKey(secretId);
    if (token !== null) {
      if (lasting) {
        throw new DocferryError("wrong_key_token", `Key ${secretId} is no temporary one`);
      }
      return this.#temporaryKeys.open(
        { secretId, token },
        { appOf: (id) => this.#apps.get(id), now: this.#clock() },
      );
    }
    if (!lasting) throw new DocferryError("unknown_secret_id", `No Cloud API key ${secretId}`);
    return { caller: { kind: "app", appId: lasting.appId }, secretKey: lasting.secretKey };
  }

  /**
   * An app, its environment and its Cloud API key in one transaction, if there is no app yet; what is not named is random.
   * @returns null if there is one
   */
  async addFirst(
    named: Partial<AppCredentials & CloudKey & { environment: string }>,
  ): Promise<(AppCredentials & CloudKey & { environment: string }) | null> {
    const app = await this.#newApp(named);
    const environment = this.reach.record({ kind: "app", id: app.record.id }, named.environment);
    const cloudKey = this.#newCloudKey(app.record.id, named);
    const added = await this.#store.addFirst({
      app: app.record,
      environment,
      cloudKey: cloudKey.record,
    });
    if (!added) return null;
    this.#apps.set(app.record.id, app.record);
    this.reach.added(environment);
    this.#cloudKeys.set(cloudKey.record.secretId, cloudKey.record);
    return {
      appId: app.record.id,
      secret: app.secret,
      environment: environment.id,
      secretId: cloudKey.record.secretId,
      secretKey: cloudKey.secretKey,
    };
  }

  /** What is not named is random. @throws {DocferryError} `invalid_argument`, `conflict` */
  async addApp(named: Partial<AppCredentials> = {}): Promise<AppCredentials> {
    const { record, secret } = await this.#newApp(named);
    await this.#store.addApp(record);
    this.#apps.set(record.id, record);
    return { appId: record.id, secret };
  }

  /**
   * Gives the app another secret; all its tokens end.
   * @returns the secret
   * @throws {DocferryError} `invalid_argument`, `app_not_found`
   */
  async rotateSecret(appId: string, named?: string): Promise<string> {
    const secret = checkSecret("The secret", named ?? randomSecret(this.#random));
    const secretHash = await this.#secrets.hash(secret);
    const old = this.#requireApp(appId, "app_not_found");
    const now = this.#clock();
    await this.#store.setSecret({ appId, secretHash, now });
    this.#apps.set(appId, { ...old, secretHash });
    this.#secrets.forget(old.secretHash);
    this.#tokens.endAll(appId, now);
    return secret;
  }

  /**
   * With its environments' names, tokens and keys.
   * @param empty removes what is in its environments, which nobody can reach any more by then; what it throws undoes that
   * @throws {DocferryError} `app_not_found`
   */
  async removeApp(
    appId: string,
    empty: (environment: string) => Promise<void> = async () => {},
  ): Promise<void> {
    const app = this.#requireApp(appId, "app_not_found");
    for (const environment of this.environments(appId)) {
      await this.removeEnvironment(environment, () => empty(environment));
    }
    await this.#store.removeApp(appId);
    this.#apps.delete(appId);
    this.reach.forget(appId);
    for (const secretId of this.cloudKeys(appId)) this.#cloudKeys.delete(secretId);
    this.#secrets.forget(app.secretHash);
    this.#tokens.forgetApp(appId);
    this.platforms.forgetApp(appId);
    this.limits.forget({ kind: "account", id: appId });
  }

  /** @returns its id @throws {DocferryError} `invalid_argument`, `conflict`, `app_not_found` */
  async addEnvironment(appId: string, named?: string): Promise<string> {
    return (await this.reach.add({ kind: "app", id: appId }, named)).id;
  }

  /**
   * @param empty removes what is in it, which nobody can reach any more by then; what it throws undoes that
   * @throws {DocferryError} `environment_not_found`
   */
  async removeEnvironment(
    environment: string,
    empty: () => Promise<void> = async () => {},
  ): Promise<void> {
    await this.reach.remove(environment, empty);
    this.limits.forget({ kind: "environment", id: environment });
  }

  /**
   * With its environments, tickets, codes, authorisations and tokens.
   * @param empty as that of `removeApp`
   * @throws {DocferryError} `platform_not_found`
   */
  async removePlatform(
    platformId: string,
    empty: (environment: string) => Promise<void> = async () => {},
  ): Promise<void> {
    this.platforms.platform(platformId);
    for (const environment of this.environments(platformId)) {
      await this.removeEnvironment(environment, () => empty(environment));
    }
    await this.platforms.remove(platformId);
    this.reach.forget(platformId);
  }

  /**
   * A platform lets an app reach one of its environments. The app's owner has let it do that.
   * @throws {DocferryError} `environment_not_found`, `app_not_found`, `authorization_gone`, `permission_set_missing`
   */
  async shareEnvironment(share: {
    platformId: string;
    environment: string;
    appId: string;
  }): Promise<void> {
    const { platformId, environment, appId } = share;
    this.requireEnvironment({ kind: "component", platformId }, environment);
    this.#requireApp(appId, "app_not_found");
    if (!this.platforms.authorization(platformId, appId).sets.includes(sharingSet)) {
      throw new DocferryError(
        "permission_set_missing",
        `App ${appId} has not granted platform ${platformId} permission set ${sharingSet}`,
      );
    }
    await this.reach.share(environment, appId);
  }

  /** @throws {DocferryError} `invalid_argument`, `conflict`, `app_not_found` */
  async addCloudKey(appId: string, named: Partial<CloudKey> = {}): Promise<CloudKey> {
    const { record, secretKey } = this.#newCloudKey(appId, named);
    await this.#store.addCloudKey(record);
    this.#cloudKeys.set(record.secretId, record);
    return { secretId: record.secretId, secretKey };
  }

  /** Whether it was there. */
  async removeCloudKey(secretId: string): Promise<boolean> {
    const removed = await this.#store.removeCloudKey(secretId);
    this.#cloudKeys.delete(secretId);
    return removed;
  }

  /** @throws {DocferryError} as `appToken` */
  async requireSecret(logIn: AppLogIn): Promise<void> {
    await this.#checkedApp(logIn);
  }

  async #checkedApp({ appId, secret, client }: AppLogIn): Promise<AppRecord> {
    if (this.platforms.has(appId)) {
      throw new DocferryError("component_credentials", `${appId} is a platform, not an app`);
    }
    const app = this.#requireApp(appId, "unknown_app");
    const { secretHash } = app;
    await this.#logIns.check({ kind: "app", id: appId, secret, secretHash, client });
    // Behind the secret: nobody can use up another's requests.
    this.limits.admit("account", appId);
    return app;
  }

  #requireApp(appId: string, code: "unknown_app" | "app_not_found"): AppRecord {
    const app = this.#apps.get(appId);
    if (!app) throw new DocferryError(code, `No app ${JSON.stringify(appId)}`);
    return app;
  }

  async #newApp(named: Partial<AppCredentials>): Promise<{ record: AppRecord; secret: string }> {
    const id = checkId("App", named.appId ?? randomAppId(this.#random));
    const secret = checkSecret("The secret", named.secret ?? randomSecret(this.#random));
    const secretHash = await this.#secrets.hash(secret);
    return { record: { id, secretHash, createdAt: this.#clock() }, secret };
  }

  #newCloudKey(appId: string, named: Partial<CloudKey>) {
    const secretId = checkId("Cloud API key", named.secretId ?? randomSecretId(this.#random));
    const secretKey = checkSecret(
      "The secret key",
      named.secretKey ?? randomSecretKey(this.#random),
    );
    const sealedKey = sealKey(secretKey, secretId, this.#sealing, this.#random(12));
    const record: CloudKeyRecord = { secretId, appId, sealedKey, createdAt: this.#clock() };
    return { record, secretKey };
  }
}
