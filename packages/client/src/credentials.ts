import { connectionError, notDocferry, type CallOptions } from "./connection.ts";
import { DocferryApiError } from "./errors.ts";

/**
 * As whom the service is used: an app, a token that somebody else has got, or an API key (`docferry key add` makes one, `docferry
 * key remove` ends it). An API key is for the service's own API; the vendor's calls take tokens only.
 */
export type Credentials =
  | { appId: string; secret: string }
  | { token: string }
  | { apiKey: string };

/** Where the access token of a request comes from. */
export interface TokenSource {
  /** @param options.fresh the last one was refused */
  token(options: { fresh: boolean } & CallOptions): Promise<string>;
  /** Whether there may be another one. */
  readonly canRenew: boolean;
  /** Whether the vendor's calls take it. */
  readonly isForWeChat: boolean;
}

export function tokenSource(
  credentials: Credentials,
  service: { address: string; fetch: typeof fetch },
): TokenSource {
  if ("token" in credentials) {
    return { token: async () => credentials.token, canRenew: false, isForWeChat: true };
  }
  if ("apiKey" in credentials) {
    return { token: async () => credentials.apiKey, canRenew: false, isForWeChat: false };
  }
  return new AppTokens(credentials, service);
}

/** Seconds before its end at which a token is no longer used. */
const marginSeconds = 60;

/** The stable token of an app: one for all who use the app, until its end. */
class AppTokens implements TokenSource {
  readonly canRenew = true;
  readonly isForWeChat = true;
  readonly #credentials: { appId: string; secret: string };
  readonly #service: { address: string; fetch: typeof fetch };
  #token: { text: string; until: number } | null = null;
  #getting: Promise<string> | null = null;

  constructor(
    credentials: { appId: string; secret: string },
    service: { address: string; fetch: typeof fetch },
  ) {
    this.#credentials = credentials;
    this.#service = service;
  }

  async token({ fresh, signal }: { fresh: boolean } & CallOptions): Promise<string> {
    if (fresh) this.#token = null;
    if (this.#token && Date.now() < this.#token.until) return this.#token.text;
    // Who comes while it is being got waits for the same one.
    this.#getting ??= this.#get().finally(() => (this.#getting = null));
    const token = await this.#getting;
    signal?.throwIfAborted();
    return token;
  }

  async #get(): Promise<string> {
    const { appId, secret } = this.#credentials;
    const url = `${this.#service.address.replace(/\/+$/, "")}/cgi-bin/stable_token`;
    let response: Response;
    try {
      response = await this.#service.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ grant_type: "client_credential", appid: appId, secret }),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      throw connectionError(url, error);
    }
    const answer = await wireAnswer(response);
    const seconds = Number(answer["expires_in"]);
    const text = textOf(answer["access_token"]);
    this.#token = { text, until: Date.now() + Math.max(1, seconds - marginSeconds) * 1000 };
    return text;
  }
}

/** What a call of the vendor's answers, errors as errors. */
export async function wireAnswer(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw notDocferry(response, response.headers.get("content-type") ?? "");
  }
  const errcode = answer["errcode"];
  if (errcode === undefined || errcode === 0) return answer;
  const message = textOf(answer["errmsg"]);
  const [, detail = message, rid = null] = /^(.*?)(?: rid: (\S+))?$/s.exec(message) ?? [];
  throw new DocferryApiError(response.status, {
    detail,
    code: textOf(errcode),
    hint: "The number is that of the vendor's table of errors",
    retryable: errcode === -1,
    rid,
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}
