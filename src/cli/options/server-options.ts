import type { Command } from "commander";
import { UsageError } from "../command-errors.ts";
import { textOption } from "./values.ts";

/** A service, and as whom it is used. */
export interface ServerPlace {
  kind: "server";
  /** Without a slash at the end. */
  address: string;
  environment: string;
  credentials: { token: string } | { appId: string; secret: string };
}

export interface ServerOptions {
  server?: string;
  env?: string;
  token?: string;
  appId?: string;
  appSecret?: string;
}

const variables = {
  server: "DOCFERRY_SERVER",
  env: "DOCFERRY_ENV_ID",
  token: "DOCFERRY_TOKEN",
  appId: "DOCFERRY_APP_ID",
  appSecret: "DOCFERRY_APP_SECRET",
} as const satisfies Record<keyof ServerOptions, string>;

export function serverOptions(command: Command): void {
  command
    .addOption(textOption("--server <url>", `address of a docferry service (${variables.server})`))
    .addOption(textOption("--env <id>", `environment on that service (${variables.env})`))
    .addOption(textOption("--token <token>", `access token or API key for it (${variables.token})`))
    .addOption(textOption("--app-id <id>", `or the app's id (${variables.appId})`))
    .addOption(
      textOption(
        "--app-secret <secret>",
        `and its secret; better in ${variables.appSecret}, which others cannot see`,
      ),
    );
}

/** The service that flags and variables name; null where they name none. @throws {UsageError} */
export function serverOf(
  flags: ServerOptions,
  environment: NodeJS.ProcessEnv = process.env,
): ServerPlace | null {
  const given = (key: keyof ServerOptions) =>
    flags[key] ?? (environment[variables[key]] || undefined);
  const server = given("server");
  if (server === undefined) return null;
  const env = given("env");
  if (env === undefined)
    throw new UsageError(`--env is missing: the environment's id (or ${variables.env})`);
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(env)) {
    throw new UsageError(`--env must be the id of an environment, such as test-4a89da, not ${env}`);
  }
  return {
    kind: "server",
    address: checkAddress(server),
    environment: env,
    credentials: credentialsOf(given("token"), given("appId"), given("appSecret")),
  };
}

/** The same, where there must be one. */
export function requireServer(flags: ServerOptions): ServerPlace {
  const place = serverOf(flags);
  if (place) return place;
  throw new UsageError(
    `--server is missing: the address of a docferry service (or ${variables.server})`,
  );
}

function checkAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(`--server must be like http://127.0.0.1:8787, not ${text}`);
  }
  return text.replace(/\/+$/, "");
}

function credentialsOf(
  token: string | undefined,
  appId: string | undefined,
  secret: string | undefined,
): ServerPlace["credentials"] {
  if (token !== undefined) return { token };
  if (appId !== undefined && secret !== undefined) return { appId, secret };
  throw new UsageError(
    `--server wants --token (or ${variables.token}), or --app-id and --app-secret (or ${variables.appId} and ${variables.appSecret})`,
  );
}
