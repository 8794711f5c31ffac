import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Access } from "../../access/access.ts";
import { MultipartUploads } from "../cos/multipart-uploads.ts";
import { answerCos, type CosParts, isCosPost } from "../cos/routes.ts";
import { logError } from "../request-log.ts";
import { sendCosError } from "./cos-error.ts";
import { download } from "./download.ts";
import { endWhenIdle } from "./idle.ts";
import { upload, type UploadParts } from "./upload.ts";

export interface FileRouteParts extends UploadParts {
  access: CosParts["access"] & UploadParts["access"] & Pick<Access, "reach">;
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
      logError(parts.logger, request.docferry, error);
      return sendCosError(request, reply, error);
    });
    scope.addHook("onRequest", async (request) => {
      endWhenIdle(request, parts.idleMs);
      // The vendor's library sends an empty one with what has no body.
      const { headers } = request.raw;
      if (headers["content-type"]?.includes("/") === false) delete headers["content-type"];
    });
    const uploads = new MultipartUploads(parts);
    const cos: CosParts = { ...parts, uploads, rooms: parts.uploads };
    forgetAbandoned(scope, uploads, parts);
    scope.post("/cos/*", (request, reply) =>
      isCosPost(request) ? answerCos(request, reply, cos) : upload(request, reply, parts),
    );
    scope.route({
      method: ["GET", "HEAD", "PUT", "DELETE"],
      url: "/cos/*",
      exposeHeadRoute: false,
      handler: (request, reply) => answerCos(request, reply, cos),
    });
    scope.route({
      method: ["GET", "HEAD"],
      url: "/download/*",
      exposeHeadRoute: false,
      handler: (request, reply) => download(request, reply, parts),
    });
  });
}

/** An upload in parts that nobody has written to for this long is given up. */
const abandonedMs = 24 * 3_600_000;
const lookEveryMs = 10 * 60_000;

function forgetAbandoned(
  scope: FastifyInstance,
  uploads: MultipartUploads,
  { access, clock, logger }: FileRouteParts,
): void {
  const look = async () => {
    for (const environment of access.reach.all()) {
      await uploads.removeAbandoned(environment, clock() - abandonedMs);
    }
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.warn({ err: error }, "abandoned uploads stay"));
  }, lookEveryMs).unref();
  scope.addHook("onClose", async () => clearInterval(timer));
}
