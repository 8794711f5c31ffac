import type { FastifyReply, FastifyRequest } from "fastify";

const methods = "GET, HEAD, POST, PUT, DELETE";

/** What callers of the native API may send, and what of an answer is for them. */
const requestHeaders =
  "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, range";
const answerHeaders =
  "content-disposition, content-range, etag, idempotent-replayed, location, retry-after";

/** How long a browser may remember an answer to its question, seconds. */
const preflightSeconds = 600;

/**
 * Lets web pages of other origins call the native API, those that the operator has named (https://fetch.spec.whatwg.org/#http-cors-protocol).
 * A bearer goes with each call, never a cookie, so a page can do no more than whoever has the bearer. Calls of the operator's and of
 * the vendor's are for servers: they are for no page.
 * @param origins those that are allowed; `*` is any
 * @returns whether the request was a browser's question, which has been answered
 */
export function allowOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: ReadonlySet<string>,
): boolean {
  if (origins.size === 0 || !request.url.startsWith("/v1/environments/")) return false;
  const { raw } = reply;
  const { origin } = request.headers;
  // The answer depends on it, so caches have to keep answers apart.
  if (!origins.has("*")) raw.setHeader("vary", "Origin");
  if (origin === undefined || !(origins.has("*") || origins.has(origin))) return false;
  raw.setHeader("access-control-allow-origin", origins.has("*") ? "*" : origin);
  raw.setHeader("access-control-expose-headers", answerHeaders);
  const isQuestion =
    request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
  if (!isQuestion) return false;
  raw.setHeader("access-control-allow-methods", methods);
  raw.setHeader("access-control-allow-headers", requestHeaders);
  raw.setHeader("access-control-max-age", preflightSeconds);
  reply.code(204).send();
  return true;
}
