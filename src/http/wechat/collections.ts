import { Type } from "typebox";
import type { CollectionInfo } from "../../databases/database.ts";
import type { Engine } from "../../engine/engine.ts";
import { DocferryError } from "../../job/errors.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { environmentCall } from "./environment-call.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

/** What these calls want of the engine. */
export type CollectionsEngine = Pick<Engine, "collections" | "addCollection" | "dropCollection">;

/** Collections of one answer. */
const longestPage = 1000;
const defaultLimit = 10;

const collectionName = Type.String({ minLength: 1 });

/** `POST /tcb/databasecollectionadd` */
export function collectionAdd(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: { collection_name: collectionName },
    read: (fields) => checkedName(fields.collection_name),
    async answer(name, { environment }) {
      if (await engine.addCollection(environment, name)) return {};
      throw new DocferryError("collection_exists", `Collection ${name} is there already`);
    },
  });
}

/** `POST /tcb/databasecollectiondelete` */
export function collectionDelete(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: { collection_name: collectionName },
    read: (fields) => checkedName(fields.collection_name),
    async answer(name, { environment }) {
      // The call has no word for cancelling: jobs on the collection are a refusal.
      await engine.dropCollection(environment, name, { cancelJobs: false });
      return {};
    },
  });
}

/** `POST /tcb/databasecollectionget` */
export function collectionGet(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: {
      limit: Type.Optional(Type.Integer({ minimum: 0, default: defaultLimit })),
      offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    },
    // A zero is what clients send that were told nothing.
    read: ({ limit, offset = 0 }) => ({
      limit: Math.min(limit || defaultLimit, longestPage),
      offset,
    }),
    async answer({ limit, offset }, { environment }) {
      const all = await engine.collections(environment);
      return {
        collections: all.slice(offset, offset + limit).map(collectionView),
        pager: { Offset: offset, Limit: limit, Total: all.length },
      };
    },
  });
}

function checkedName(name: string): string {
  checkCollectionName(name);
  return name;
}

function collectionView({ name, count, size, indexCount, indexSize }: CollectionInfo) {
  return { name, count, size, index_count: indexCount, index_size: indexSize };
}
