import type { FastifyInstance } from "fastify";

const bodyType = "application/octet-stream";

/**
 * For calls whose bodies are read after the checks that come before them, and are JSON whatever their type says: Fastify parses
 * nothing in this scope. All bodies get one type there, by whose name the parser is found: behind `*` Fastify takes each
 * request's type to pieces.
 */
export function leaveBodiesUnparsed(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(bodyType, (_request, _body, done) => done(null));
  scope.addHook("onRequest", (request, _reply, done) => {
    request.raw.headers["content-type"] = bodyType;
    done();
  });
}
