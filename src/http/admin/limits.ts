import type { Static } from "typebox";
import type { Access } from "../../access/access.ts";
import { DocferryError } from "../../job/errors.ts";
import type { LimitHolder, LimitStore } from "../../store/limit-store.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import { platformParameter } from "./platform-schemas.ts";
import {
  accountLimitsSchema,
  appParameter,
  environmentIdParameter,
  environmentLimitsSchema,
  newAccountLimitsSchema,
  newEnvironmentLimitsSchema,
} from "./schemas.ts";

export interface LimitParts {
  access: Access;
  limitStore: Pick<LimitStore, "use">;
}

const accounts = {
  app: {
    path: "/v1/admin/apps/{app}/limits",
    parameters: { app: appParameter },
    look: {
      operationId: "appLimits",
      summary: "Look at an app's limits, and what of them is used",
    },
    set: { operationId: "setAppLimits", summary: "Set an app's limits" },
    missing: "app_not_found",
  },
  platform: {
    path: "/v1/admin/platforms/{platform}/limits",
    parameters: { platform: platformParameter },
    look: {
      operationId: "platformLimits",
      summary: "Look at a platform's limits, and what of them is used",
    },
    set: { operationId: "setPlatformLimits", summary: "Set a platform's limits" },
    missing: "platform_not_found",
  },
} as const;

const environmentPath = "/v1/admin/environments/{env}/limits";

/** What apps, platforms and environments may use. */
export function limitRoutes(parts: LimitParts): ApiRoute[] {
  return [
    accountLimits("app", parts),
    setAccountLimits("app", parts),
    accountLimits("platform", parts),
    setAccountLimits("platform", parts),
    environmentLimits(parts),
    setEnvironmentLimits(parts),
  ];
}

function accountLimits(kind: keyof typeof accounts, parts: LimitParts): ApiRoute {
  const { path, look, missing, parameters: parameterSchemas } = accounts[kind];
  return apiRoute({
    method: "GET",
    path,
    ...look,
    tag: "admin",
    access: "operator",
    parameters: parameterSchemas,
    answers: {
      200: {
        description: "null: no limit",
        content: { "application/json": accountLimitsSchema },
      },
    },
    errors: [missing],
    async answer({ parameters }) {
      return { status: 200, json: await accountView(accountIn(kind, parameters, parts), parts) };
    },
  });
}

function setAccountLimits(kind: keyof typeof accounts, parts: LimitParts): ApiRoute {
  const { path, set, missing, parameters: parameterSchemas } = accounts[kind];
  return apiRoute({
    method: "PUT",
    path,
    ...set,
    tag: "admin",
    description:
      "All of them: what is left out is no limit. In force at once. Requests are counted over all calls of the account, jobs and bytes over all of its environments. Addresses hold where a secret or a key is shown: tokens that are out stay good.",
    access: "operator",
    parameters: parameterSchemas,
    body: { schema: newAccountLimitsSchema },
    answers: {
      200: { description: "As they are now", content: { "application/json": accountLimitsSchema } },
    },
    errors: [missing, "disk_full"],
    async answer({ parameters, body }) {
      const holder = accountIn(kind, parameters, parts);
      const { addresses = [], ...limits } = body;
      await parts.access.limits.set({ ...holder, limits: wholeLimits(limits), addresses });
      return { status: 200, json: await accountView(holder, parts) };
    },
  });
}

function environmentLimits(parts: LimitParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: environmentPath,
    operationId: "environmentLimits",
    tag: "admin",
    summary: "Look at an environment's limits, and what of them is used",
    access: "operator",
    parameters: { env: environmentIdParameter },
    answers: {
      200: {
        description: "null: no limit",
        content: { "application/json": environmentLimitsSchema },
      },
    },
    errors: ["environment_not_found"],
    async answer({ parameters }) {
      return { status: 200, json: await viewOf(environmentIn(parts, parameters), parts) };
    },
  });
}

function setEnvironmentLimits(parts: LimitParts): ApiRoute {
  return apiRoute({
    method: "PUT",
    path: environmentPath,
    operationId: "setEnvironmentLimits",
    tag: "admin",
    summary: "Set an environment's limits",
    description: "All of them: what is left out is no limit. In force at once.",
    access: "operator",
    parameters: { env: environmentIdParameter },
    body: { schema: newEnvironmentLimitsSchema },
    answers: {
      200: {
        description: "As they are now",
        content: { "application/json": environmentLimitsSchema },
      },
    },
    errors: ["environment_not_found", "disk_full"],
    async answer({ parameters, body }) {
      const holder = environmentIn(parts, parameters);
      await parts.access.limits.set({ ...holder, limits: wholeLimits(body), addresses: [] });
      return { status: 200, json: await viewOf(holder, parts) };
    },
  });
}

function accountIn(
  kind: keyof typeof accounts,
  parameters: Record<string, string>,
  { access }: LimitParts,
): LimitHolder {
  const id = parameters[kind] ?? "";
  if (kind === "app") access.appCreatedAt(id);
  else access.platforms.platform(id);
  return { kind: "account", id };
}

function environmentIn({ access }: LimitParts, parameters: Record<string, string>): LimitHolder {
  const id = parameters["env"] ?? "";
  if (access.hasEnvironment(id)) return { kind: "environment", id };
  throw new DocferryError("environment_not_found", `No environment ${id}`);
}

function wholeLimits(given: Static<typeof newEnvironmentLimitsSchema>) {
  const {
    requestsPerMinute = null,
    requestsPerDay = null,
    jobs = null,
    storedBytes = null,
  } = given;
  return { requestsPerMinute, requestsPerDay, jobs, storedBytes };
}

async function viewOf(holder: LimitHolder, { access, limitStore }: LimitParts) {
  const { limits } = access.limits.get(holder.kind, holder.id);
  const requestsToday = access.limits.requestsToday(holder.kind, holder.id);
  return { ...limits, used: { requestsToday, ...(await limitStore.use(holder)) } };
}

async function accountView(holder: LimitHolder, parts: LimitParts) {
  const { addresses } = parts.access.limits.get(holder.kind, holder.id);
  return { ...(await viewOf(holder, parts)), addresses };
}
