import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { logError } from "../request-log.ts";
import { sendCosError } from "./cos-error.ts";
import { download } from "./download.ts";
import { endWhenIdle } from "./idle.ts";
import { upload, type UploadParts } from "./upload.ts";

export interface FileRouteParts extends UploadParts {
  logger: Logger;
  /** ms without a byte in either direction after which a client counts as gone. */
  idleMs: number;
}

/** Uploads as COS takes them, and downloads by signed address. Bodies are streamed and have no limit; errors are COS's XML. */
export function registerFileRoutes(app: FastifyInstance, parts: FileRouteParts): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _body, done) => done(null));
    scope.setErrorHandler((error, request, reply) => {
      logError(parts.logger, request, error);
      return sendCosError(request, reply, error);
    });
    scope.addHook("onRequest", async (request) => endWhenIdle(request, parts.idleMs));
    scope.post("/cos/*", (request, reply) => upload(request, reply, parts));
    scope.route({
      method: ["GET", "HEAD"],
      url: "/download/*",
      exposeHeadRoute: false,
      handler: (request, reply) => download(request, reply, parts),
    });
  });
}
