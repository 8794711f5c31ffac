import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { errorKinds } from "../job/errors.ts";
import { httpError } from "./errors.ts";
import { redact, stackOf } from "./redact.ts";
import { queryParameter, tokenOf } from "./wechat/url-parameters.ts";

/** What is asked over and over is worth a line where it took longer. */
const slowMs = 1_000;

/**
 * One line for each request, when it is answered or given up. Queries and bodies stay out of it: tokens stand there. What clients
 * ask over and over, how a job is and how the service is, would be most of the log, and a gigabyte a day: while it goes well
 * that is for the debug level.
 */
export function logRequests(app: FastifyInstance, logger: Logger, clock: () => number): void {
  app.addHook("onResponse", (request, reply, done) => {
    logRequest(logger, request, reply.statusCode, clock());
    done();
  });
  app.addHook("onRequestAbort", (request, done) => {
    // What nginx calls it: the client has closed the connection before its answer.
    logRequest(logger, request, 499, clock());
    done();
  });
}

export function logRequest(
  logger: Logger,
  request: FastifyRequest,
  status: number,
  now: number,
): void {
  const { rid, receivedAt, appId, errcode, polled, failure } = request.docferry;
  const ms = now - receivedAt;
  const level = polled && failure === null && status < 400 && ms < slowMs ? "debug" : "info";
  if (!logger.isLevelEnabled(level)) return;
  const line = {
    method: request.method,
    path: pathOf(request),
    status,
    ...(errcode === null ? {} : { errcode }),
    ms,
    rid,
    ...(appId === null ? {} : { appId }),
  };
  logger[level](line, "request");
}

/** An error that somebody must look into: a fault of ours with its stack, and what keeps the service from working. */
export function logError(logger: Logger, request: FastifyRequest, thrown: unknown): void {
  const { errcode, retryable } = errorKinds[httpError(thrown).code];
  if (errcode !== -1000 && !retryable) return;
  const secrets = [
    tokenOf(request.url),
    queryParameter(request.url, "secret"),
    request.headers.authorization,
  ];
  const error = redact(stackOf(thrown), secrets);
  const line = { rid: request.id, path: pathOf(request), error };
  if (errcode === -1000) logger.error(line, "request failed");
  else logger.warn(line, "request put off");
}

function pathOf(request: FastifyRequest): string {
  const path = redact(request.url.split(/[?#]/, 1)[0] ?? "");
  return path.length <= 200 ? path : `${path.slice(0, 200)}…`;
}
