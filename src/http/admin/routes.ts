import type { ApiRoute } from "../api/route.ts";
import { type AdminParts, appRoutes } from "./apps.ts";
import { environmentRoutes } from "./environments.ts";
import { keyRoutes } from "./keys.ts";
import { platformRoutes } from "./platforms.ts";
import { type LimitParts, limitRoutes } from "./limits.ts";
import { findRequest, type RequestParts } from "./requests.ts";

/** Every call of the operator's. */
export function adminRoutes(parts: AdminParts & LimitParts & RequestParts): ApiRoute[] {
  return [
    ...appRoutes(parts),
    ...keyRoutes(parts.access),
    ...environmentRoutes(parts),
    ...limitRoutes(parts),
    findRequest(parts),
    ...platformRoutes(parts),
  ];
}
