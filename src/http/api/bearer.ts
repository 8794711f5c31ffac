import type { FastifyRequest } from "fastify";
import { DocferryError, type ErrorCode } from "../../job/errors.ts";

/**
 * The token of `Authorization: Bearer TOKEN` (RFC 6750).
 * @throws {DocferryError} of kind `missing`
 */
export function bearerOf(request: FastifyRequest, missing: ErrorCode): string {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw new DocferryError(missing, "The request has no Authorization header");
  }
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (token === undefined) {
    throw new DocferryError(missing, "The Authorization header is not Bearer and one token");
  }
  return token;
}
