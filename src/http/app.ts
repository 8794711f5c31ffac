import { type IncomingMessage, METHODS } from "node:http";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { OperatorKey } from "../access/operator-key.ts";
import { DocferryError } from "../job/errors.ts";
import { apiRoutes, type ApiParts } from "./api-routes.ts";
import { apiSurface } from "./api/surface.ts";
import { cloudActions } from "./cloud-api/actions.ts";
import { cloudApiPath, cloudApiSurface, isCloudApiCall } from "./cloud-api/surface.ts";
import { consentRoutes } from "./consent/routes.ts";
import { httpError, problem } from "./errors.ts";
import { storageGateway } from "./cos/gateway.ts";
import { type FileRouteParts, registerFileRoutes } from "./files/routes.ts";
import { answerClientError } from "./client-error.ts";
import { type HttpLimits, limitConnections, serverOptions } from "./limits.ts";
import { standing } from "./files/standing.ts";
import { UploadRoom } from "./files/upload-room.ts";
import { openApiRoutes } from "./openapi/routes.ts";
import { RequestContext } from "./request-context.ts";
import { logError, logRequest, logRequests } from "./request-log.ts";
import { keepFailure, type RequestRecorder } from "./request-recorder.ts";
import { newRid } from "./rid.ts";
import { answerTunnels } from "./tunnels.ts";
import { vendorPath } from "./vendor-hosts.ts";
import { checkHost } from "./host.ts";
import { isWireUrl, sendWireError, wechatSurface } from "./wechat/surface.ts";
import { wechatRoutes, type WechatParts } from "./wechat/routes.ts";

type SurfaceParts = WechatParts &
  Omit<FileRouteParts, "uploads"> &
  Omit<ApiParts, "closing" | "uploads">;

export interface AppParts extends SurfaceParts {
  /** Names of files; some of the parts want less of it. */
  index: FileRouteParts["index"];
  /** 32 bytes: forms of the consent page are bound to browsers with it. */
  formKey: Uint8Array;
  /** Opens the calls of the operator's. */
  operatorKey: Pick<OperatorKey, "matches">;
  /** Keeps requests that failed. */
  recorder: RequestRecorder;
  logger: Logger;
  /** Unix ms. */
  clock: () => number;
  /** What addresses in answers begin with; null: the host that the client asked for. */
  publicUrl: string | null;
  /** Believe X-Forwarded-Host and -Proto. */
  trustProxy: boolean;
  /** Of web pages that may make native calls; `*` is any. */
  corsOrigins: ReadonlySet<string>;
  limits: HttpLimits;
  tls: { cert: Buffer; key: Buffer } | null;
  /** Why no work may be sent here; null: it may. */
  notReady: () => Promise<string | null>;
}

/** What a client speaks in TLS: HTTP/1.1, which an agent for proxies that clients of the vendor's have spells with a blank. */
const protocolOf = ({ protocols }: { protocols: string[] }): string | undefined =>
  ["http/1.1", "http 1.1", "http/1.0"].find((one) => protocols.includes(one));

