import { operations, type Problem } from "./api.ts";
import type { TokenSource } from "./credentials.ts";
import { DocferryApiError, DocferryConnectionError, NotDocferryError } from "./errors.ts";
import {
  defaultRetry,
  delayBefore,
  mayPass,
  pause,
  retryAfterMs,
  type RetryPolicy,
} from "./retry.ts";

export type OperationId = keyof typeof operations;

/** Options that every call takes. */
export interface CallOptions {
  signal?: AbortSignal;
}

type Body = NonNullable<RequestInit["body"]>;

export interface Call extends CallOptions {
  /** Values of the path's `{names}`. */
  path?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON; a text is taken for JSON as it stands. */
  json?: unknown;
  /** Sent as it is; called again for each attempt. */
  body?: () => Body;
  /** Sending it twice does no harm: it may be sent again. */
  repeatable?: boolean;
  /** The answer is a stream of unknown length: there is no time within which it must be there. */
  streams?: boolean;
}

export interface ConnectionOptions {
  /** `http://HOST:PORT` */
  address: string;
  tokens: TokenSource;
  fetch: typeof fetch;
  retry: Partial<RetryPolicy>;
  /** ms within which an answer must be there. */
  timeoutMs: number;
}

/** Sends calls to a service: with its token, in time, again where that may help. */
export class Connection {
  readonly address: string;
  readonly #options: ConnectionOptions;
  readonly #retry: RetryPolicy;

  constructor(options: ConnectionOptions) {
    this.address = options.address.replace(/\/+$/, "");
    this.#options = options;
    this.#retry = { ...defaultRetry, ...options.retry };
  }

  get fetch(): typeof fetch {
    return this.#options.fetch;
  }

  get tokens(): TokenSource {
    return this.#options.tokens;
  }

  /** The JSON that a call of the service's own API answers. @throws {DocferryApiError} and its kin */
  async json<T>(operation: OperationId, call: Call): Promise<T> {
    const response = await this.send(operation, call);
    const type = response.headers.get("content-type") ?? "";
    if (!type.startsWith("application/json")) throw notDocferry(response, type);
    return (await response.json()) as T;
  }

  /** A call's answer, of status 2xx or 304. */
  async send(operation: OperationId, call: Call): Promise<Response> {
    const { method, path } = operations[operation];
    const url = this.address + pathOf(path, call.path ?? {}) + queryOf(call.query ?? {});
    const isRepeatable = call.repeatable ?? method !== "POST";
    let tokenWasRefused = false;
    for (let attempt = 1; ; attempt++) {
      const token = await this.tokens.token({ fresh: tokenWasRefused, ...signalOf(call) });
      const { response, failure } = await this.#once(method, url, token, call);
      if (response) return response;
      if (isTokenEnded(failure) && this.tokens.canRenew && !tokenWasRefused) {
        tokenWasRefused = true;
        continue;
      }
      const delay =
        isRepeatable && mayPass(failure.error)
          ? delayBefore(this.#retry, attempt, Math.random(), failure.retryAfterMs)
          : null;
      if (delay === null) throw failure.error;
      await pause(delay, call.signal);
    }
  }

  async #once(
    method: string,
    url: string,
    token: string,
    call: Call,
  ): Promise<{ response: Response; failure: null } | { response: null; failure: Failure }> {
    const limit = call.streams || call.body ? null : AbortSignal.timeout(this.#options.timeoutMs);
    const signals = [call.signal, limit].filter((signal) => signal instanceof AbortSignal);
    const body = call.json === undefined ? call.body?.() : jsonText(call.json);
    let response: Response;
    try {
      response = await this.#options.fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(call.json !== undefined && { "content-type": "application/json" }),
          ...call.headers,
        },
        signal: AbortSignal.any(signals),
        ...(body !== undefined && { body }),
        ...(call.body && bodyGoesOnce),
      });
    } catch (error) {
      call.signal?.throwIfAborted();
      return {
        response: null,
        failure: { error: connectionError(url, error), retryAfterMs: null },
      };
    }
    if (response.ok || response.status === 304) return { response, failure: null };
    return {
      response: null,
      failure: {
        error: await apiError(response),
        retryAfterMs: retryAfterMs(response.headers.get("retry-after"), Date.now()),
      },
    };
  }
}

function jsonText(json: unknown): string {
  return typeof json === "string" ? json : JSON.stringify(json);
}

/**
 * For a body that may be large. A fetch that might follow a redirect keeps a second copy of it to send again, and Node's reads
 * that copy ahead: a file of a gigabyte took one of memory.
 */
export const bodyGoesOnce = { duplex: "half", redirect: "error", window: null } as const;

interface Failure {
  error: Error;
  retryAfterMs: number | null;
}

/** Only what is there: `undefined` is not a signal. */
export function signalOf({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}

/** `{name}` by `{name}`. Slashes are encoded, too: as a part of one segment no `..` of a file's name leads anywhere. */
function pathOf(template: string, values: Record<string, string | number>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values[name] ?? "");
    if (/^\.{0,2}$/.test(value)) {
      throw new TypeError(`${JSON.stringify(value)} cannot be part of a URL's path`);
    }
    return encodeURIComponent(value);
  });
}

function queryOf(values: NonNullable<Call["query"]>): string {
  const pairs = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, String(value)]);
  const text = new URLSearchParams(pairs).toString();
  return text === "" ? "" : `?${text}`;
}

function isTokenEnded(failure: Failure): boolean {
  return (
    failure.error instanceof DocferryApiError &&
    ["token_expired", "token_superseded", "token_unknown"].includes(failure.error.code)
  );
}

export function connectionError(url: string, error: unknown): DocferryConnectionError {
  const { origin } = new URL(url);
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  const reason =
    name === "TimeoutError"
      ? "no answer came in time"
      : cause?.code === "ECONNREFUSED"
        ? "nobody listens there"
        : (cause?.message ?? message);
  return new DocferryConnectionError(`Cannot reach ${origin}: ${reason}`, { cause: error });
}

async function apiError(response: Response): Promise<Error> {
  const text = await response.text().catch(() => "");
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("application/problem+json")) return notDocferry(response, type);
  const { status } = response;
  return new DocferryApiError(
    status,
    text === "" ? withoutWords(status) : (JSON.parse(text) as Problem),
  );
}

/** A HEAD is answered without a body: what is wrong shows in the status only. */
function withoutWords(status: number): Pick<Problem, "detail" | "code" | "hint" | "retryable"> & {
  rid: null;
} {
  const isMissing = status === 404;
  return {
    detail: isMissing ? "There is no such file" : `The service answers ${status} without a word`,
    code: isMissing ? "file_not_found" : `status_${status}`,
    hint: isMissing ? "Upload the file first" : "GET in place of HEAD tells more",
    retryable: status >= 500,
    rid: null,
  };
}

export function notDocferry({ url, status }: Response, type: string): NotDocferryError {
  const what = type === "" ? `${status}` : `${status} with ${type.split(";")[0]}`;
  return new NotDocferryError(
    `${new URL(url).origin} answers ${what}: it is no docferry service of this version, or something stands before it`,
  );
}
