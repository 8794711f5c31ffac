import { Type } from "typebox";
import { DocferryError } from "../../job/errors.ts";
import type { EnvironmentOwner, EnvironmentRecord } from "../../store/account-store.ts";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import type { AdminParts } from "./apps.ts";
import {
  cancelJobs,
  environmentIdParameter,
  environmentSchema,
  newEnvironmentSchema,
} from "./schemas.ts";

const environmentsPath = "/v1/admin/environments";

export function environmentRoutes(parts: AdminParts): ApiRoute[] {
  return [
    listEnvironments(parts),
    addEnvironment(parts),
    removeEnvironment(parts),
    shareEnvironment(parts),
    unshareEnvironment(parts),
  ];
}

function listEnvironments({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: environmentsPath,
    operationId: "listEnvironments",
    tag: "admin",
    summary: "List environments, those of an app or platform together",
    access: "operator",
    query: Type.Object(
      {
        app: Type.Optional(Type.String({ description: "Only those of this app" })),
        platform: Type.Optional(Type.String({ description: "Only those of this platform" })),
      },
      { additionalProperties: false },
    ),
    answers: {
      200: {
        description: "All of them, in one page",
        content: { "application/json": pageOf("EnvironmentPage", environmentSchema) },
      },
    },
    errors: ["app_not_found", "platform_not_found", "invalid_argument"],
    async answer({ query }) {
      const { app, platform } = query;
      const owners =
        app === undefined && platform === undefined
          ? [...access.apps(), ...access.platforms.platforms()]
          : [ownerOf(access, query).id];
      const items = owners.flatMap((owner) =>
        access.reach.ownedBy(owner).map((record) => environmentView(access, record)),
      );
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
    summary: "Add an environment to an app or a platform",
    access: "operator",
    body: { schema: newEnvironmentSchema },
    answers: {
      201: { description: "The environment", content: { "application/json": environmentSchema } },
    },
    errors: ["app_not_found", "platform_not_found", "conflict", "disk_full"],
    async answer({ body }) {
      const record = await access.reach.add(ownerOf(access, body), body.id);
      return { status: 201, json: environmentView(access, record) };
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
    parameters: { env: environmentIdParameter },
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

const sharePath = `${environmentsPath}/{env}/shares/{app}`;
const shareParameters = {
  env: Type.String({ description: "Id of a platform's environment" }),
  app: Type.String({ description: "Id of an app" }),
};

function shareEnvironment({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "PUT",
    path: sharePath,
    operationId: "shareEnvironment",
    tag: "admin",
    summary: "Let an app reach a platform's environment",
    description:
      "What /componenttcb/batchshareenv does for the platform, by the operator's word: the app need not have authorised it.",
    access: "operator",
    parameters: shareParameters,
    answers: { 204: { description: "The app reaches it" } },
    errors: ["environment_not_found", "app_not_found", "conflict", "disk_full"],
    async answer({ parameters }) {
      await access.reach.share(parameters["env"] ?? "", parameters["app"] ?? "");
      return { status: 204 };
    },
  });
}

function unshareEnvironment({ access }: AdminParts): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path: sharePath,
    operationId: "unshareEnvironment",
    tag: "admin",
    summary: "Let an app reach a platform's environment no longer",
    description:
      "Its tokens are refused there at once. Jobs that it has submitted go on; addresses of files that it has been given are good until they expire.",
    access: "operator",
    parameters: shareParameters,
    answers: { 204: { description: "The app does not reach it, whether it did before or not" } },
    errors: ["environment_not_found", "disk_full"],
    async answer({ parameters }) {
      await access.reach.unshare(parameters["env"] ?? "", parameters["app"] ?? "");
      return { status: 204 };
    },
  });
}

/** @throws {DocferryError} `missing_argument`, `invalid_argument` unless exactly one is named; `app_not_found`, `platform_not_found` */
function ownerOf(
  access: AdminParts["access"],
  { app, platform }: { app?: string; platform?: string },
): EnvironmentOwner {
  if (app === undefined && platform === undefined) {
    throw new DocferryError("missing_argument", "app or platform is missing");
  }
  if (app !== undefined && platform !== undefined) {
    throw new DocferryError("invalid_argument", "Name either app or platform, not both");
  }
  if (app !== undefined) {
    access.appCreatedAt(app);
    return { kind: "app", id: app };
  }
  access.platforms.platform(platform ?? "");
  return { kind: "platform", id: platform ?? "" };
}

function environmentView({ reach }: AdminParts["access"], { id, owner }: EnvironmentRecord) {
  return {
    id,
    app: owner.kind === "app" ? owner.id : null,
    platform: owner.kind === "platform" ? owner.id : null,
    sharedWith: reach.sharedWith(id),
  };
}
