import { timingSafeEqual } from "node:crypto";
import { DocferryError } from "../job/errors.ts";
import type { Access, AppCredentials, CloudKey } from "./access.ts";

/** What the operator names for the first app; what is missing is made, or taken from what is there. */
export type NamedAccount = Partial<AppCredentials & CloudKey & { environment: string }>;

/** The account that a service starts with. Secrets only when they were made or set by this very start. */
export interface FirstAccount {
  made: boolean;
  appId: string;
  secret: string | null;
  /** null: the app has none (any more). */
  environment: string | null;
  secretId: string | null;
  secretKey: string | null;
}

/**
 * On an empty store makes the first app with an environment and a Cloud API key. On an old one holds what is named against what
 * is there, so that nobody believes to have set a secret by naming it.
 * @throws {DocferryError} `secret_mismatch`, `invalid_argument`
 */
export async function ensureFirstAccount(
  access: Access,
  named: NamedAccount,
): Promise<FirstAccount> {
  const made = await access.addFirst(named);
  if (made) return { made: true, ...made };
  const appId = named.appId ?? access.apps()[0];
  if (appId === undefined) throw new DocferryError("internal", "A store with an app lists none");
  await requireNamedApp(access, appId, named.secret);
  requireNamedKey(access, appId, named);
  return {
    made: false,
    appId,
    secret: null,
    environment: requireNamedEnvironment(access, appId, named.environment),
    secretId: named.secretId ?? access.cloudKeys(appId)[0] ?? null,
    secretKey: null,
  };
}

async function requireNamedApp(
  access: Access,
  appId: string,
  secret: string | undefined,
): Promise<void> {
  if (!access.apps().includes(appId)) {
    throw new DocferryError(
      "secret_mismatch",
      `This data folder has no app ${appId} (it has ${access.apps().join(", ")}): add it with docferry app add ${appId}`,
    );
  }
  if (secret !== undefined && !(await access.hasSecret({ appId, secret }))) {
    throw new DocferryError(
      "secret_mismatch",
      `App ${appId} of this data folder has another secret than the one named: name its present one, or make a new one with docferry app rotate ${appId}`,
    );
  }
}

function requireNamedEnvironment(
  access: Access,
  appId: string,
  environment: string | undefined,
): string | null {
  const environments = access.environments(appId);
  if (environment === undefined) return environments[0] ?? null;
  if (environments.includes(environment)) return environment;
  throw new DocferryError(
    "secret_mismatch",
    `App ${appId} of this data folder has no environment ${environment} (it has ${environments.join(", ") || "none"}): add it with docferry env add ${environment}`,
  );
}

function requireNamedKey(access: Access, appId: string, named: NamedAccount): void {
  const secretId = named.secretId ?? access.cloudKeys(appId)[0];
  if (secretId === undefined || (named.secretId ?? named.secretKey) === undefined) return;
  const key = access.cloudKey(secretId);
  if (
    key?.appId === appId &&
    (named.secretKey === undefined || sameText(key.secretKey, named.secretKey))
  ) {
    return;
  }
  throw new DocferryError(
    "secret_mismatch",
    `Cloud API key ${secretId} of app ${appId} in this data folder is not the one named: name the present one, or make another with docferry key add --app ${appId}`,
  );
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
