import type { DatabaseSync } from "node:sqlite";
import { forgetLimits } from "./limits.ts";
import { DocferryError } from "../../job/errors.ts";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import type {
  AuthorizationCodeRecord,
  AuthorizationRecord,
  PlatformRecord,
  PlatformStore,
  PlatformTokenRecord,
  PreAuthCodeRecord,
  TicketRecord,
} from "../platform-store.ts";
import {
  authorizationBetween,
  authorizationCodeBy,
  listAuthorizations,
  listPlatforms,
  listPlatformTokens,
  listTickets,
  preAuthCodeBy,
} from "./platform-rows.ts";
import { one, run } from "./rows.ts";

type Pair = Parameters<PlatformStore["revoke"]>[0];

/** How many ended tokens, and expired codes, one call forgets at most: more than the one it adds. */
const forgetPerCall = 100;

/** The platform store's writes: each runs in a transaction in the thread that writes the file. */
export const platformCalls = {
  addPlatform(db: DatabaseSync, platform: PlatformRecord): void {
    if (one(db, "SELECT 1 FROM app WHERE id = ?", platform.id)) {
      throw new DocferryError("conflict", `There is already an app ${platform.id}`);
    }
    const added = run(
      db,
      `INSERT INTO platform (id, secret_hash, redirect_hosts, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      platform.id,
      platform.secretHash,
      JSON.stringify(platform.redirectHosts),
      platform.createdAt,
    );
    if (added === 0) {
      throw new DocferryError("conflict", `There is already a platform ${platform.id}`);
    }
  },

  removePlatform(db: DatabaseSync, id: string): boolean {
    forgetLimits(db, { kind: "account", id });
    return run(db, "DELETE FROM platform WHERE id = ?", id) > 0;
  },

  setTicket(db: DatabaseSync, change: Parameters<PlatformStore["setTicket"]>[0]): void {
    const { platformId, hash, setAt, forgetBefore } = change;
    secretHashOf(db, platformId);
    run(
      db,
      "DELETE FROM platform_ticket WHERE platform_id = ? AND set_at < ?",
      platformId,
      forgetBefore,
    );
    run(
      db,
      "INSERT OR REPLACE INTO platform_ticket (platform_id, hash, set_at) VALUES (?, ?, ?)",
      platformId,
      hash,
      setAt,
    );
  },

  addPreAuthCode(db: DatabaseSync, code: Parameters<PlatformStore["addPreAuthCode"]>[0]): void {
    secretHashOf(db, code.platformId);
    run(
      db,
      `DELETE FROM platform_code WHERE hash IN
         (SELECT hash FROM platform_code WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
      code.forgetBefore,
      forgetPerCall,
    );
    run(
      db,
      "INSERT INTO platform_code (hash, platform_id, expires_at) VALUES (?, ?, ?)",
      code.hash,
      code.platformId,
      code.expiresAt,
    );
  },

  authorize(
    db: DatabaseSync,
    change: Parameters<PlatformStore["authorize"]>[0],
  ): AuthorizationRecord | null {
    const { platformId, appId, sets, now, codes } = change;
    secretHashOf(db, platformId);
    if (!one(db, "SELECT 1 FROM app WHERE id = ?", appId)) {
      throw new DocferryError("app_not_found", `No app ${appId}`);
    }
    if (codes && !usePreAuthCode(db, platformId, codes.preAuthHash)) return null;
    run(
      db,
      `INSERT INTO platform_grant (id, platform_id, app_id, generation, sets, created_at, updated_at)
       VALUES (?, ?, ?, 1, ?, ?, ?)
       ON CONFLICT (platform_id, app_id) DO UPDATE SET
         generation = generation + 1, sets = excluded.sets, updated_at = excluded.updated_at`,
      change.authorizationId,
      platformId,
      appId,
      JSON.stringify(sets),
      now,
      now,
    );
    const made = authorizationBetween(db, platformId, appId);
    if (!made) throw new Error("What has just been written is not there");
    if (codes) {
      run(
        db,
        `INSERT INTO platform_code (hash, platform_id, grant_id, grant_generation, expires_at)
         VALUES (?, ?, ?, ?, ?)`,
        codes.hash,
        platformId,
        made.id,
        made.generation,
        codes.expiresAt,
      );
    }
    return made;
  },

  revoke(db: DatabaseSync, { platformId, appId }: Pair): boolean {
    const removed = run(
      db,
      "DELETE FROM platform_grant WHERE platform_id = ? AND app_id = ?",
      platformId,
      appId,
    );
    return removed > 0;
  },

  issuePlatformToken(
    db: DatabaseSync,
    issue: Parameters<PlatformStore["issuePlatformToken"]>[0],
  ): boolean {
    const { token, secretHash, code } = issue;
    const present = secretHashOf(db, token.platformId);
    if (secretHash !== undefined && secretHash !== present) {
      throw new DocferryError(
        "wrong_secret",
        `The secret of platform ${token.platformId} has just changed`,
      );
    }
    if (token.authorization) requireAuthorization(db, token.platformId, token.authorization);
    if (code !== undefined) {
      const { authorization } = token;
      if (authorizationCodeBy(db, code)?.appId !== authorization?.appId) return false;
      run(db, "DELETE FROM platform_code WHERE hash = ?", code);
    }
    addToken(db, token, issue);
    return true;
  },
};

export type PlatformCalls = typeof platformCalls;

/** Platforms in the SQLite file of the jobs, as the accounts are. */
export class SqlitePlatformStore implements PlatformStore {
  readonly #writer: SqliteWriter<PlatformCalls>;
  readonly #reader: DatabaseSync;

  constructor({ writer, reader }: { writer: SqliteWriter<PlatformCalls>; reader: DatabaseSync }) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async platforms(): Promise<PlatformRecord[]> {
    return listPlatforms(this.#reader);
  }

  async tickets(): Promise<TicketRecord[]> {
    return listTickets(this.#reader);
  }

  async authorizations(): Promise<AuthorizationRecord[]> {
    return listAuthorizations(this.#reader);
  }

  async platformTokens(): Promise<PlatformTokenRecord[]> {
    return listPlatformTokens(this.#reader);
  }

  async preAuthCode(hash: string): Promise<PreAuthCodeRecord | undefined> {
    return preAuthCodeBy(this.#reader, hash);
  }

  async authorizationCode(hash: string): Promise<AuthorizationCodeRecord | undefined> {
    return authorizationCodeBy(this.#reader, hash);
  }

  addPlatform(platform: PlatformRecord): Promise<void> {
    return this.#writer.call("addPlatform", platform);
  }

  removePlatform(id: string): Promise<boolean> {
    return this.#writer.call("removePlatform", id);
  }

  setTicket(change: Parameters<PlatformStore["setTicket"]>[0]): Promise<void> {
    return this.#writer.call("setTicket", change);
  }

  addPreAuthCode(code: Parameters<PlatformStore["addPreAuthCode"]>[0]): Promise<void> {
    return this.#writer.call("addPreAuthCode", code);
  }

  authorize(
    change: Parameters<PlatformStore["authorize"]>[0],
  ): Promise<AuthorizationRecord | null> {
    return this.#writer.call("authorize", change);
  }

  revoke(pair: Pair): Promise<boolean> {
    return this.#writer.call("revoke", pair);
  }

  issuePlatformToken(issue: Parameters<PlatformStore["issuePlatformToken"]>[0]): Promise<boolean> {
    return this.#writer.call("issuePlatformToken", issue);
  }
}

/** @throws {DocferryError} `platform_not_found` */
function secretHashOf(db: DatabaseSync, id: string): string {
  const platform = one(db, "SELECT secret_hash FROM platform WHERE id = ?", id);
  if (!platform) throw new DocferryError("platform_not_found", `No platform ${id}`);
  return platform["secret_hash"] as string;
}

/** Used up, expired or not: whether it may still be used is known before. */
function usePreAuthCode(db: DatabaseSync, platformId: string, hash: string): boolean {
  const used = run(
    db,
    "DELETE FROM platform_code WHERE hash = ? AND platform_id = ? AND grant_id IS NULL",
    hash,
    platformId,
  );
  return used > 0;
}

function requireAuthorization(
  db: DatabaseSync,
  platformId: string,
  { id, appId }: { id: string; appId: string },
): void {
  if (authorizationBetween(db, platformId, appId)?.id === id) return;
  throw new DocferryError(
    "authorization_gone",
    `App ${appId} does not authorise platform ${platformId}`,
  );
}

function addToken(
  db: DatabaseSync,
  token: PlatformTokenRecord,
  { supersededFrom, forgetBefore }: { supersededFrom: number; forgetBefore: number },
): void {
  const appId = token.authorization?.appId ?? null;
  run(
    db,
    `UPDATE platform_token SET superseded_from = ?
      WHERE platform_id = ? AND app_id IS ? AND superseded_from IS NULL`,
    supersededFrom,
    token.platformId,
    appId,
  );
  run(
    db,
    `DELETE FROM platform_token WHERE hash IN
       (SELECT hash FROM platform_token WHERE ended_at < ? ORDER BY ended_at LIMIT ?)`,
    forgetBefore,
    forgetPerCall,
  );
  run(
    db,
    `INSERT INTO platform_token (hash, platform_id, app_id, grant_id, issued_at, expires_at, superseded_from)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    token.hash,
    token.platformId,
    appId,
    token.authorization?.id ?? null,
    token.issuedAt,
    token.expiresAt,
    token.supersededFrom,
  );
}
