import type { Engine } from "../../engine/engine.ts";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import { collectionSchema, environmentParameter } from "./schemas.ts";

export function listCollections(engine: Pick<Engine, "collections">): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/environments/{env}/collections",
    operationId: "listCollections",
    tag: "collections",
    summary: "List collections with their documents and sizes",
    access: "environment",
    parameters: { env: environmentParameter },
    answers: {
      200: {
        description: "All of them, in one page",
        content: { "application/json": pageOf("CollectionPage", collectionSchema) },
      },
    },
    async answer({ environment }) {
      const collections = await engine.collections(environment);
      const items = collections.map(({ name, count, size }) => ({ name, count, size }));
      return { status: 200, json: { items, nextCursor: null } };
    },
  });
}