/** All of the service's HTTP. It does not listen yet. */
export function createApp(parts: AppParts): FastifyInstance {
  const { logger, clock, publicUrl, limits } = parts;
  const { bodyMs } = limits;
  const app = Fastify({
    // Typed as plain HTTP: nothing that we use differs.
    ...(parts.tls
      ? {
          https: {
            ...parts.tls,
            ALPNCallback: protocolOf,
            ...serverOptions(limits),
          } as unknown as null,
        }
      : { http: serverOptions(limits) }),
    trustProxy: parts.trustProxy,
    genReqId: () => newRid(clock()),
    requestIdHeader: false,
    rewriteUrl: (request) =>
      isCloudApiCall(request) ? cloudApiPath : routedUrl(request, request.url ?? "/"),
    // Ids of apps and keys have up to 128 characters.
    routerOptions: { maxParamLength: 200 },
    // While it drains, the engine says so call by call.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      // Such a request has met no hook.
      request.docferry = new RequestContext(request, { publicUrl, bodyMs, now: clock() });
      answerError(request, reply, error);
      logRequest(logger, request, reply.statusCode, clock());
      parts.recorder.note(request);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, { logger, clock }),
  });
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }

  limitConnections(app, limits, { logger, clock });
  answerTunnels(app.server, { hasTls: parts.tls !== null, idleMs: parts.idleMs, logger });
  app.decorateRequest("docferry");
  // Hooks of every request are called back, not awaited: each promise costs a status query a hundredth.
  app.addHook("onRequest", (request, _reply, done) => {
    request.docferry = new RequestContext(request, { publicUrl, bodyMs, now: clock() });
    done();
  });
  logRequests(app, logger, clock);
  parts.recorder.register(app);
  app.addHook("onRequest", async (request) => checkHost(request.raw));
  app.setErrorHandler((error, request, reply) => {
    // A body that cannot be parsed matters less than that nobody would have wanted it.
    if (request.is404) return answerError(request, reply, nothingHere(request));
    logError(logger, request, error);
    return answerError(request, reply, error);
  });
  app.setNotFoundHandler((request, reply) => answerError(request, reply, nothingHere(request)));

  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());

  wechatSurface(app, wechatRoutes(parts));
  cloudApiSurface(app, cloudActions(parts), { access: parts.access, logger });
  const uploads = new UploadRoom(parts.index);
  const routes = apiRoutes({ ...parts, uploads, closing: closing.signal });
  apiSurface(app, routes, {
    authenticate: (bearer, client) => parts.access.authenticateBearer(bearer, client),
    reaches: (caller, environment) => parts.access.reaches(caller, environment),
    standing: (caller, environment) => standing(parts.access.reach, caller, environment),
    admit: (kind, id) => parts.access.limits.admit(kind, id),
    isOperator: (key) => parts.operatorKey.matches(key),
    origins: parts.corsOrigins,
    idleMs: parts.idleMs,
  });
  openApiRoutes(app, routes);
  consentRoutes(app, parts);
  registerFileRoutes(app, { ...parts, uploads });
  storageGateway(app, parts);
  health(app, parts.notReady);
  return app;
}

/**
 * Clients that join a base URL and one of the vendor's paths with two slashes mean one; other paths keep theirs, because
 * names of files may have them. And a request line may name the whole URL (RFC 9112 3.2.2).
 */
function routedUrl(request: Pick<IncomingMessage, "headers">, url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
  const atVendor = vendorPath(request, path);
  if (atVendor !== null) return atVendor;
  const single = path.replace(/^\/{2,}/, "/");
  return isWireUrl(single) ? single : path;
}

function nothingHere(request: FastifyRequest): DocferryError {
  return new DocferryError("unknown_path", `There is nothing at this path for ${request.method}`);
}

function answerError(request: FastifyRequest, reply: FastifyReply, thrown: unknown) {
  return isWireUrl(request.url)
    ? sendWireError(request, reply, thrown)
    : sendProblem(request, reply, thrown);
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown) {
  const answer = problem(thrown, request.id);
  const text = JSON.stringify(answer);
  keepFailure(request, text);
  if (answer.retryable) reply.header("retry-after", String(httpError(thrown).retryAfter ?? 1));
  return reply
    .code(answer.status)
    .header("content-type", "application/problem+json; charset=utf-8")
    .send(text);
}

/** Alive: the process answers. Ready: it takes work; a balancer goes by this one. */
function health(app: FastifyInstance, notReady: AppParts["notReady"]): void {
  app.get("/healthz", (request, reply) => {
    request.docferry.polled = true;
    reply.send({ status: "alive" });
  });
  app.get("/readyz", (request) => {
    request.docferry.polled = true;
    return notReady().then((reason) => {
      if (reason !== null) throw new DocferryError("busy", `Not ready: ${reason}`);
      return { status: "ready" };
    });
  });
}
