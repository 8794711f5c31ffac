import type { DatabaseSync } from "node:sqlite";
import type {
  AuthorizationCodeRecord,
  AuthorizationRecord,
  PlatformRecord,
  PlatformTokenRecord,
  PreAuthCodeRecord,
  TicketRecord,
} from "../platform-store.ts";
import { all, one, type Row } from "./rows.ts";

/** Reads of platforms, for any connection. */
export function listPlatforms(db: DatabaseSync): PlatformRecord[] {
  return all(db, "SELECT * FROM platform ORDER BY created_at, id").map((row) => ({
    id: row["id"] as string,
    secretHash: row["secret_hash"] as string,
    redirectHosts: JSON.parse(row["redirect_hosts"] as string) as string[],
    createdAt: row["created_at"] as number,
  }));
}

export function listTickets(db: DatabaseSync): TicketRecord[] {
  return all(db, "SELECT * FROM platform_ticket ORDER BY set_at, platform_id, hash").map((row) => ({
    platformId: row["platform_id"] as string,
    hash: row["hash"] as string,
    setAt: row["set_at"] as number,
  }));
}

export function listAuthorizations(db: DatabaseSync): AuthorizationRecord[] {
  return all(db, "SELECT * FROM platform_grant ORDER BY created_at, id").map(authorizationOf);
}

export function authorizationBetween(
  db: DatabaseSync,
  platformId: string,
  appId: string,
): AuthorizationRecord | undefined {
  const row = one(
    db,
    "SELECT * FROM platform_grant WHERE platform_id = ? AND app_id = ?",
    platformId,
    appId,
  );
  return row && authorizationOf(row);
}

export function listPlatformTokens(db: DatabaseSync): PlatformTokenRecord[] {
  return all(db, "SELECT * FROM platform_token ORDER BY issued_at, hash").map((row) => ({
    hash: row["hash"] as string,
    platformId: row["platform_id"] as string,
    authorization:
      row["grant_id"] === null
        ? null
        : { id: row["grant_id"] as string, appId: row["app_id"] as string },
    issuedAt: row["issued_at"] as number,
    expiresAt: row["expires_at"] as number,
    supersededFrom: row["superseded_from"] as number | null,
  }));
}

export function preAuthCodeBy(db: DatabaseSync, hash: string): PreAuthCodeRecord | undefined {
  const row = one(db, "SELECT * FROM platform_code WHERE hash = ? AND grant_id IS NULL", hash);
  return (
    row && {
      hash,
      platformId: row["platform_id"] as string,
      expiresAt: row["expires_at"] as number,
    }
  );
}

export function authorizationCodeBy(
  db: DatabaseSync,
  hash: string,
): AuthorizationCodeRecord | undefined {
  const row = one(
    db,
    `SELECT c.platform_id, c.expires_at, g.app_id
       FROM platform_code c JOIN platform_grant g ON g.id = c.grant_id
      WHERE c.hash = ? AND g.generation = c.grant_generation`,
    hash,
  );
  return (
    row && {
      hash,
      platformId: row["platform_id"] as string,
      appId: row["app_id"] as string,
      expiresAt: row["expires_at"] as number,
    }
  );
}

function authorizationOf(row: Row): AuthorizationRecord {
  return {
    id: row["id"] as string,
    platformId: row["platform_id"] as string,
    appId: row["app_id"] as string,
    generation: row["generation"] as number,
    sets: JSON.parse(row["sets"] as string) as number[],
    createdAt: row["created_at"] as number,
    updatedAt: row["updated_at"] as number,
  };
}
