import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Access } from "../../access/access.ts";
import { accountOf } from "../../access/caller.ts";
import { requireCall } from "../../access/call-rules.ts";
import { DocferryError } from "../../job/errors.ts";
import { type JsonObject, parseJsonObject, readBody } from "../json-body.ts";
import { noteCaller } from "../request-context.ts";
import { logError } from "../request-log.ts";
import { keepFailure } from "../request-recorder.ts";
import { leaveBodiesUnparsed } from "../unparsed-bodies.ts";
import type { CloudAction } from "./action.ts";
import { authenticate, onlyHeader } from "./authenticate.ts";
import { cloudError } from "./errors.ts";

/** Where its calls are routed to, whatever path they were sent to. */
export const cloudApiPath = "/cloud-api";

const version = "2018-06-08";

/** What it asks before the action is known. */
type CloudAccess = Pick<Access, "signer" | "requireAddress" | "limits">;

/**
 * Whether a request is one of the Cloud API's. It has no paths of its own: clients send to the root, or to whatever path their
 * base address has, and say by headers what they want.
 */
export function isCloudApiCall({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers["x-tc-action"] !== undefined || /^TC3-/i.test(headers.authorization ?? "");
}

/** Serves `actions` in the envelope of the Cloud API 3.0: HTTP 200 whatever happens. */
export function cloudApiSurface(
  app: FastifyInstance,
  actions: ReadonlyMap<string, CloudAction>,
  parts: { access: CloudAccess; logger: Logger },
): void {
  app.register(async (scope) => {
    // The signature is over the bytes as they came.
    leaveBodiesUnparsed(scope);
    scope.setErrorHandler((error, request, reply) => {
      logError(parts.logger, request.docferry, error);
      return send(request, reply, { Error: cloudError(error) });
    });
    scope.all(cloudApiPath, async (request, reply) =>
      send(request, reply, await answerCall(actions, request, parts.access)),
    );
  });
}

async function answerCall(
  actions: ReadonlyMap<string, CloudAction>,
  request: FastifyRequest,
  access: CloudAccess,
): Promise<JsonObject> {
  const { raw, docferry: context } = request;
  if (request.method !== "POST") {
    throw new DocferryError("post_required", `The method is ${request.method}`);
  }
  const body = await readBody(context);
  const caller = authenticate(access, {
    raw,
    url: request.originalUrl,
    body,
    now: context.receivedAt,
    host: request.docferry.host,
  });
  noteCaller(context, caller);
  access.requireAddress(accountOf(caller), request.docferry.client);
  access.limits.admit("account", accountOf(caller));
  requireCall(caller, "cloudbase");
  return actionOf(actions, raw).answer(parseJsonObject(body), { caller, context });
}

/** Only who has signed gets to know which actions there are. */
function actionOf(actions: ReadonlyMap<string, CloudAction>, raw: IncomingMessage): CloudAction {
  const [name, asked] = ["x-tc-action", "x-tc-version"].map((header) => {
    const value = onlyHeader(raw, header);
    if (value === undefined) throw new DocferryError("missing_argument", `One header ${header}`);
    return value;
  });
  if (asked !== version) {
    throw new DocferryError("unknown_version", `There is no version ${JSON.stringify(asked)}`);
  }
  const action = actions.get(name ?? "");
  if (action) return action;
  throw new DocferryError("unknown_action", `There is no action ${JSON.stringify(name)}`);
}

function send(request: FastifyRequest, reply: FastifyReply, answer: JsonObject) {
  const text = JSON.stringify({ Response: { ...answer, RequestId: request.docferry.rid } });
  if (answer["Error"] !== undefined) keepFailure(request.docferry, text);
  return reply.code(200).header("content-type", "application/json; charset=utf-8").send(text);
}
