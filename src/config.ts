import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { DocferryError } from "./job/errors.ts";

/**
 * Every setting of a service. `public-url` is the flag, `DOCFERRY_PUBLIC_URL` the environment variable and `publicUrl` the
 * key in the file that `--config` names. A flag wins over a variable, a variable over the file, the file over the default.
 */
const settings = {
  data: Type.String({ minLength: 1, description: "folder of all data", default: "./data" }),
  host: Type.String({ minLength: 1, description: "address to listen on", default: "127.0.0.1" }),
  port: Type.Integer({
    minimum: 0,
    maximum: 65535,
    description: "port to listen on; 0 picks a free one",
    default: 8787,
  }),
  publicUrl: Type.String({
    pattern: "^(https?://[^/?#]+)?/?$",
    description:
      "what addresses in answers start with (default: the host that the client asked for)",
    default: "",
  }),
  trustProxy: Type.Boolean({
    description: "believe X-Forwarded-* headers of a proxy that ends TLS",
    default: false,
  }),
  corsOrigins: Type.String({
    pattern: "^(\\*|https?://[^/?#,\\s]+(,https?://[^/?#,\\s]+)*)?$",
    description:
      "origins of web pages that may call /v1/environments, with commas between; * is any (default: none)",
    default: "",
  }),
  tlsCert: Type.String({ description: "PEM file of the certificate: serve https", default: "" }),
  tlsKey: Type.String({ description: "PEM file of the certificate's key", default: "" }),
  tokenSeconds: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    description: "life of an access token",
    default: 7200,
  }),
  locale: Type.Union([Type.Literal("en"), Type.Literal("zh")], {
    description: "language of job messages on the wire and of the consent page: en or zh",
    default: "en",
  }),
  logLevel: Type.Union(
    ["trace", "debug", "info", "warn", "error", "silent"].map((level) => Type.Literal(level)),
    { description: "least level of log lines on stderr", default: "info" },
  ),
  threads: Type.Integer({
    minimum: 1,
    maximum: 256,
    description: "threads that decode and encode (default: one a core)",
    default: availableParallelism(),
  }),
  leaseSeconds: Type.Number({
    minimum: 1,
    maximum: 3600,
    description: "a task that shows no progress for this long goes to another attempt",
    default: 30,
  }),
  keepDays: Type.Number({
    minimum: 0,
    maximum: 3650,
    description: "rejects and reports of a job stand this long after its end",
    default: 7,
  }),
  garbageSeconds: Type.Number({
    minimum: 0,
    maximum: 30 * 86_400,
    description:
      "what no file and no job needs is removed once nobody has written to it for so long",
    default: 3600,
  }),
  reserveMib: Type.Integer({
    minimum: 1,
    maximum: 1024,
    description: "MiB kept back on the disk: freed when it is full, so that the service can say so",
    default: 8,
  }),
  maxConnections: Type.Integer({
    minimum: 16,
    maximum: 1_000_000,
    description: "connections at a time; fewer where the limit of open files allows no more",
    default: 10_000,
  }),
  appId: Type.String({ description: "id of the first app (default: a random one)", default: "" }),
  appSecret: Type.String({ description: "its secret (default: a random one)", default: "" }),
  envId: Type.String({ description: "id of its environment (default: random)", default: "" }),
  secretId: Type.String({ description: "id of its Cloud API key (default: random)", default: "" }),
  secretKey: Type.String({ description: "that key (default: a random one)", default: "" }),
} satisfies Record<string, TSchema>;

const configSchema = Type.Object(settings);

/** Every setting, present and checked. */
export type Config = Readonly<Static<typeof configSchema>>;

export interface ConfigSetting {
  key: keyof Config;
  /** Without the dashes: `public-url`. */
  flag: string;
  variable: string;
  description: string;
  /** A switch takes no value. */
  isSwitch: boolean;
  default: string | number | boolean;
}

/** What of a setting's schema is for people. */
interface Described {
  description?: string;
  default?: string | number | boolean;
}

/** The settings as a command line shows them. */
export const configSettings: readonly ConfigSetting[] = Object.entries(settings).map(
  ([key, schema]) => {
    const described: Described = schema as TSchema;
    const flag = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return {
      key: key as keyof Config,
      flag,
      variable: `DOCFERRY_${flag.replaceAll("-", "_").toUpperCase()}`,
      description: described.description ?? "",
      isSwitch: schema === settings.trustProxy,
      default: described.default ?? "",
    };
  },
);

/**
 * @param flags values from the command line, text as given, by key
 * @param variables the process's environment
 * @param file path of a JSON file, null for none
 * @throws {DocferryError} `invalid_config` naming the setting, where its value came from, and what it may be
 */
export function resolveConfig(
  flags: Partial<Record<string, unknown>>,
  variables: Partial<Record<string, string>>,
  file: string | null,
): Config {
  const fromFile = file === null ? {} : readConfigFile(file);
  const config: Record<string, unknown> = {};
  for (const setting of configSettings) {
    const sources: [string, unknown][] = [
      [`--${setting.flag}`, flags[setting.key]],
      [setting.variable, variables[setting.variable]],
      [`${setting.key} in ${file}`, fromFile[setting.key]],
    ];
    const [origin, given] = sources.find(([, value]) => value !== undefined) ?? [
      "",
      setting.default,
    ];
    config[setting.key] = checked(settings[setting.key], given, origin);
  }
  const result = config as Config;
  if ((result.tlsCert === "") !== (result.tlsKey === "")) {
    throw new DocferryError("invalid_config", "--tls-cert and --tls-key go together");
  }
  return result;
}

function checked(schema: TSchema, given: unknown, origin: string): unknown {
  const value = typeof given === "string" ? converted(schema, given) : given;
  if (Value.Check(schema, value)) return value;
  const [error] = Value.Errors(schema, value);
  const choices = (schema as { anyOf?: { const: string }[] }).anyOf?.map((option) => option.const);
  const reason = choices ? `must be one of ${choices.join(", ")}` : (error?.message ?? "is wrong");
  throw new DocferryError(
    "invalid_config",
    `${origin} ${reason}, but is ${JSON.stringify(given)} (${typeof given})`,
  );
}

/** Flags and variables are text. */
function converted(schema: TSchema, text: string): unknown {
  const { type } = schema as { type?: string };
  if (type === "integer" || type === "number") return text.trim() === "" ? text : Number(text);
  if (type === "boolean" && ["true", "1"].includes(text)) return true;
  if (type === "boolean" && ["false", "0"].includes(text)) return false;
  return text;
}

function readConfigFile(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new DocferryError("invalid_config", `Config file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new DocferryError("invalid_config", `Config file ${file} is not a JSON object`);
  }
  for (const key of Object.keys(parsed)) {
    if (!Object.hasOwn(settings, key)) {
      throw new DocferryError("invalid_config", `Config file ${file}: no setting ${key}`);
    }
  }
  return parsed as Record<string, unknown>;
}
