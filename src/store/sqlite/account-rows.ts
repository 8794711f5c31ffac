import type { DatabaseSync } from "node:sqlite";
import type {
  AppRecord,
  CloudKeyRecord,
  EnvironmentOwner,
  EnvironmentRecord,
  ShareRecord,
  StableRecord,
  TokenRecord,
} from "../account-store.ts";
import { all, one, type Row } from "./rows.ts";

/** Reads of accounts, for any connection. */
export function listApps(db: DatabaseSync): AppRecord[] {
  return all(db, "SELECT * FROM app ORDER BY created_at, id").map((row) => ({
    id: row["id"] as string,
    secretHash: row["secret_hash"] as string,
    createdAt: row["created_at"] as number,
  }));
}

export function listEnvironments(db: DatabaseSync): EnvironmentRecord[] {
  return all(db, "SELECT * FROM environment ORDER BY created_at, id").map((row) => ({
    id: row["id"] as string,
    owner: ownerOf(row),
    createdAt: row["created_at"] as number,
  }));
}

function ownerOf(row: Row): EnvironmentOwner {
  const app = row["app_id"] as string | null;
  return app === null
    ? { kind: "platform", id: row["platform_id"] as string }
    : { kind: "app", id: app };
}

export function listShares(db: DatabaseSync): ShareRecord[] {
  return all(db, "SELECT * FROM environment_share ORDER BY environment, app_id").map((row) => ({
    environment: row["environment"] as string,
    appId: row["app_id"] as string,
    createdAt: row["created_at"] as number,
  }));
}

export function listCloudKeys(db: DatabaseSync): CloudKeyRecord[] {
  return all(db, "SELECT * FROM cloud_key ORDER BY created_at, secret_id").map((row) => ({
    secretId: row["secret_id"] as string,
    appId: row["app_id"] as string,
    sealedKey: row["sealed_key"] as Uint8Array,
    createdAt: row["created_at"] as number,
  }));
}

export function listTokens(db: DatabaseSync): TokenRecord[] {
  return all(db, "SELECT * FROM token ORDER BY issued_at, hash").map((row) => ({
    hash: row["hash"] as string,
    appId: row["app_id"] as string,
    kind: row["kind"] as TokenRecord["kind"],
    issuedAt: row["issued_at"] as number,
    expiresAt: row["expires_at"] as number,
    supersededFrom: row["superseded_from"] as number | null,
  }));
}

export function stableToken(db: DatabaseSync, appId: string): StableRecord | undefined {
  const row = one(db, "SELECT * FROM stable_token WHERE app_id = ?", appId);
  return (
    row && {
      appId,
      generation: row["generation"] as number,
      issuedAt: row["issued_at"] as number,
      expiresAt: row["expires_at"] as number,
      forcedAt: row["forced_at"] as number | null,
      forcedDay: row["forced_day"] as number,
      forcedCount: row["forced_count"] as number,
    }
  );
}
