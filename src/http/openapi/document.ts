import type { TSchema } from "typebox";
import { type ErrorCode, errorKinds } from "../../job/errors.ts";
import type { ApiRoute, RouteAnswer } from "../api/route.ts";
import { problemSchema } from "../native/schemas.ts";
import { Components } from "./components.ts";

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of these routes. What it says of a call is what checks that call: there is no second description.
 * @param version docferry's
 */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, components);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "docferry",
      version,
      description:
        "Ferries documents in and out of databases, as jobs that can be watched, stopped, resumed and proved. Errors are problem+json (RFC 9457) with a stable code; lists are pages with nextCursor; times are RFC 3339 in UTC.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: tags.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        app: {
          type: "http",
          scheme: "bearer",
          description:
            "An access token of an app, as POST /cgi-bin/stable_token gives it, or an API key, as docferry key add makes it: SECRETID.SECRETKEY",
        },
        operator: {
          type: "http",
          scheme: "bearer",
          description: "What stands in the file operator.key of the data folder",
        },
      },
      schemas: components.schemas,
    },
  };
}

const tags = [
  ["jobs", "Imports and exports"],
  ["rejects", "Records that failed"],
  ["files", "What is imported and exported"],
  ["collections", "Where documents are"],
  ["admin", "For the operator of the service"],
] as const;

function operationOf(route: ApiRoute, components: Components): Json {
  const { operationId, tag, summary, description, access } = route;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: access === "anyone" ? [] : [{ [access === "operator" ? "operator" : "app"]: [] }],
    ...parametersOf(route, components),
    ...bodyOf(route, components),
    responses: { ...answersOf(route, components), ...refusalsOf(route, components) },
  };
}

function parametersOf(route: ApiRoute, components: Components): Json {
  const { properties } = route.query;
  const required = route.query.required ?? [];
  const parameters = [
    ...Object.entries(route.parameters).map(([name, schema]) =>
      parameter("path", name, schema, true, components),
    ),
    ...Object.entries(properties).map(([name, schema]) =>
      parameter("query", name, schema, required.includes(name), components),
    ),
    ...Object.entries(route.headers).map(([name, schema]) =>
      parameter("header", name, schema, false, components),
    ),
  ];
  return parameters.length > 0 ? { parameters } : {};
}

function parameter(
  place: "path" | "query" | "header",
  name: string,
  schema: TSchema,
  required: boolean,
  components: Components,
): Json {
  const { description, ...rest } = components.refer(schema) as Json;
  return {
    name,
    in: place,
    ...(required && { required }),
    ...(description !== undefined && { description }),
    schema: rest,
  };
}

function bodyOf({ body }: ApiRoute, components: Components): Json {
  if (!body) return {};
  if (body.kind === "bytes") {
    const content = { "*/*": { schema: { type: "string", format: "binary" } } };
    return { requestBody: { required: true, description: body.description, content } };
  }
  const content = { "application/json": { schema: components.refer(body.schema) } };
  return { requestBody: { required: body.required, content } };
}

function answersOf(route: ApiRoute, components: Components): Json {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [
      status,
      { description: answer.description, ...contentOf(answer, components), ...headersOf(answer) },
    ]),
  );
}

function contentOf({ content }: RouteAnswer, components: Components): Json {
  if (!content) return {};
  const types = Object.entries(content).map(([type, schema]) => {
    if (schema === "binary") return [type, { schema: { type: "string", format: "binary" } }];
    return [type, { schema: components.refer(schema) }];
  });
  return { content: Object.fromEntries(types) as Json };
}

function headersOf({ headers }: RouteAnswer): Json {
  if (!headers) return {};
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  return { headers: Object.fromEntries(described) as Json };
}

/** Kinds of errors by their status. */
function refusalsOf(route: ApiRoute, components: Components): Json {
  const codes = errorsOf(route);
  const statuses = [...new Set(codes.map((code) => errorKinds[code].status))].sort((a, b) => a - b);
  const problem = components.refer(problemSchema);
  return Object.fromEntries(
    statuses.map((status) => {
      const here = codes.filter((code) => errorKinds[code].status === status);
      return [
        status,
        {
          description: `code ${here.join(", ")}`,
          // A HEAD has no body, whatever it says.
          ...(route.method !== "HEAD" && {
            content: { "application/problem+json": { schema: problem } },
          }),
        },
      ];
    }),
  );
}

/** All that a call may be refused for: its own kinds, and those of its access, parameters and body. */
export function errorsOf(route: ApiRoute): ErrorCode[] {
  const { access, body } = route;
  const codes = new Set<ErrorCode>(route.errors);
  const add = (...more: ErrorCode[]) => more.forEach((code) => codes.add(code));
  if (access === "environment") {
    add("bearer_missing", "token_unknown", "token_superseded", "token_expired");
    add("api_key_unknown");
    add("authorization_gone", "api_unauthorized", "environment_not_found");
    add("minute_limit", "day_limit", "address_not_allowed");
  }
  if (access === "operator") add("operator_key_missing", "wrong_operator_key");
  // Query parameters that a call has not are refused by name everywhere.
  add("invalid_argument");
  if (body?.kind === "json") {
    add("invalid_body", "missing_argument", "body_too_large", "body_too_slow");
    if (body.required) add("empty_body");
  }
  add("store_unavailable", "internal");
  return [...codes];
}
