import { DocferryApiError, DocferryConnectionError } from "./errors.ts";

/** How often and how patiently a request is sent again that failed for a reason that may pass. */
export interface RetryOptions {
  /** Times that a request is sent, the first included. 1: never again. */
  attempts?: number;
  /** Before the second; doubled each time. */
  firstDelayMs?: number;
  longestDelayMs?: number;
}

export type RetryPolicy = Required<RetryOptions>;

export const defaultRetry: RetryPolicy = {
  attempts: 5,
  firstDelayMs: 200,
  longestDelayMs: 5_000,
};

/** Who is asked to wait for more than about a minute is told, rather than kept waiting: until the next day, mostly. */
const longestAskedMs = 65_000;

/** Whether the same request may do better. Whether sending it twice does harm is for the caller to know. */
export function mayPass(failure: unknown): boolean {
  if (failure instanceof DocferryConnectionError) return true;
  return failure instanceof DocferryApiError && (failure.retryable || failure.status === 429);
}

/**
 * Milliseconds to wait before another attempt, null if there is to be none.
 * @param attempt the one that failed, from 1
 * @param random 0 to 1: clients that failed together should not come back together
 * @param askedMs what the service asked for with Retry-After
 */
export function delayBefore(
  policy: RetryPolicy,
  attempt: number,
  random: number,
  askedMs: number | null,
): number | null {
  if (attempt >= policy.attempts || (askedMs ?? 0) > longestAskedMs) return null;
  const longest = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.longestDelayMs);
  return Math.max(longest * (0.5 + random / 2), askedMs ?? 0);
}

/** Of a Retry-After header: seconds, or a date. null where it says nothing. @param now unix ms */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Sleeps; rejects with the signal's reason once it aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
