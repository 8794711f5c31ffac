import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Static, TObject } from "typebox";
import { requireCall } from "../../access/call-rules.ts";
import { accountOf, type Caller } from "../../access/caller.ts";
import { DocferryError, errorKinds } from "../../job/errors.ts";
import { parseJsonObject, readBody } from "../json-body.ts";
import { endWhenIdle } from "../files/idle.ts";
import { noteCaller } from "../request-context.ts";
import { leaveBodiesUnparsed } from "../unparsed-bodies.ts";
import { bearerOf } from "./bearer.ts";
import { allowOrigin } from "./cors.ts";
import { compileCheck } from "./check.ts";
import { jsonMembers } from "./json-members.ts";
import { queryValues } from "./query.ts";
import type { ApiCall, ApiRoute } from "./route.ts";

/** Who may call what. */
export interface ApiGuards {
  /** @throws {DocferryError} as `Access.authenticateBearer` */
  authenticate(bearer: string, client: string): Caller;
  reaches(caller: Caller, environment: string): boolean;
  /** See `standing` (http/files/standing.ts). */
  standing(caller: Caller, environment: string): () => void;
  isOperator(key: string): boolean;
  /** Of web pages that may make native calls; `*` is any. */
  origins: ReadonlySet<string>;
  /** Counts a request. @throws {DocferryError} `minute_limit`, `day_limit` */
  admit(kind: "account" | "environment", id: string): void;
  /** ms without a byte in either direction after which a client counts as gone. */
  idleMs: number;
}

/**
 * Serves our own calls. The order of checks is one for all: method, who asks, the environment, parameters, body; then the
 * call's own.
 */
export function apiSurface(
  app: FastifyInstance,
  routes: readonly ApiRoute[],
  guards: ApiGuards,
): void {
  app.register(async (scope) => {
    leaveBodiesUnparsed(scope);
    scope.addHook("onRequest", async (request, reply) => {
      if (allowOrigin(request, reply, guards.origins)) return reply;
      endWhenIdle(request, guards.idleMs);
      return undefined;
    });
    for (const route of routes) {
      const checked = checkedCall(route, guards);
      scope.route({
        method: route.method,
        url: urlOf(route.path),
        exposeHeadRoute: route.method === "GET" && !hasHead(route, routes),
        handler: async (request, reply) => {
          const answer = await route.answer(
            (await checked(request, reply)) as ApiCall<never, never>,
          );
          if (answer === "sent") return reply;
          reply.code(answer.status).headers(answer.headers ?? {});
          if (answer.json === undefined) return reply.send();
          return reply
            .header("content-type", "application/json; charset=utf-8")
            .send(JSON.stringify(answer.json));
        },
      });
    }
    refuseOtherMethods(scope, routes);
  });
}

/** The content type that a client gave: the one that Fastify sees is none of its own parsers'. */
export function givenContentType(request: FastifyRequest): string | null {
  const { rawHeaders } = request.raw;
  const at = rawHeaders.findIndex((name, i) => i % 2 === 0 && /^content-type$/i.test(name));
  return at < 0 ? null : (rawHeaders[at + 1] ?? null);
}

function checkedCall(route: ApiRoute, guards: ApiGuards) {
  const query = compileCheck(route.query);
  const body = route.body?.kind === "json" ? compileCheck(route.body.schema) : null;
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<ApiCall<Static<TObject>, unknown>> => {
    const parameters = request.params as Record<string, string>;
    const admitted = authorize(route, request, reply, parameters, guards);
    const raw = body ? await readBody(request.docferry) : Buffer.alloc(0);
    return {
      request,
      reply,
      ...admitted,
      now: request.docferry.receivedAt,
      parameters,
      query: query(queryValues(request.url, route.query)),
      body: body ? body(bodyValue(route, raw)) : null,
      raw,
    };
  };
}

function bodyValue(route: ApiRoute, raw: Buffer): unknown {
  if (raw.length === 0 && route.body?.kind === "json" && !route.body.required) return {};
  const value = parseJsonObject(raw);
  // Refuses a field that stands there twice.
  jsonMembers(raw);
  return value;
}

type Admitted = Pick<ApiCall<never, never>, "environment" | "requireStanding">;

const noEnvironment: Admitted = { environment: "", requireStanding: () => undefined };

function authorize(
  route: ApiRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Record<string, string>,
  guards: ApiGuards,
): Admitted {
  if (route.access === "anyone") return noEnvironment;
  try {
    if (route.access === "operator") {
      const key = bearerOf(request, "operator_key_missing");
      if (!guards.isOperator(key)) {
        throw new DocferryError("wrong_operator_key", "That is not the operator key");
      }
      return noEnvironment;
    }
    const caller = guards.authenticate(
      bearerOf(request, "bearer_missing"),
      request.docferry.client,
    );
    noteCaller(request.docferry, caller);
    guards.admit("account", accountOf(caller));
    requireCall(caller, "native");
    const environment = parameters["env"] ?? "";
    if (guards.reaches(caller, environment)) {
      guards.admit("environment", environment);
      return { environment, requireStanding: guards.standing(caller, environment) };
    }
    throw new DocferryError(
      "environment_not_found",
      `App ${accountOf(caller)} has no environment ${JSON.stringify(environment)}`,
    );
  } catch (error) {
    if (error instanceof DocferryError && errorKinds[error.code].status === 401) {
      // RFC 6750 3.1: a request that brought nothing is not told of an error.
      const isMissing = error.code === "bearer_missing" || error.code === "operator_key_missing";
      reply.header("www-authenticate", isMissing ? "Bearer" : 'Bearer error="invalid_token"');
    }
    throw error;
  }
}

/** A path that is there answers a method that it has not with what it has. */
function refuseOtherMethods(scope: FastifyInstance, routes: readonly ApiRoute[]): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const allowed = new Set<string>(here.map(({ method }) => method));
    if (here.some((route) => route.method === "GET" && !route.withoutHead)) allowed.add("HEAD");
    scope.route({
      method: scope.supportedMethods.filter((method) => !allowed.has(method)),
      url: urlOf(path),
      handler: async (request, reply) => {
        reply.header("allow", [...allowed].join(", "));
        throw new DocferryError(
          "method_not_allowed",
          `${request.method} is not for this path: ${[...allowed].join(", ")}`,
        );
      },
    });
  }
}

function hasHead(route: ApiRoute, routes: readonly ApiRoute[]): boolean {
  return (
    route.withoutHead || routes.some(({ method, path }) => method === "HEAD" && path === route.path)
  );
}

/** `{env}` is `:env`, and `{path}` whatever follows. */
function urlOf(path: string): string {
  return path.replace("{path}", "*").replaceAll(/\{(\w+)\}/g, ":$1");
}
