import { bsonType } from "../bson/types.ts";

const names: Readonly<Record<string, readonly number[]>> = {
  double: [bsonType.double],
  string: [bsonType.string],
  object: [bsonType.document],
  array: [bsonType.array],
  binData: [bsonType.binary],
  undefined: [bsonType.undefined],
  objectId: [bsonType.objectId],
  bool: [bsonType.boolean],
  date: [bsonType.date],
  null: [bsonType.null],
  regex: [bsonType.regex],
  dbPointer: [bsonType.dbPointer],
  javascript: [bsonType.code],
  symbol: [bsonType.symbol],
  javascriptWithScope: [bsonType.codeWithScope],
  int: [bsonType.int32],
  timestamp: [bsonType.timestamp],
  long: [bsonType.int64],
  decimal: [bsonType.decimal],
  minKey: [bsonType.minKey],
  maxKey: [bsonType.maxKey],
  number: [bsonType.double, bsonType.int32, bsonType.int64, bsonType.decimal],
};

const all: ReadonlySet<number> = new Set(Object.values(names).flat());

/** The BSON types that `$type` means by a name or a number (-1: MinKey); undefined for what it does not know. */
export function typesNamed(name: string | number): readonly number[] | undefined {
  if (typeof name === "string") return Object.hasOwn(names, name) ? names[name] : undefined;
  const type = name === -1 ? bsonType.minKey : name;
  return all.has(type) && (type !== bsonType.minKey || name === -1) ? [type] : undefined;
}
