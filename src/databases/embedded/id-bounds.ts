import { orderKey } from "../../bson/order-key.ts";
import { bsonType } from "../../bson/types.ts";
import {
  type FieldTest,
  type FilterNode,
  type Leaf,
  type Operand,
  readFilter,
} from "../../query/filter-tree.ts";
import { keyAfter } from "./collection-rows.ts";

/** What a filter says about `_id`: documents that match have one of these keys, and it lies between these. */
export interface IdBounds {
  /** Ascending, each once; null: any. */
  keys: Uint8Array[] | null;
  /** Inclusive; null: open. */
  lower: Uint8Array | null;
  /** Exclusive; null: open. */
  upper: Uint8Array | null;
}

const unbounded: IdBounds = { keys: null, lower: null, upper: null };

/**
 * Where the documents that match a filter stand by key, at the most: so that `{_id: 5}` is one read and not all. The filter
 * still decides. @throws {DocferryError} `invalid_query`
 */
export function idBounds(filter: Uint8Array): IdBounds {
  return ofNode(readFilter(filter));
}

function ofNode(node: FilterNode): IdBounds {
  if (node.kind === "field") return node.path === "_id" ? ofTest(node.test) : unbounded;
  return node.kind === "and" ? node.nodes.map(ofNode).reduce(both, unbounded) : unbounded;
}

function ofTest(test: FieldTest): IdBounds {
  switch (test.kind) {
    case "leaf":
      return ofLeaf(test.leaf);
    case "every":
      return test.tests.map(ofTest).reduce(both, unbounded);
    case "not":
      return unbounded;
    default:
      return test satisfies never;
  }
}

function ofLeaf(leaf: Leaf): IdBounds {
  if (leaf.kind === "in" && leaf.regexes.length === 0 && leaf.values.every(isPlain)) {
    return { ...unbounded, keys: distinct(leaf.values.map(keyOf)) };
  }
  if (leaf.kind !== "compare" || !isPlain(leaf.operand)) return unbounded;
  const key = keyOf(leaf.operand);
  if (leaf.operator === "eq") return { ...unbounded, keys: [key] };
  // Comparisons stay within a class of types, and these have no peculiarities there.
  if (!isOrdered(leaf.operand)) return unbounded;
  switch (leaf.operator) {
    case "gt":
    case "gte":
      return { ...unbounded, lower: key };
    case "lt":
    case "lte":
      return { ...unbounded, upper: keyAfter(key) };
    default:
      return leaf.operator satisfies never;
  }
}

/** No `_id` is one of the others, yet they may match one: an array by an element, undefined null. */
function isPlain({ type }: Operand): boolean {
  return type !== bsonType.array && type !== bsonType.undefined && type !== bsonType.regex;
}

const orderedTypes: ReadonlySet<number> = new Set([
  bsonType.double,
  bsonType.int32,
  bsonType.int64,
  bsonType.decimal,
  bsonType.string,
  bsonType.objectId,
  bsonType.date,
]);

function isOrdered({ type }: Operand): boolean {
  return orderedTypes.has(type);
}

function keyOf({ type, bytes, at }: Operand): Uint8Array {
  return orderKey(type, bytes, at);
}

function distinct(keys: Uint8Array[]): Uint8Array[] {
  const sorted = keys.sort((a, b) => Buffer.compare(a, b));
  return sorted.filter((key, i) => i === 0 || Buffer.compare(key, sorted[i - 1]!) !== 0);
}

/** What both say. */
function both(a: IdBounds, b: IdBounds): IdBounds {
  return {
    keys: a.keys && b.keys ? common(a.keys, b.keys) : (a.keys ?? b.keys),
    lower: !a.lower || (b.lower && Buffer.compare(a.lower, b.lower) < 0) ? b.lower : a.lower,
    upper: !a.upper || (b.upper && Buffer.compare(a.upper, b.upper) > 0) ? b.upper : a.upper,
  };
}

function common(a: Uint8Array[], b: Uint8Array[]): Uint8Array[] {
  const known = new Set(b.map(hexOf));
  return a.filter((key) => known.has(hexOf(key)));
}

function hexOf(key: Uint8Array): string {
  return Buffer.from(key).toString("hex");
}
