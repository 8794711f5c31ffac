import type { Access } from "../../access/access.ts";
import type { Engine } from "../../engine/engine.ts";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import {
  appParameter,
  appSchema,
  appSecretSchema,
  cancelJobs,
  newAppSchema,
  newSecretSchema,
} from "./schemas.ts";

export interface AdminParts {
  access: Access;
  engine: Pick<Engine, "removeEnvironment" | "requireEnded">;
}

const appPath = "/v1/admin/apps/{app}";

/** Apps and their secrets. */
export function appRoutes(parts: AdminParts): ApiRoute[] {
  return [listApps(parts), addApp(parts), removeApp(parts), rotateSecret(parts)];
}

function listApps({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/admin/apps",
    operationId: "listApps",
    tag: "admin",
    summary: "List apps, oldest first",
    access: "operator",
    answers: {
      200: {
        description: "All of them, in one page",
        content: { "application/json": pageOf("AppPage", appSchema) },
      },
    },
    async answer() {
      const items = access.apps().map((id) => ({
        id,
        created: new Date(access.appCreatedAt(id)).toISOString(),
        environments: access.environments(id),
        keys: access.cloudKeys(id),
      }));
      return { status: 200, json: { items, nextCursor: null } };
    },
  });
}

function addApp({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "POST",
    path: "/v1/admin/apps",
    operationId: "addApp",
    tag: "admin",
    summary: "Add an app",
    description: "It can do nothing before it has an environment.",
    access: "operator",
    body: { schema: newAppSchema, required: false },
    answers: {
      201: { description: "The app", content: { "application/json": appSecretSchema } },
    },
    errors: ["conflict", "disk_full"],
    async answer({ body }) {
      const { appId, secret } = await access.addApp({
        ...(body.id !== undefined && { appId: body.id }),
        ...(body.secret !== undefined && { secret: body.secret }),
      });
      return { status: 201, json: { id: appId, secret } };
    },
  });
}

function removeApp({ access, engine }: AdminParts): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path: appPath,
    operationId: "removeApp",
    tag: "admin",
    summary: "Remove an app with its environments, tokens and keys",
    description:
      "Its environments go one after the other, then its tokens and keys; nobody reaches an environment from the moment on at which it begins to go.",
    access: "operator",
    parameters: { app: appParameter },
    query: cancelJobs,
    answers: { 204: { description: "It is gone" } },
    errors: ["app_not_found", "conflict", "busy", "disk_full"],
    async answer({ parameters, query }) {
      const app = parameters["app"] ?? "";
      const options = { cancelJobs: query.cancelJobs ?? false };
      // All of them before the first one goes.
      for (const environment of options.cancelJobs ? [] : access.environments(app)) {
        await engine.requireEnded(environment);
      }
      await access.removeApp(app, (environment) => engine.removeEnvironment(environment, options));
      return { status: 204 };
    },
  });
}

function rotateSecret({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "POST",
    path: `${appPath}/secret`,
    operationId: "rotateSecret",
    tag: "admin",
    summary: "Give an app another secret",
    description: "The old one and all tokens that it got are refused at once.",
    access: "operator",
    parameters: { app: appParameter },
    body: { schema: newSecretSchema, required: false },
    answers: {
      200: { description: "The secret", content: { "application/json": appSecretSchema } },
    },
    errors: ["app_not_found", "disk_full"],
    async answer({ parameters, body }) {
      const id = parameters["app"] ?? "";
      return { status: 200, json: { id, secret: await access.rotateSecret(id, body.secret) } };
    },
  });
}
