import { adminRoutes } from "./admin/routes.ts";
import type { AdminParts } from "./admin/apps.ts";
import type { LimitParts } from "./admin/limits.ts";
import type { RequestParts } from "./admin/requests.ts";
import type { ApiRoute } from "./api/route.ts";
import { type NativeParts, nativeRoutes } from "./native/routes.ts";

export type ApiParts = NativeParts & AdminParts & LimitParts & RequestParts;

/** Every call of our own API: what is served and what OpenAPI tells of. */
export function apiRoutes(parts: ApiParts): ApiRoute[] {
  return [...nativeRoutes(parts), ...adminRoutes(parts)];
}
