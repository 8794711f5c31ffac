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

/** The body's field of a call on one collection. */
export const collectionName = Type.String({ minLength: 1 });
const pageFields = {
  limit: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
};

/** `POST /tcb/databasecollectionadd` */
export function collectionAdd(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: { collection_name: collectionName },
    read: (fields) => checkedName(fields.collection_name),
    answer: (name, { environment }) => add(engine, environment, name),
  });
}

/** `POST /tcb/databasecollectiondelete` */
export function collectionDelete(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: { collection_name: collectionName },
    read: (fields) => checkedName(fields.collection_name),
    answer: (name, { environment }) => drop(engine, environment, name),
  });
}

/** `POST /tcb/databasecollectionget` */
export function collectionGet(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: pageFields,
    read: (fields) => pageOf(fields, 10),
    async answer(page, { environment }) {
      const { collections, total } = await list(engine, environment, page);
      return { collections, pager: { Offset: page.offset, Limit: page.limit, Total: total } };
    },
  });
}

/**
 * `POST /componenttcb/dbcollection`: the three of them, by `action`. The vendor's samples leave it out, of the list and of the
 * add alike: without it and without a name it is the list, which changes nothing; with a name it could mean either, so it is
 * missing.
 */
export function dbCollection(guard: WireGuard, engine: CollectionsEngine): WireRoute {
  return environmentCall(guard, {
    fields: {
      action: Type.Optional(Type.String()),
      collection_name: Type.Optional(Type.String()),
      ...pageFields,
    },
    read({ action = "", collection_name: name = "", ...page }) {
      if (action === "" && name !== "") throw new DocferryError("missing_argument", "action");
      if (action === "" || action === "get")
        return { action: "get", page: pageOf(page, 20) } as const;
      if (action !== "add" && action !== "del") {
        throw new DocferryError(
          "invalid_argument",
          `action is get, add or del, not ${JSON.stringify(action.slice(0, 100))}`,
        );
      }
      if (name === "") throw new DocferryError("missing_argument", "collection_name");
      return { action, name: checkedName(name) } as const;
    },
    async answer(wanted, { environment }) {
      switch (wanted.action) {
        case "get":
          return { ...(await list(engine, environment, wanted.page)) };
        case "add":
          return add(engine, environment, wanted.name);
        case "del":
          return drop(engine, environment, wanted.name);
        default:
          return wanted satisfies never;
      }
    },
  });
}

async function add(engine: CollectionsEngine, environment: string, name: string) {
  if (await engine.addCollection(environment, name)) return {};
  throw new DocferryError("collection_exists", `Collection ${name} is there already`);
}

/** The call has no word for cancelling: jobs on the collection are a refusal. */
async function drop(engine: CollectionsEngine, environment: string, name: string) {
  await engine.dropCollection(environment, name, { cancelJobs: false });
  return {};
}

async function list(
  engine: CollectionsEngine,
  environment: string,
  { limit, offset }: { limit: number; offset: number },
) {
  const all = await engine.collections(environment);
  return {
    collections: all.slice(offset, offset + limit).map(collectionView),
    total: all.length,
  };
}

/** A limit of zero is what clients send that were told nothing. */
function pageOf(
  { limit, offset = 0 }: { limit?: number; offset?: number },
  defaultLimit: number,
): { limit: number; offset: number } {
  return { limit: Math.min(limit || defaultLimit, longestPage), offset };
}

/** @throws {DocferryError} `invalid_collection_name` */
export function checkedName(name: string): string {
  checkCollectionName(name);
  return name;
}

function collectionView({ name, count, size, indexCount, indexSize }: CollectionInfo) {
  return { name, count, size, index_count: indexCount, index_size: indexSize };
}
