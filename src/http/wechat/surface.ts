import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import { DocferryError } from "../../job/errors.ts";
import { wireError } from "../errors.ts";
import { checkHost } from "../host.ts";
import type { JsonObject } from "../json-body.ts";
import type { RequestContext } from "../request-context.ts";
import { logError, logRequest } from "../request-log.ts";
import { keepFailure, type RequestRecorder } from "../request-recorder.ts";
import type { WireRoute } from "./route.ts";

const prefixes = ["/tcb/", "/cgi-bin/", "/componenttcb/"];

/** Whether the vendor's rules hold for this URL: HTTP 200 whatever happens, and the error in the body. */
export function isWireUrl(url: string): boolean {
  return prefixes.some((prefix) => url.startsWith(prefix));
}

export interface SurfaceParts {
  recorder: RequestRecorder;
  logger: Logger;
  /** Unix ms. */
  clock: () => number;
  /** Aborted once no further request is wanted on a connection. */
  closing: AbortSignal;
}

/**
 * Answers every URL below the vendor's prefixes.
 *
 * It stands in front of Fastify: clients ask for their jobs' states all the time, and of such a call's path, body and errors
 * nothing is Fastify's to find out. Its routing, hooks and reply were two thirds of what a status query costs.
 */
export class WechatSurface {
  readonly #routes: ReadonlyMap<string, WireRoute>;
  readonly #parts: SurfaceParts;

  constructor(routes: ReadonlyMap<string, WireRoute>, parts: SurfaceParts) {
    this.#routes = routes;
    this.#parts = parts;
  }

  async serve(context: RequestContext, response: ServerResponse): Promise<void> {
    try {
      send(context, response, await this.#answer(context), this.#parts.closing.aborted);
    } catch (thrown) {
      logError(this.#parts.logger, context, thrown);
      const answer = { ...wireError(thrown, context.rid) };
      send(context, response, answer, this.#parts.closing.aborted);
    }
    this.#sent(context, response);
  }

  #answer(context: RequestContext): Promise<JsonObject> {
    checkHost(context.raw);
    const route = this.#routes.get(pathOf(context.url));
    if (!route) throw new DocferryError("unknown_path", "There is no such path");
    if (context.method !== route.method) {
      throw new DocferryError(
        route.method === "GET" ? "get_required" : "post_required",
        `The method is ${context.method}`,
      );
    }
    context.polled = route.polled === true;
    return route.answer(context);
  }

  #sent(context: RequestContext, response: ServerResponse): void {
    const { logger, clock, recorder } = this.#parts;
    // What nginx calls it: the client has closed the connection before its answer.
    logRequest(logger, context, response.closed ? 499 : 200, clock());
    if (context.failure === null) return;
    if (response.closed) recorder.note(context);
    else response.once("close", () => recorder.note(context));
  }
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function send(
  context: RequestContext,
  response: ServerResponse,
  answer: JsonObject,
  isLast: boolean,
): void {
  const errcode = answer["errcode"];
  context.errcode = typeof errcode === "number" ? errcode : 0;
  const text = JSON.stringify(answer);
  if (context.errcode !== 0) keepFailure(context, text);
  if (isLast) response.setHeader("connection", "close");
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
