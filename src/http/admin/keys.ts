import type { Access } from "../../access/access.ts";
import { DocferryError } from "../../job/errors.ts";
import { Type } from "typebox";
import { apiKeyText } from "../../access/api-key.ts";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import { appParameter, keySchema, keySecretSchema, newKeySchema } from "./schemas.ts";

const keysPath = "/v1/admin/apps/{app}/keys";

/** Cloud API keys of an app. */
export function keyRoutes(access: Access): ApiRoute[] {
  return [listKeys(access), addKey(access), removeKey(access)];
}

function listKeys(access: Access): ApiRoute {
  return apiRoute({
    method: "GET",
    path: keysPath,
    operationId: "listKeys",
    tag: "admin",
    summary: "List an app's Cloud API keys, oldest first",
    access: "operator",
    parameters: { app: appParameter },
    answers: {
      200: {
        description: "All of them, in one page",
        content: { "application/json": pageOf("CloudKeyPage", keySchema) },
      },
    },
    errors: ["app_not_found"],
    async answer({ parameters }) {
      const app = appOf(access, parameters);
      const items = access.cloudKeys(app).map((secretId) => ({ secretId, app }));
      return { status: 200, json: { items, nextCursor: null } };
    },
  });
}

function addKey(access: Access): ApiRoute {
  return apiRoute({
    method: "POST",
    path: keysPath,
    operationId: "addKey",
    tag: "admin",
    summary: "Add a Cloud API key",
    description:
      "It signs calls of the Cloud API, and as one word it is the bearer of calls of this API.",
    access: "operator",
    parameters: { app: appParameter },
    body: { schema: newKeySchema, required: false },
    answers: {
      201: { description: "The key", content: { "application/json": keySecretSchema } },
    },
    errors: ["app_not_found", "conflict", "disk_full"],
    async answer({ parameters, body }) {
      const app = appOf(access, parameters);
      const key = await access.addCloudKey(app, {
        ...(body.secretId !== undefined && { secretId: body.secretId }),
        ...(body.secretKey !== undefined && { secretKey: body.secretKey }),
      });
      return { status: 201, json: { ...key, apiKey: apiKeyText(key), app } };
    },
  });
}

function removeKey(access: Access): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path: `${keysPath}/{secretId}`,
    operationId: "removeKey",
    tag: "admin",
    summary: "Remove a Cloud API key",
    description:
      "Signatures with it, and calls that bring it as their bearer, are refused at once.",
    access: "operator",
    parameters: {
      app: appParameter,
      secretId: Type.String({ description: "Id of a Cloud API key of the app" }),
    },
    answers: { 204: { description: "It is gone" } },
    errors: ["app_not_found", "key_not_found", "disk_full"],
    async answer({ parameters }) {
      const app = appOf(access, parameters);
      const secretId = parameters["secretId"] ?? "";
      if (access.cloudKeys(app).includes(secretId)) {
        await access.removeCloudKey(secretId);
        return { status: 204 };
      }
      throw new DocferryError(
        "key_not_found",
        `App ${app} has no Cloud API key ${JSON.stringify(secretId)}`,
      );
    },
  });
}

/** @throws {DocferryError} `app_not_found` */
function appOf(access: Access, parameters: Record<string, string>): string {
  const app = parameters["app"] ?? "";
  access.appCreatedAt(app);
  return app;
}
