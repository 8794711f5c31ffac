import { Type } from "typebox";
import type { CollectionInfo } from "../../databases/database.ts";
import type { Engine } from "../../engine/engine.ts";
import { pageOf } from "../api/cursor.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import { collectionSchema, environmentParameter } from "./schemas.ts";

/** What these calls want of the engine. */
export type CollectionsEngine = Pick<Engine, "collections" | "addCollection" | "dropCollection">;

const path = "/v1/environments/{env}/collections/{collection}";

const parameters = {
  env: environmentParameter,
  collection: Type.String({ description: "Name of the collection, percent-encoded" }),
};

export function collectionRoutes(engine: CollectionsEngine): ApiRoute[] {
  return [listCollections(engine), putCollection(engine), dropCollection(engine)];
}

function listCollections(engine: CollectionsEngine): ApiRoute {
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
      return { status: 200, json: { items: collections.map(collectionView), nextCursor: null } };
    },
  });
}

function putCollection(engine: CollectionsEngine): ApiRoute {
  const content = { "application/json": collectionSchema };
  return apiRoute({
    method: "PUT",
    path,
    operationId: "putCollection",
    tag: "collections",
    summary: "Make a collection if it is not there",
    description: "An import makes the collection that it is to go into by itself.",
    access: "environment",
    parameters,
    answers: {
      200: { description: "It was there already, and is as it was", content },
      201: { description: "It is new, and empty", content },
    },
    errors: ["invalid_collection_name", "draining", "disk_full"],
    async answer({ environment, parameters: { collection: name = "" } }) {
      const isNew = await engine.addCollection(environment, name);
      const found = (await engine.collections(environment)).find((each) => each.name === name);
      return {
        status: isNew ? 201 : 200,
        // Somebody may have dropped it since: then this is how it was.
        json: collectionView(found ?? { name, count: 0, size: 0, indexCount: 1, indexSize: 0 }),
      };
    },
  });
}

function dropCollection(engine: CollectionsEngine): ApiRoute {
  return apiRoute({
    method: "DELETE",
    path,
    operationId: "dropCollection",
    tag: "collections",
    summary: "Drop a collection with its documents",
    description:
      "It is gone when the answer comes, however large it was. While imports into it or exports from it have not ended it is refused, unless they are to be cancelled.",
    access: "environment",
    parameters,
    query: Type.Object(
      {
        cancelJobs: Type.Optional(
          Type.Boolean({
            default: false,
            description: "Cancel jobs on the collection that have not ended, and wait for them",
          }),
        ),
      },
      { additionalProperties: false },
    ),
    answers: { 204: { description: "It is gone" } },
    errors: [
      "invalid_collection_name",
      "collection_not_found",
      "collection_in_use",
      "busy",
      "draining",
      "disk_full",
    ],
    async answer({ environment, parameters: { collection = "" }, query }) {
      await engine.dropCollection(environment, collection, {
        cancelJobs: query.cancelJobs ?? false,
      });
      return { status: 204 };
    },
  });
}

function collectionView({ name, count, size, indexCount, indexSize }: CollectionInfo) {
  return { name, count, size, indexCount, indexSize };
}
