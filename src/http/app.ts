import { type IncomingMessage, METHODS } from "node:http";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { OperatorKey } from "../access/operator-key.ts";
import { DocferryError } from "../job/errors.ts";
import { apiRoutes, type ApiParts } from "./api-routes.ts";
import { apiSurface } from "./api/surface.ts";
import { cloudActions } from "./cloud-api/actions.ts";
import { cloudApiPath, cloudApiSurface, isCloudApiCall } from "./cloud-api/surface.ts";
import { consentRoutes, isConsentPage } from "./consent/routes.ts";
import { httpError, problem } from "./errors.ts";
import { storageGateway } from "./cos/gateway.ts";
import { type FileRouteParts, registerFileRoutes } from "./files/routes.ts";
import { answerClientError } from "./client-error.ts";
import { type HttpLimits, limitConnections } from "./limits.ts";
import { standing } from "./files/standing.ts";
import { UploadRoom } from "./files/upload-room.ts";
import { openApiRoutes } from "./openapi/routes.ts";
import { RequestContext } from "./request-context.ts";
import { logError, logRequest, logRequests } from "./request-log.ts";
import { keepFailure, type RequestRecorder } from "./request-recorder.ts";
import { createServer } from "./server.ts";
import { answerTunnels } from "./tunnels.ts";
import { vendorPath } from "./vendor-hosts.ts";
import { checkHost } from "./host.ts";
import { isWireUrl, WechatSurface } from "./wechat/surface.ts";
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

/** All of the service's HTTP. It does not listen yet. */
export function createApp(parts: AppParts): FastifyInstance {
  const { logger, clock, recorder, limits } = parts;
  const options = { ...parts, bodyMs: limits.bodyMs };
  const contextOf = (raw: IncomingMessage, url: string) =>
    new RequestContext(raw, url, clock(), options);
  const closing = new AbortController();
  const wechat = new WechatSurface(wechatRoutes(parts), {
    recorder,
    logger,
    clock,
    closing: closing.signal,
  });
  const app = Fastify({
    serverFactory: (fastify) =>
      createServer((request, response) => {
        const url = routedUrl(request);
        if (isWireUrl(url) && !isConsentPage(url))
          void wechat.serve(contextOf(request, url), response);
        else fastify(request, response);
      }, parts),
    // A request's id is its context's.
    genReqId: () => "",
    requestIdHeader: false,
    rewriteUrl: routedUrl,
    // Ids of apps and keys have up to 128 characters.
    routerOptions: { maxParamLength: 200 },
    // While it drains, the engine says so call by call.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      // Such a request has met no hook.
      request.docferry = contextOf(request.raw, request.url);
      sendProblem(request, reply, error);
      logRequest(logger, request.docferry, reply.statusCode, clock());
      recorder.note(request.docferry);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, { logger, clock }),
  });
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  }

  limitConnections(app, limits, { logger, clock });
  answerTunnels(app.server, { hasTls: parts.tls !== null, idleMs: parts.idleMs, logger });
  app.decorateRequest("docferry");
  app.addHook("onRequest", (request, _reply, done) => {
    request.docferry = contextOf(request.raw, request.url);
    done();
  });
  logRequests(app, logger, clock);
  recorder.register(app);
  app.addHook("onRequest", async (request) => checkHost(request.raw));
  app.setErrorHandler((error, request, reply) => {
    // A body that cannot be parsed matters less than that nobody would have wanted it.
    if (request.is404) return sendProblem(request, reply, nothingHere(request));
    logError(logger, request.docferry, error);
    return sendProblem(request, reply, error);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, nothingHere(request)));
  app.addHook("preClose", async () => closing.abort());

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
 * Path and query that a request is routed by. Clients that join a base URL and one of the vendor's paths with two slashes mean one; other paths keep theirs, because
 * names of files may have them. And a request line may name the whole URL (RFC 9112 3.2.2).
 */
function routedUrl(request: Pick<IncomingMessage, "headers" | "url">): string {
  if (isCloudApiCall(request)) return cloudApiPath;
  const { url = "/" } = request;
  const path = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
  const atVendor = vendorPath(request, path);
  if (atVendor !== null) return atVendor;
  const single = path.startsWith("//") ? path.replace(/^\/+/, "/") : path;
  return isWireUrl(single) ? single : path;
}

function nothingHere(request: FastifyRequest): DocferryError {
  return new DocferryError("unknown_path", `There is nothing at this path for ${request.method}`);
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown) {
  const answer = problem(thrown, request.docferry.rid);
  const text = JSON.stringify(answer);
  keepFailure(request.docferry, text);
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
