import { BsonError, bsonType } from "../bson/types.ts";
import { validate } from "../bson/validate.ts";
import { Cursor, doubleAt, int32At, safeInt64At, textAt } from "../bson/walk.ts";
import { DocferryError } from "../job/errors.ts";

/** What of a document a projection keeps. */
export interface Projection {
  /** Only the named fields are kept, or all but them. */
  mode: "include" | "exclude";
  fields: ProjectionTree;
}

/** By name: true for the field whole, a tree for what of it. */
export type ProjectionTree = Map<string, true | ProjectionTree>;

export interface ProjectedPath {
  path: string;
  include: boolean;
}

/**
 * The paths of a projection in order, each to keep or to leave out.
 * @throws {DocferryError} `invalid_query` for anything else than fields with true, false or numbers, nested or dotted
 */
export function readProjection(projection: Uint8Array): ProjectedPath[] {
  try {
    validate(projection);
  } catch (thrown) {
    if (!(thrown instanceof BsonError)) throw thrown;
    throw refuse(`The projection is not well-formed: ${thrown.message}`);
  }
  const paths: ProjectedPath[] = [];
  readPaths(projection, 0, "", paths);
  return paths;
}

/**
 * What MongoDB makes of the paths: with the first path other than `_id` the others must agree; `_id` is kept unless it is
 * left out by name.
 * @param fault makes the error of what is wrong with a path
 * @throws what `fault` makes: `invalid_query`
 */
export function projectionOfPaths<Path extends ProjectedPath>(
  paths: Path[],
  fault: (path: Path, message: string) => Error = (_, message) => refuse(message),
): Projection {
  const first = paths.find((path) => !isId(path)) ?? paths[0];
  const include = first?.include ?? false;
  const fields: ProjectionTree = new Map();
  if (include && !paths.some(({ path }) => path === "_id" || path.startsWith("_id."))) {
    fields.set("_id", true);
  }
  for (const projected of paths) {
    const { path } = projected;
    if (path.split(".").includes("")) {
      throw fault(projected, `The path ${JSON.stringify(path)} of a projection has an empty part`);
    }
    if (projected.include === include) {
      if (!addPath(fields, path)) {
        throw fault(projected, `A projection cannot name ${path} and a path within or around it`);
      }
    } else if (!isId(projected)) {
      const verb = include ? "leave out" : "keep";
      const kind = include ? "keeps" : "leaves out";
      throw fault(
        projected,
        `A projection that ${kind} ${first?.path} cannot ${verb} ${projected.path}`,
      );
    }
  }
  return { mode: include ? "include" : "exclude", fields };
}

function isId({ path }: ProjectedPath): boolean {
  return path === "_id";
}

/** @throws {DocferryError} `invalid_query` */
export function checkProjection(projection: Uint8Array): void {
  projectionOfPaths(readProjection(projection));
}

function readPaths(
  bytes: Uint8Array,
  document: number,
  prefix: string,
  paths: ProjectedPath[],
): void {
  const cursor = new Cursor(bytes, document);
  while (cursor.next()) {
    const { type, valueStart } = cursor;
    const name = textAt(bytes, cursor.nameStart, cursor.nameEnd);
    const path = prefix + name;
    if (name.startsWith("$")) {
      throw refuse(`The operator ${name} is not supported in a projection`);
    }
    if (type === bsonType.document) {
      if (int32At(bytes, valueStart) === 5) throw refuse(`The projection of ${path} is empty`);
      readPaths(bytes, valueStart, `${path}.`, paths);
    } else {
      paths.push({ path, include: isIncluded(path, type, bytes, valueStart) });
    }
  }
}

function isIncluded(path: string, type: number, bytes: Uint8Array, at: number): boolean {
  switch (type) {
    case bsonType.boolean:
      return bytes[at] !== 0;
    case bsonType.int32:
      return int32At(bytes, at) !== 0;
    case bsonType.double:
      return doubleAt(bytes, at) !== 0;
    case bsonType.int64:
      return safeInt64At(bytes, at) !== 0;
    default:
      throw refuse(`The projection of ${path} must be true, false, 1 or 0`);
  }
}

/** False where a path within or around this one is there already. The same path twice is no harm. */
function addPath(fields: ProjectionTree, path: string): boolean {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let tree = fields;
  for (const name of names) {
    const known = tree.get(name);
    if (known === true) return false;
    const inner: ProjectionTree = known ?? new Map();
    tree.set(name, inner);
    tree = inner;
  }
  const known = tree.get(last);
  tree.set(last, true);
  return known === undefined || known === true;
}

function refuse(message: string): DocferryError {
  return new DocferryError("invalid_query", message);
}
