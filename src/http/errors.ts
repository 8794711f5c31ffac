import { asDocferryError, DocferryError, errorKinds } from "../job/errors.ts";

/** How an error looks on the vendor's paths. The HTTP status there is always 200. */
export interface WireError {
  errcode: number;
  errmsg: string;
}

/** How it looks everywhere else: application/problem+json (RFC 9457). */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  detail: string;
  /** The kind in our catalogue: what a program goes by. */
  code: string;
  hint: string;
  retryable: boolean;
  /** The request's id: what the log has. */
  rid: string;
}

/**
 * The vendor's text for each number; clients search for these words. `detail` says whether ours follows them: not where it
 * would say the same again, and never for a fault of ours, whose message may tell of paths and statements.
 */
const wireTexts: Record<number, { text: string; detail: "message" | "hint" | "none" }> = {
  [-1]: { text: "system error", detail: "hint" },
  [-1000]: { text: "system error", detail: "none" },
  40001: {
    text: "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken",
    detail: "none",
  },
  40002: { text: "invalid grant_type", detail: "none" },
  40013: { text: "invalid appid", detail: "none" },
  40014: { text: "invalid access_token", detail: "none" },
  40066: { text: "invalid url", detail: "none" },
  40097: { text: "invalid args", detail: "message" },
  40101: { text: "missing parameter", detail: "message" },
  40125: { text: "invalid appsecret", detail: "none" },
  40164: { text: "", detail: "message" },
  41001: { text: "access_token missing", detail: "none" },
  41002: { text: "appid missing", detail: "none" },
  41004: { text: "appsecret missing", detail: "none" },
  41018: { text: "missing component_appid", detail: "none" },
  41021: { text: "missing component_access_token", detail: "none" },
  42001: { text: "access_token expired", detail: "none" },
  43001: { text: "require GET method", detail: "none" },
  43002: { text: "require POST method", detail: "none" },
  44002: { text: "empty post data", detail: "none" },
  45009: { text: "reach max api daily quota limit", detail: "message" },
  45011: {
    text: "api minute-quota reach limit, must be slower, retry next minute",
    detail: "message",
  },
  47001: { text: "data format error", detail: "message" },
  48001: { text: "api unauthorized", detail: "message" },
  61003: { text: "component is not authorized by this account", detail: "none" },
  61005: { text: "component ticket is expired", detail: "none" },
  61006: { text: "component ticket is invalid", detail: "none" },
  61004: { text: "access clientip is not registered", detail: "message" },
  61007: { text: "api is unauthorized to component", detail: "message" },
  61009: { text: "code is invalid", detail: "none" },
  61010: { text: "code is expired", detail: "none" },
  61011: { text: "invalid component", detail: "none" },
  61023: { text: "refresh_token is invalid", detail: "none" },
  61024: {
    text: "must use api_component_token to get token for component acct",
    detail: "none",
  },
  76001: { text: "rid not found", detail: "none" },
  76002: { text: "rid is error", detail: "none" },
  76003: { text: "could not query this rid,no permission", detail: "none" },
  85088: { text: "no qbase privilege", detail: "message" },
  [-501004]: { text: "concurrent request quota exceeded", detail: "message" },
  [-501005]: { text: "invalid env", detail: "message" },
  [-501017]: { text: "disk full", detail: "message" },
  [-502005]: { text: "database collection not exists", detail: "message" },
  [-502010]: { text: "database operation fail", detail: "message" },
  [-502013]: { text: "database collection create fail", detail: "message" },
  [-503003]: { text: "storage file not exists", detail: "message" },
};

export function wireError(thrown: unknown, rid: string): WireError {
  const error = httpError(thrown);
  return { errcode: errorKinds[error.code].errcode, errmsg: `${wireText(error)} rid: ${rid}` };
}

/**
 * What is wrong, in the vendor's words. Every number of the catalogue has a text: src/http/errors.test.ts holds the two
 * together.
 */
export function wireText(error: DocferryError): string {
  const { errcode } = errorKinds[error.code];
  const { text, detail } = wireTexts[errcode] ?? { text: "system error", detail: "none" };
  const more = midSentence({ message: error.message, hint: error.hint, none: "" }[detail]);
  return [text, more && shortened(more)].filter((part) => part !== "").join(": ");
}

export function problem(thrown: unknown, rid: string): Problem {
  const error = httpError(thrown);
  const { hint, retryable, ...kind } = errorKinds[error.code];
  const status = refusalOf(thrown)?.statusCode ?? kind.status;
  return {
    type: "about:blank",
    title: error.code.replaceAll("_", " "),
    status,
    detail: isOurFault(error) ? "The service failed" : shortened(error.message),
    code: error.code,
    hint,
    retryable,
    rid,
  };
}

/** Any thrown value as one of the catalogue, what Fastify refuses of a request included. */
export function httpError(thrown: unknown): DocferryError {
  const refusal = refusalOf(thrown);
  if (!refusal) return asDocferryError(thrown);
  const code = refusal.code === "FST_ERR_BAD_URL" ? "unknown_path" : "invalid_body";
  return new DocferryError(code, refusal.message, { cause: thrown });
}

/** What must be looked into: it is logged with its stack, and its message is nobody else's business. */
export function isOurFault(error: DocferryError): boolean {
  return errorKinds[error.code].errcode === -1000;
}

/** Fastify's own errors about what a client sent: a type it has no parser for, a body too large, a URL that is none. */
function refusalOf(thrown: unknown): { code: string; statusCode: number; message: string } | null {
  if (!(thrown instanceof Error) || thrown instanceof DocferryError) return null;
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  if (typeof code !== "string" || !code.startsWith("FST_ERR_")) return null;
  if (typeof statusCode !== "number" || statusCode < 400 || statusCode >= 500) return null;
  return {
    code,
    statusCode: code === "FST_ERR_BAD_URL" ? 404 : statusCode,
    message: thrown.message,
  };
}

/** Messages show values, and a value may be as long as a body. */
function shortened(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 500).toWellFormed()}…`;
}

/** A message begins with a capital; behind a colon it does not. Names such as AKID… and ObjectId stay. */
function midSentence(text: string): string {
  return /^[A-Z][a-z]*[ ,:]|^A /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
