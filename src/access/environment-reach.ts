import { DocferryError } from "../job/errors.ts";
import type {
  AccountStore,
  EnvironmentOwner,
  EnvironmentRecord,
  ShareRecord,
} from "../store/account-store.ts";
import { checkEnvironmentId, randomEnvironmentId } from "./account-names.ts";
import { accountOf, type Caller } from "./caller.ts";

type Options = {
  store: Pick<
    AccountStore,
    "environments" | "shares" | "addEnvironment" | "removeEnvironment" | "share" | "unshare"
  >;
  /** Unix ms. */
  clock: () => number;
  random: (length: number) => Uint8Array;
};

/**
 * Which environment is in whose reach: its owner's, an app or a platform, and that of apps with which its platform shares it.
 * In memory; every change is in the store first.
 */
export class EnvironmentReach {
  readonly #options: Options;
  readonly #environments = new Map<string, EnvironmentRecord>();
  /** By environment, then by app. */
  readonly #shares = new Map<string, Map<string, ShareRecord>>();

  constructor(options: Options) {
    this.#options = options;
  }

  async load(): Promise<void> {
    const { store } = this.#options;
    for (const record of await store.environments()) this.#environments.set(record.id, record);
    for (const share of await store.shares())
      this.#sharesOf(share.environment).set(share.appId, share);
  }

  /** Whether a caller reaches it: the owner himself, who acts for him, or an app that it is shared with. The one place that says so. */
  reaches(caller: Caller, environment: string): boolean {
    const owner = this.#environments.get(environment)?.owner.id;
    if (owner === undefined) return false;
    if (owner === accountOf(caller)) return true;
    // What is shared is not shared on: a platform that has something shared with it would be another's app.
    return caller.kind !== "component" && this.#shares.get(environment)?.has(caller.appId) === true;
  }

  /** The app through whose share a caller reaches an environment; null for its owner and who acts for him. */
  throughShare(caller: Caller, environment: string): string | null {
    const account = accountOf(caller);
    return this.#environments.get(environment)?.owner.id === account ? null : account;
  }

  /** The share of an environment with an app: the same object as long as it stands. */
  shareOf(environment: string, appId: string): ShareRecord | undefined {
    return this.#shares.get(environment)?.get(appId);
  }

  has(environment: string): boolean {
    return this.#environments.has(environment);
  }

  /**
   * One that is removed and added again under its id has another record.
   * @throws {DocferryError} `environment_not_found`
   */
  recordOf(environment: string): EnvironmentRecord {
    const record = this.#environments.get(environment);
    if (!record) throw notFound(environment);
    return record;
  }

  /** Ids of all, apps' and platforms'. */
  all(): string[] {
    return [...this.#environments.keys()];
  }

  /** The account's own, oldest first; the same for the next. */
  ownedBy(account: string): EnvironmentRecord[] {
    return [...this.#environments.values()].filter(({ owner }) => owner.id === account);
  }

  /** Those of others that are shared with an app. */
  sharedTo(appId: string): EnvironmentRecord[] {
    return [...this.#environments.values()].filter(({ id }) => this.#shares.get(id)?.has(appId));
  }

  /** Ids of the apps that an environment is shared with, in their order. */
  sharedWith(environment: string): string[] {
    return [...(this.#shares.get(environment)?.keys() ?? [])].sort();
  }

  /** A record that is not stored yet. @throws {DocferryError} `invalid_argument` */
  record(owner: EnvironmentOwner, named: string | undefined): EnvironmentRecord {
    const id = checkEnvironmentId(named ?? randomEnvironmentId(this.#options.random));
    return { id, owner, createdAt: this.#options.clock() };
  }

  /** A record that the store has. */
  added(record: EnvironmentRecord): void {
    this.#environments.set(record.id, record);
  }

  /** @throws {DocferryError} `invalid_argument`, `conflict`, `app_not_found`, `platform_not_found` */
  async add(owner: EnvironmentOwner, named?: string): Promise<EnvironmentRecord> {
    const record = this.record(owner, named);
    await this.#options.store.addEnvironment(record);
    this.added(record);
    return record;
  }

  /**
   * @param empty removes what is in it, which nobody can reach any more by then; what it throws undoes that
   * @throws {DocferryError} `environment_not_found`
   */
  async remove(environment: string, empty: () => Promise<void>): Promise<void> {
    const record = this.recordOf(environment);
    this.#environments.delete(environment);
    try {
      await empty();
      await this.#options.store.removeEnvironment(environment);
    } catch (error) {
      this.#environments.set(environment, record);
      throw error;
    }
    this.#shares.delete(environment);
  }

  /**
   * Lets an app reach a platform's environment; once more changes nothing.
   * @throws {DocferryError} `environment_not_found`, `app_not_found`, `conflict` for an app's own
   */
  async share(environment: string, appId: string): Promise<void> {
    const record = this.recordOf(environment);
    if (record.owner.kind === "app") {
      throw new DocferryError(
        "conflict",
        `Environment ${environment} is app ${record.owner.id}'s own: only a platform shares its environments`,
      );
    }
    const { store, clock } = this.#options;
    const share = { environment, appId, createdAt: clock() };
    await store.share(share);
    // It may have been removed meanwhile, and its shares with it.
    if (!this.#environments.has(environment)) return;
    const shares = this.#sharesOf(environment);
    if (!shares.has(appId)) shares.set(appId, share);
  }

  /** From now on the app does not reach it. Whether it did. @throws {DocferryError} `environment_not_found` */
  async unshare(environment: string, appId: string): Promise<boolean> {
    this.recordOf(environment);
    const forget = () => this.#shares.get(environment)?.delete(appId);
    forget();
    const removed = await this.#options.store.unshare({ environment, appId });
    // One that was under way has come before it in the store.
    forget();
    return removed;
  }

  /** The account is gone from the store, and with it what was its own and what was shared with it. */
  forget(account: string): void {
    for (const { id } of this.ownedBy(account)) {
      this.#environments.delete(id);
      this.#shares.delete(id);
    }
    for (const apps of this.#shares.values()) apps.delete(account);
  }

  #sharesOf(environment: string): Map<string, ShareRecord> {
    const apps = this.#shares.get(environment) ?? new Map<string, ShareRecord>();
    this.#shares.set(environment, apps);
    return apps;
  }
}

function notFound(environment: string): DocferryError {
  return new DocferryError("environment_not_found", `No environment ${environment}`);
}
