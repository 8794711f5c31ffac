import type { FastifyReply, FastifyRequest } from "fastify";
import type { Static, TObject, TProperties, TSchema } from "typebox";
import type { ErrorCode } from "../../job/errors.ts";

/** Who may call: an app for one of its environments, the operator, or anyone. */
export type RouteAccess = "environment" | "operator" | "anyone";

/**
 * A call of our own API: what OpenAPI says of it and what checks and answers it, in one place, so that the two cannot differ.
 */
export interface ApiRoute {
  method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** As OpenAPI writes it: `/v1/environments/{env}/jobs/{id}`. `{path}` is the rest of the path, slashes included. */
  path: string;
  /** Unique: the name that generated clients give to the call. */
  operationId: string;
  tag: string;
  summary: string;
  description: string;
  access: RouteAccess;
  /** What stands in the path; handlers get text. */
  parameters: Record<string, TSchema>;
  query: TObject;
  /** Request headers that mean something, by their names in lower case. */
  headers: Record<string, TSchema>;
  body: RouteBody | null;
  answers: Record<number, RouteAnswer>;
  /** What it may be refused for beyond what its access, parameters and body imply. */
  errors: readonly ErrorCode[];
  /** A GET that only streams has no HEAD beside it. */
  withoutHead: boolean;
  answer(call: ApiCall<never, never>): Promise<ApiAnswer>;
}

/** `json` is read whole and checked; `bytes` is the handler's to stream. */
export type RouteBody =
  | { kind: "json"; schema: TSchema; required: boolean }
  | { kind: "bytes"; description: string };

export interface RouteAnswer {
  description: string;
  /** By content type; none: no body. `binary` is no JSON. */
  content?: Record<string, TSchema | "binary">;
  headers?: Record<string, string>;
}

/** What a handler knows: all of it is checked. */
export interface ApiCall<Query, Body> {
  request: FastifyRequest;
  reply: FastifyReply;
  /** Of a route below an environment; "" elsewhere. */
  environment: string;
  /**
   * Whether the environment is still the one that the call was let into: for calls that take long.
   * @throws {DocferryError} `environment_not_found`
   */
  requireStanding: () => void;
  /** Unix ms at which the request came. */
  now: number;
  parameters: Record<string, string>;
  query: Query;
  body: Body;
  /** The body as it came; empty where it is not JSON. */
  raw: Buffer;
}

export type ApiAnswer =
  | { status: number; json?: unknown; headers?: Record<string, string> }
  /** The handler has answered by itself. */
  | "sent";

type Definition<Q extends TProperties, B extends TSchema> = Pick<
  ApiRoute,
  "method" | "path" | "operationId" | "tag" | "summary" | "access" | "answers"
> & {
  description?: string;
  parameters?: Record<string, TSchema>;
  query?: TObject<Q>;
  headers?: Record<string, TSchema>;
  body?: { schema: B; required?: boolean } | { bytes: string };
  errors?: readonly ErrorCode[];
  withoutHead?: boolean;
  answer(call: ApiCall<Static<TObject<Q>>, Static<B>>): Promise<ApiAnswer>;
};

const noQuery = { type: "object", properties: {}, additionalProperties: false } as const;

/** A route with what it leaves out filled in. */
export function apiRoute<Q extends TProperties, B extends TSchema>(
  definition: Definition<Q, B>,
): ApiRoute {
  const { body, ...rest } = definition;
  return {
    description: "",
    parameters: {},
    headers: {},
    errors: [],
    withoutHead: false,
    ...rest,
    query: definition.query ?? (noQuery as unknown as TObject),
    body: body ? bodyOf(body) : null,
    // A route's own types end here: the check of each call (surface.ts) is what makes them true.
    answer: (call) => definition.answer(call),
  };
}

function bodyOf(body: { schema: TSchema; required?: boolean } | { bytes: string }): RouteBody {
  return "bytes" in body
    ? { kind: "bytes", description: body.bytes }
    : { kind: "json", schema: body.schema, required: body.required ?? true };
}
