import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import type { CollectionInfo } from "../../databases/database.ts";
import type { Engine } from "../../engine/engine.ts";
import { DocferryError } from "../../job/errors.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { type CloudAction, environmentAction } from "./action.ts";

/** What these actions want of the engine. */
export type TableEngine = Pick<Engine, "collections" | "addCollection" | "dropCollection">;

const tableName = { TableName: Type.String({ minLength: 1 }) };

/** `CreateTable` */
export function createTable(access: Access, engine: TableEngine): CloudAction {
  return environmentAction(access, {
    fields: tableName,
    read: checkedName,
    async answer(name, { environment }) {
      if (await engine.addCollection(environment, name)) return {};
      throw new DocferryError("collection_exists", `Collection ${name} is there already`);
    },
  });
}

/** `DeleteTable` */
export function deleteTable(access: Access, engine: TableEngine): CloudAction {
  return environmentAction(access, {
    fields: tableName,
    read: checkedName,
    async answer(name, { environment }) {
      // The action has no word for cancelling: jobs on the collection are a refusal.
      await engine.dropCollection(environment, name, { cancelJobs: false });
      return {};
    },
  });
}

function checkedName({ TableName: name }: { TableName: string }): string {
  checkCollectionName(name);
  return name;
}

/** `ListTables` */
export function listTables(access: Access, engine: TableEngine): CloudAction {
  return environmentAction(access, {
    fields: {
      MgoLimit: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000, default: 100 })),
      MgoOffset: Type.Optional(
        Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
      ),
    },
    read: (fields) => ({ limit: fields.MgoLimit ?? 100, offset: fields.MgoOffset ?? 0 }),
    async answer({ limit, offset }, { environment }) {
      const collections = await engine.collections(environment);
      return {
        Tables: collections.slice(offset, offset + limit).map((collection) => ({
          TableName: collection.name,
          Count: collection.count,
          Size: collection.size,
          IndexCount: collection.indexCount,
          IndexSize: collection.indexSize,
        })),
        Pager: { Offset: offset, Limit: limit, Total: collections.length },
      };
    },
  });
}

/** `DescribeTable`: fails where there is none, by which clients find out whether there is. */
export function describeTable(access: Access, engine: TableEngine): CloudAction {
  return environmentAction(access, {
    fields: tableName,
    read: (fields) => fields.TableName,
    async answer(name, { environment }) {
      const { indexSize } = await requireTable(engine, environment, name);
      return {
        Indexes: [
          {
            Name: "_id_",
            Size: indexSize,
            Keys: [{ Name: "_id", Direction: "1" }],
            Accesses: { Ops: 0, Since: "" },
            Unique: true,
          },
        ],
        IndexNum: 1,
      };
    },
  });
}

/** `DescribeDbDistribution` */
export function describeDbDistribution(access: Access, engine: TableEngine): CloudAction {
  return environmentAction(access, {
    fields: {},
    read: () => null,
    async answer(_, { environment }) {
      const collections = await engine.collections(environment);
      return {
        Collections: collections.map(({ name, count }) => ({
          CollectionName: name,
          DocCount: count,
        })),
        Count: collections.length,
        Total: collections.length,
      };
    },
  });
}

/** `UpdateTable` makes and drops indexes, which there are none of but that of `_id`. */
export function updateTable(access: Access, engine: TableEngine): CloudAction {
  const indexes = Type.Optional(Type.Array(Type.Unknown()));
  return environmentAction(access, {
    fields: { ...tableName, CreateIndexes: indexes, DropIndexes: indexes },
    read: (fields) => fields,
    async answer({ TableName, CreateIndexes = [], DropIndexes = [] }, { environment }) {
      await requireTable(engine, environment, TableName);
      if (CreateIndexes.length + DropIndexes.length === 0) return {};
      throw new DocferryError(
        "unsupported_operation",
        "Collections have no indexes but that of _id",
      );
    },
  });
}

async function requireTable(
  engine: TableEngine,
  environment: string,
  name: string,
): Promise<CollectionInfo> {
  const collections = await engine.collections(environment);
  const found = collections.find((collection) => collection.name === name);
  if (found) return found;
  throw new DocferryError("collection_not_found", `No collection ${JSON.stringify(name)}`);
}
