import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { errorKinds } from "../job/errors.ts";
import { httpError } from "./errors.ts";
import type { RequestContext } from "./request-context.ts";
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
    logRequest(logger, request.docferry, reply.statusCode, clock());
    done();
  });
  app.addHook("onRequestAbort", (request, done) => {
    // What nginx calls it: the client has closed the connection before its answer.
    logRequest(logger, request.docferry, 499, clock());
    done();
  });
}

export function logRequest(
  logger: Logger,
  context: RequestContext,
  status: number,
  now: number,
): void {
  const { receivedAt, appId, errcode, polled, failure } = context;
  const ms = now - receivedAt;
  const level = polled && failure === null && status < 400 && ms < slowMs ? "debug" : "info";
  if (!logger.isLevelEnabled(level)) return;
  const line = {
    method: context.method,
    path: pathOf(context),
    status,
    ...(errcode === null ? {} : { errcode }),
    ms,
    rid: context.rid,
    ...(appId === null ? {} : { appId }),
  };
  logger[level](line, "request");
}

/** An error that somebody must look into: a fault of ours with its stack, and what keeps the service from working. */
export function logError(logger: Logger, context: RequestContext, thrown: unknown): void {
  const { errcode, retryable } = errorKinds[httpError(thrown).code];
  if (errcode !== -1000 && !retryable) return;
  const { url, raw, rid } = context;
  const secrets = [tokenOf(url), queryParameter(url, "secret"), raw.headers.authorization];
  const error = redact(stackOf(thrown), secrets);
  const line = { rid, path: pathOf(context), error };
  if (errcode === -1000) logger.error(line, "request failed");
  else logger.warn(line, "request put off");
}

function pathOf({ url }: RequestContext): string {
  const path = redact(url.split(/[?#]/, 1)[0] ?? "");
  return path.length <= 200 ? path : `${path.slice(0, 200)}…`;
}
