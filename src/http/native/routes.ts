import type { ApiRoute } from "../api/route.ts";
import { collectionRoutes, type CollectionsEngine } from "./collections.ts";
import { type EventParts, watchJob } from "./events.ts";
import { fileRoutes, type NativeFileParts } from "./files.ts";
import { type JobsEngine, jobRoutes } from "./jobs.ts";
import { rejectRoutes, type RejectParts } from "./rejects.ts";

export interface NativeParts extends Omit<EventParts, "engine">, NativeFileParts {
  engine: NativeEngine;
}

/** What these calls want of the engine. */
export type NativeEngine = JobsEngine &
  EventParts["engine"] &
  RejectParts["engine"] &
  CollectionsEngine;

/**
 * Every call of the native API below an environment. To add one: write a function that gives an `ApiRoute` by `apiRoute`, and
 * add it here: it is then served, checked, documented in OpenAPI and tried by the property test.
 */
export function nativeRoutes(parts: NativeParts): ApiRoute[] {
  return [
    ...jobRoutes(parts.engine),
    watchJob(parts),
    ...rejectRoutes(parts),
    ...fileRoutes(parts),
    ...collectionRoutes(parts.engine),
  ];
}
