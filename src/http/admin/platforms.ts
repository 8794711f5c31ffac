import type { Access } from "../../access/access.ts";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import {
  authorizationSchema,
  newAuthorizationSchema,
  newPlatformSchema,
  newTicketSchema,
  platformParameter,
  platformSchema,
  platformSecretSchema,
  ticketSchema,
} from "./platform-schemas.ts";
import type { AdminParts } from "./apps.ts";
import { appParameter, cancelJobs } from "./schemas.ts";

const platformsPath = "/v1/admin/platforms";
const platformPath = `${platformsPath}/{platform}`;
const authorizationsPath = `${platformPath}/authorizations`;

/** Platforms, their tickets, and what apps let them do. */
export function platformRoutes(parts: AdminParts): ApiRoute[] {
  const { access } = parts;
  return [
    listPlatforms(access),
    addPlatform(access),
    removePlatform(parts),
    setTicket(access),
    authorizePlatform(access),
    revokePlatform(access),
  ];
}

function listPlatforms(access: Access): ApiRoute {
  return apiRoute({
    method: "GET",
    path: platformsPath,
    operationId: "listPlatforms",
    tag: "admin",
    summary: "List platforms with what apps let them do, oldest first",
    access: "operator",
    answers: {
      200: {
        description: "All of them, in one page",
        content: { "application/json": pageOf("PlatformPage", platformSchema) },
      },
    },
    async answer() {
      const items = access.platforms.platforms().map((id) => {
        const { redirectHosts, createdAt } = access.platforms.platform(id);
        const authorizations = access.platforms
          .authorizations(id)
          .map(({ appId, sets, since }) => ({ app: appId, sets, since: isoTime(since) }));
        return { id, created: isoTime(createdAt), redirectHosts, authorizations };
      });
      return { status: 200, json: { items, nextCursor: null } };
    },
  });
}

function addPlatform(access: Access): ApiRoute {
  return apiRoute({
    method: "POST",
    path: platformsPath,
    operationId: "addPlatform",
    tag: "admin",
    summary: "Add a platform: a service provider that acts for apps which authorise it",
    description: "It gets no token before it has a ticket.",
    access: "operator",
    body: { schema: newPlatformSchema, required: false },
    answers: {
      201: { description: "It is there", content: { "application/json": platformSecretSchema } },
    },
    errors: ["conflict", "disk_full"],
    async answer({ body }) {
      const { platformId, secret, redirectHosts } = await access.platforms.add({
        ...(body.id !== undefined && { platformId: body.id }),
        ...(body.secret !== undefined && { secret: body.secret }),
        ...(body.redirectHosts !== undefined && { redirectHosts: body.redirectHosts }),
      });
      return { status: 201, json: { id: platformId, secret, redirectHosts } };
    },
  });
}

function removePlatform({ access, engine }: AdminParts): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path: platformPath,
    operationId: "removePlatform",
    tag: "admin",
    summary: "Remove a platform with its environments, tickets, authorisations and tokens",
    access: "operator",
    parameters: { platform: platformParameter },
    query: cancelJobs,
    answers: { 204: { description: "It is gone" } },
    errors: ["platform_not_found", "conflict", "busy", "disk_full"],
    async answer({ parameters, query }) {
      const platform = parameters["platform"] ?? "";
      const options = { cancelJobs: query.cancelJobs ?? false };
      // All of them before the first one goes.
      for (const environment of options.cancelJobs ? [] : access.environments(platform)) {
        await engine.requireEnded(environment);
      }
      await access.removePlatform(platform, (environment) =>
        engine.removeEnvironment(environment, options),
      );
      return { status: 204 };
    },
  });
}

function setTicket(access: Access): ApiRoute {
  return apiRoute({
    method: "POST",
    path: `${platformPath}/tickets`,
    operationId: "setTicket",
    tag: "admin",
    summary: "Set a platform's ticket",
    description:
      "The vendor pushes a new component_verify_ticket every ten minutes; here the operator sets it. It holds 12 hours, beside those that were set before; the same one set again holds 12 hours more.",
    access: "operator",
    parameters: { platform: platformParameter },
    body: { schema: newTicketSchema, required: false },
    answers: {
      201: { description: "The ticket", content: { "application/json": ticketSchema } },
    },
    errors: ["platform_not_found", "disk_full"],
    async answer({ parameters, body }) {
      const platform = parameters["platform"] ?? "";
      const { ticket, expiresAt } = await access.platforms.setTicket(platform, body.ticket);
      return { status: 201, json: { platform, ticket, expires: isoTime(expiresAt) } };
    },
  });
}

function authorizePlatform(access: Access): ApiRoute {
  return apiRoute({
    method: "POST",
    path: authorizationsPath,
    operationId: "authorizePlatform",
    tag: "admin",
    summary: "Let a platform act for an app",
    description:
      "Takes the place of what the app granted before: tokens that are out follow the new sets at once, and the refresh token is another.",
    access: "operator",
    parameters: { platform: platformParameter },
    body: { schema: newAuthorizationSchema },
    answers: {
      201: {
        description: "The authorisation",
        content: { "application/json": authorizationSchema },
      },
    },
    errors: ["platform_not_found", "app_not_found", "disk_full"],
    async answer({ parameters, body }) {
      const { platformId, appId, sets, refreshToken } = await access.platforms.authorize({
        platformId: parameters["platform"] ?? "",
        appId: body.app,
        sets: body.sets,
      });
      return { status: 201, json: { platform: platformId, app: appId, sets, refreshToken } };
    },
  });
}

function revokePlatform(access: Access): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path: `${authorizationsPath}/{app}`,
    operationId: "revokePlatform",
    tag: "admin",
    summary: "Let a platform act for an app no longer",
    description: "Every token of the authorisation is refused at once, with 61003.",
    access: "operator",
    parameters: { platform: platformParameter, app: appParameter },
    answers: { 204: { description: "It is gone" } },
    errors: ["platform_not_found", "authorization_not_found", "disk_full"],
    async answer({ parameters }) {
      await access.platforms.revoke(parameters["platform"] ?? "", parameters["app"] ?? "");
      return { status: 204 };
    },
  });
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
