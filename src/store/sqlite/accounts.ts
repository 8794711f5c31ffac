import type { DatabaseSync } from "node:sqlite";
import { DocferryError } from "../../job/errors.ts";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import type {
  AccountStore,
  AppRecord,
  CloudKeyRecord,
  EnvironmentRecord,
  ShareRecord,
  StableRecord,
  TokenRecord,
} from "../account-store.ts";
import {
  listApps,
  listCloudKeys,
  listEnvironments,
  listShares,
  listTokens,
  stableToken,
} from "./account-rows.ts";
import { forgetLimits } from "./limits.ts";
import { one, run } from "./rows.ts";

/** How many ended tokens an issue forgets at most: more than the one it adds, so the table cannot grow without bound. */
const forgetPerIssue = 100;

/** The account store's writes: each runs in a transaction in the thread that writes the file. */
export const accountCalls = {
  addFirst(db: DatabaseSync, first: Parameters<AccountStore["addFirst"]>[0]): boolean {
    if (one(db, "SELECT 1 FROM app LIMIT 1")) return false;
    accountCalls.addApp(db, first.app);
    accountCalls.addEnvironment(db, first.environment);
    accountCalls.addCloudKey(db, first.cloudKey);
    return true;
  },

  addApp(db: DatabaseSync, app: AppRecord): void {
    if (one(db, "SELECT 1 FROM platform WHERE id = ?", app.id)) throw taken("platform", app.id);
    const added = run(
      db,
      "INSERT INTO app (id, secret_hash, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      app.id,
      app.secretHash,
      app.createdAt,
    );
    if (added === 0) throw taken("app", app.id);
  },

  addEnvironment(db: DatabaseSync, environment: EnvironmentRecord): void {
    const { id, owner, createdAt } = environment;
    if (owner.kind === "app") requireApp(db, owner.id);
    else requirePlatform(db, owner.id);
    const added = run(
      db,
      `INSERT INTO environment (id, app_id, platform_id, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      id,
      owner.kind === "app" ? owner.id : null,
      owner.kind === "platform" ? owner.id : null,
      createdAt,
    );
    if (added === 0) throw taken("environment", id);
  },

  share(db: DatabaseSync, { environment, appId, createdAt }: ShareRecord): void {
    if (!one(db, "SELECT 1 FROM environment WHERE id = ?", environment)) {
      throw new DocferryError("environment_not_found", `No environment ${environment}`);
    }
    requireApp(db, appId);
    run(
      db,
      `INSERT INTO environment_share (environment, app_id, created_at) VALUES (?, ?, ?)
       ON CONFLICT DO NOTHING`,
      environment,
      appId,
      createdAt,
    );
  },

  unshare(
    db: DatabaseSync,
    { environment, appId }: Parameters<AccountStore["unshare"]>[0],
  ): boolean {
    const removed = run(
      db,
      "DELETE FROM environment_share WHERE environment = ? AND app_id = ?",
      environment,
      appId,
    );
    return removed > 0;
  },

  addCloudKey(db: DatabaseSync, key: CloudKeyRecord): void {
    requireApp(db, key.appId);
    const added = run(
      db,
      `INSERT INTO cloud_key (secret_id, app_id, sealed_key, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      key.secretId,
      key.appId,
      key.sealedKey,
      key.createdAt,
    );
    if (added === 0) throw taken("Cloud API key", key.secretId);
  },

  setSecret(db: DatabaseSync, change: Parameters<AccountStore["setSecret"]>[0]): void {
    const { appId, secretHash, now } = change;
    const changed = run(db, "UPDATE app SET secret_hash = ? WHERE id = ?", secretHash, appId);
    if (changed === 0) throw unknownApp(appId);
    run(
      db,
      "UPDATE token SET superseded_from = ? WHERE app_id = ? AND ended_at > ?",
      now,
      appId,
      now,
    );
  },

  removeApp(db: DatabaseSync, id: string): boolean {
    forgetLimits(db, { kind: "account", id });
    return run(db, "DELETE FROM app WHERE id = ?", id) > 0;
  },

  removeEnvironment(db: DatabaseSync, id: string): boolean {
    forgetLimits(db, { kind: "environment", id });
    return run(db, "DELETE FROM environment WHERE id = ?", id) > 0;
  },

  removeCloudKey(db: DatabaseSync, secretId: string): boolean {
    return run(db, "DELETE FROM cloud_key WHERE secret_id = ?", secretId) > 0;
  },

  issuePlain(db: DatabaseSync, issue: Parameters<AccountStore["issuePlain"]>[0]): void {
    requireSecret(db, issue.token.appId, issue.secretHash);
    supersede(db, issue.token, issue.supersededFrom);
    addToken(db, issue.token, issue.forgetBefore);
  },

  issueStable(db: DatabaseSync, issue: Parameters<AccountStore["issueStable"]>[0]): boolean {
    const { from, next, token, supersededFrom, forgetBefore } = issue;
    requireSecret(db, token.appId, issue.secretHash);
    if ((stableToken(db, token.appId)?.generation ?? 0) !== from) return false;
    run(
      db,
      `INSERT OR REPLACE INTO stable_token
         (app_id, generation, issued_at, expires_at, forced_at, forced_day, forced_count)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      next.appId,
      next.generation,
      next.issuedAt,
      next.expiresAt,
      next.forcedAt,
      next.forcedDay,
      next.forcedCount,
    );
    if (supersededFrom !== null) supersede(db, token, supersededFrom);
    addToken(db, token, forgetBefore);
    return true;
  },
};

export type AccountCalls = typeof accountCalls;

/** Accounts in the SQLite file of the jobs: writes go to its writing thread, reads to a connection of this thread. */
export class SqliteAccountStore implements AccountStore {
  readonly #writer: SqliteWriter<AccountCalls>;
  readonly #reader: DatabaseSync;

  constructor({ writer, reader }: { writer: SqliteWriter<AccountCalls>; reader: DatabaseSync }) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async apps(): Promise<AppRecord[]> {
    return listApps(this.#reader);
  }

  async environments(): Promise<EnvironmentRecord[]> {
    return listEnvironments(this.#reader);
  }

  async shares(): Promise<ShareRecord[]> {
    return listShares(this.#reader);
  }

  share(share: ShareRecord): Promise<void> {
    return this.#writer.call("share", share);
  }

  unshare(share: Parameters<AccountStore["unshare"]>[0]): Promise<boolean> {
    return this.#writer.call("unshare", share);
  }

  async cloudKeys(): Promise<CloudKeyRecord[]> {
    return listCloudKeys(this.#reader);
  }

  async tokens(): Promise<TokenRecord[]> {
    return listTokens(this.#reader);
  }

  async stable(appId: string): Promise<StableRecord | undefined> {
    return stableToken(this.#reader, appId);
  }

  addFirst(first: Parameters<AccountStore["addFirst"]>[0]): Promise<boolean> {
    return this.#writer.call("addFirst", first);
  }

  addApp(app: AppRecord): Promise<void> {
    return this.#writer.call("addApp", app);
  }

  addEnvironment(environment: EnvironmentRecord): Promise<void> {
    return this.#writer.call("addEnvironment", environment);
  }

  addCloudKey(key: CloudKeyRecord): Promise<void> {
    return this.#writer.call("addCloudKey", key);
  }

  setSecret(change: Parameters<AccountStore["setSecret"]>[0]): Promise<void> {
    return this.#writer.call("setSecret", change);
  }

  removeApp(id: string): Promise<boolean> {
    return this.#writer.call("removeApp", id);
  }

  removeEnvironment(id: string): Promise<boolean> {
    return this.#writer.call("removeEnvironment", id);
  }

  removeCloudKey(secretId: string): Promise<boolean> {
    return this.#writer.call("removeCloudKey", secretId);
  }

  issuePlain(issue: Parameters<AccountStore["issuePlain"]>[0]): Promise<void> {
    return this.#writer.call("issuePlain", issue);
  }

  issueStable(issue: Parameters<AccountStore["issueStable"]>[0]): Promise<boolean> {
    return this.#writer.call("issueStable", issue);
  }
}

function requireApp(db: DatabaseSync, id: string): void {
  if (!one(db, "SELECT 1 FROM app WHERE id = ?", id)) throw unknownApp(id);
}

function requirePlatform(db: DatabaseSync, id: string): void {
  if (one(db, "SELECT 1 FROM platform WHERE id = ?", id)) return;
  throw new DocferryError("platform_not_found", `No platform ${id}`);
}

/** A token may not outrun a new secret that was set while the old one was checked. */
function requireSecret(db: DatabaseSync, appId: string, secretHash: string): void {
  const app = one(db, "SELECT secret_hash FROM app WHERE id = ?", appId);
  if (!app) throw unknownApp(appId);
  if (app["secret_hash"] !== secretHash) {
    throw new DocferryError("wrong_secret", `The secret of app ${appId} has just changed`);
  }
}

function unknownApp(id: string): DocferryError {
  return new DocferryError("app_not_found", `No app ${id}`);
}

function taken(what: string, id: string): DocferryError {
  return new DocferryError("conflict", `There is already a ${what} ${id}`);
}

function supersede(db: DatabaseSync, by: TokenRecord, from: number): void {
  run(
    db,
    "UPDATE token SET superseded_from = ? WHERE app_id = ? AND kind = ? AND superseded_from IS NULL",
    from,
    by.appId,
    by.kind,
  );
}

function addToken(db: DatabaseSync, token: TokenRecord, forgetBefore: number): void {
  run(
    db,
    "DELETE FROM token WHERE hash IN (SELECT hash FROM token WHERE ended_at < ? ORDER BY ended_at LIMIT ?)",
    forgetBefore,
    forgetPerIssue,
  );
  run(
    db,
    `INSERT INTO token (hash, app_id, kind, issued_at, expires_at, superseded_from)
     VALUES (?, ?, ?, ?, ?, ?)`,
    token.hash,
    token.appId,
    token.kind,
    token.issuedAt,
    token.expiresAt,
    token.supersededFrom,
  );
}
