import { Type } from "typebox";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import type { AdminParts } from "./apps.ts";
import { cancelJobs, environmentSchema, newEnvironmentSchema } from "./schemas.ts";

const environmentsPath = "/v1/admin/environments";

export function environmentRoutes(parts: AdminParts): ApiRoute[] {
  return [listEnvironments(parts), addEnvironment(parts), removeEnvironment(parts)];
}

function listEnvironments({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: environmentsPath,
    operationId: "listEnvironments",
    tag: "admin",
    summary: "List environments, those of an app together",
    access: "operator",
    query: Type.Object(
      { app: Type.Optional(Type.String({ description: "Only those of this app" })) },
      { additionalProperties: false },
    ),
    answers: {
      200: {
        description: "All of them, in one page",
        content: { "application/json": pageOf("EnvironmentPage", environmentSchema) },
      },
    },
    errors: ["app_not_found"],
    async answer({ query }) {
      if (query.app !== undefined) access.appCreatedAt(query.app);
      const apps = query.app === undefined ? access.apps() : [query.app];
      const items = apps.flatMap((app) => access.environments(app).map((id) => ({ id, app })));
      return { status: 200, json: { items, nextCursor: null } };
    },
  });
}

function addEnvironment({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "POST",
    path: environmentsPath,
    operationId: "addEnvironment",
    tag: "admin",
    summary: "Add an environment to an app",
    access: "operator",
    body: { schema: newEnvironmentSchema },
    answers: {
      201: { description: "The environment", content: { "application/json": environmentSchema } },
    },
    errors: ["app_not_found", "conflict", "disk_full"],
    async answer({ body }) {
      const id = await access.addEnvironment(body.app, body.id);
      return { status: 201, json: { id, app: body.app } };
    },
  });
}

function removeEnvironment({ access, engine }: AdminParts): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path: `${environmentsPath}/{env}`,
    operationId: "removeEnvironment",
    tag: "admin",
    summary: "Remove an environment with its jobs, files and documents",
    description:
      "Nobody reaches it from the first moment on. While jobs of it run it is a conflict, unless they are to be cancelled. The bytes of its files go within the hour.",
    access: "operator",
    parameters: { env: Type.String({ description: "Id of an environment" }) },
    query: cancelJobs,
    answers: { 204: { description: "It is gone" } },
    errors: ["environment_not_found", "conflict", "busy", "disk_full"],
    async answer({ parameters, query }) {
      const environment = parameters["env"] ?? "";
      await access.removeEnvironment(environment, () =>
        engine.removeEnvironment(environment, { cancelJobs: query.cancelJobs ?? false }),
      );
      return { status: 204 };
    },
  });
}
