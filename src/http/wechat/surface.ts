import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { DocferryError } from "../../job/errors.ts";
import { wireError } from "../errors.ts";
import type { JsonObject } from "../json-body.ts";
import { keepFailure } from "../request-recorder.ts";
import { leaveBodiesUnparsed } from "../unparsed-bodies.ts";
import { WireRequest, type WireRoute } from "./route.ts";

const prefixes = ["/tcb/", "/cgi-bin/", "/componenttcb/"];

/** Whether the vendor's rules hold for this URL: HTTP 200 whatever happens, and the error in the body. */
export function isWireUrl(url: string): boolean {
  return prefixes.some((prefix) => url.startsWith(prefix));
}

/** Serves the calls of `routes`, and answers everything else below the prefixes as the vendor does. */
export function wechatSurface(app: FastifyInstance, routes: ReadonlyMap<string, WireRoute>): void {
  app.register(async (scope) => {
    leaveBodiesUnparsed(scope);
    for (const prefix of prefixes) {
      scope.all(`${prefix}*`, async (request, reply) => {
        const answer = await answerCall(routes, request);
        return sendWire(request, reply, answer);
      });
    }
  });
}

/** Sends what was thrown as the vendor's errcode and errmsg. */
export function sendWireError(request: FastifyRequest, reply: FastifyReply, thrown: unknown) {
  return sendWire(request, reply, { ...wireError(thrown, request.id) });
}

async function answerCall(
  routes: ReadonlyMap<string, WireRoute>,
  request: FastifyRequest,
): Promise<JsonObject> {
  const route = routes.get(request.url.split("?", 1)[0] ?? "");
  if (!route) throw new DocferryError("unknown_path", "There is no such path");
  if (request.method !== route.method) {
    throw new DocferryError(
      route.method === "GET" ? "get_required" : "post_required",
      `The method is ${request.method}`,
    );
  }
  request.docferry.polled = route.polled === true;
  return route.answer(new WireRequest(request));
}

function sendWire(request: FastifyRequest, reply: FastifyReply, answer: JsonObject) {
  const errcode = answer["errcode"];
  request.docferry.errcode = typeof errcode === "number" ? errcode : 0;
  const text = JSON.stringify(answer);
  if (request.docferry.errcode !== 0) keepFailure(request, text);
  return reply.code(200).header("content-type", "application/json; charset=utf-8").send(text);
}
