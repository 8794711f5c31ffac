import { BsonError, bsonType } from "../bson/types.ts";
import { validate } from "../bson/validate.ts";
import { Cursor, doubleAt, int32At, int64At, nameEndAt, stringAt, textAt } from "../bson/walk.ts";
import { decimalAt } from "../bson/decimal.ts";
import { DocferryError } from "../job/errors.ts";
import { typesNamed } from "./filter-types.ts";

// A MongoDB filter, read from its BSON into a tree: what it means, with everything that it may not say refused.

/** A value inside the filter's bytes. */
export interface Operand {
  type: number;
  bytes: Uint8Array;
  at: number;
}

export type FilterNode =
  | { kind: "and" | "or" | "nor"; nodes: FilterNode[] }
  | { kind: "field"; path: string; test: FieldTest };

/** A condition on a field, or on an element of an array. */
export type FieldTest =
  | { kind: "leaf"; leaf: Leaf }
  | { kind: "every"; tests: FieldTest[] }
  | { kind: "not"; test: FieldTest };

/** What one value fulfils or not: that of the field, or an element of its array. */
export type Leaf =
  | { kind: "compare"; operator: "eq" | "gt" | "gte" | "lt" | "lte"; operand: Operand }
  | { kind: "in"; values: Operand[]; regexes: Regex[] }
  | { kind: "regex"; regex: Regex }
  | { kind: "exists" }
  | { kind: "type"; types: ReadonlySet<number> }
  | { kind: "mod"; divisor: bigint; remainder: bigint }
  | { kind: "size"; count: number }
  /** An element of the array is a document that the node matches. */
  | { kind: "elementMatches"; node: FilterNode }
  /** An element of the array passes the test. */
  | { kind: "elementPasses"; test: FieldTest }
  | { kind: "never" };

export interface Regex {
  pattern: string;
  options: string;
}

/** MongoDB's own limit. */
const maxPattern = 32_764;

/**
 * Refuses what is no filter, or one that uses what is not supported.
 * @throws {DocferryError} `invalid_query`, naming the operator
 */
export function checkFilter(filter: Uint8Array): void {
  readFilter(filter);
}

/** @throws {DocferryError} `invalid_query` */
export function readFilter(filter: Uint8Array): FilterNode {
  try {
    validate(filter);
  } catch (thrown) {
    if (!(thrown instanceof BsonError)) throw thrown;
    throw refuse(`The filter is not well-formed: ${thrown.message}`);
  }
  return readQuery(filter, 0);
}

function readQuery(bytes: Uint8Array, at: number): FilterNode {
  const nodes: FilterNode[] = [];
  for (const { name, value } of elements(bytes, at)) {
    if (name === "$comment") continue;
    if (name.startsWith("$")) nodes.push(readLogic(name, value));
    else nodes.push({ kind: "field", path: name, test: readCondition(value) });
  }
  return nodes.length === 1 ? nodes[0]! : { kind: "and", nodes };
}

const logicKinds: ReadonlyMap<string, "and" | "or" | "nor"> = new Map([
  ["$and", "and"],
  ["$or", "or"],
  ["$nor", "nor"],
]);

function readLogic(name: string, value: Operand): FilterNode {
  const kind = logicKinds.get(name);
  if (!kind) throw refuseOperator(name);
  const nodes = items(name, value).map((item) => {
    if (item.type !== bsonType.document) throw refuse(`${name} wants an array of documents`);
    return readQuery(item.bytes, item.at);
  });
  if (nodes.length === 0) throw refuse(`${name} wants an array that is not empty`);
  return { kind, nodes };
}

/** The condition at a field: operators, a regular expression, or a value to equal. */
function readCondition(value: Operand): FieldTest {
  if (value.type === bsonType.regex) return leaf({ kind: "regex", regex: regexOf(value) });
  if (isOperators(value)) return readOperators(value);
  return leaf(compare("$eq", "eq", value));
}

/** A document is one of operators when its first name says so; `$ref`, `$id` and `$db` are those of a DBRef value. */
function isOperators(value: Operand): boolean {
  if (value.type !== bsonType.document) return false;
  const cursor = new Cursor(value.bytes, value.at);
  if (!cursor.next()) return false;
  const name = textAt(value.bytes, cursor.nameStart, cursor.nameEnd);
  return name.startsWith("$") && name !== "$ref" && name !== "$id" && name !== "$db";
}

function readOperators(document: Operand): FieldTest {
  const tests: FieldTest[] = [];
  const operators = elements(document.bytes, document.at);
  const regex = operators.find(({ name }) => name === "$regex");
  const options = operators.find(({ name }) => name === "$options");
  if (options && !regex) throw refuse("$options wants a $regex beside it");
  if (regex) tests.push(readRegex(regex.value, options?.value));
  for (const { name, value } of operators) {
    if (name !== "$regex" && name !== "$options") tests.push(readOperator(name, value));
  }
  return tests.length === 1 ? tests[0]! : { kind: "every", tests };
}

function readOperator(name: string, value: Operand): FieldTest {
  switch (name) {
    case "$eq":
      return leaf(compare(name, "eq", value));
    case "$ne":
      refuseRegex(name, value);
      return not(leaf(compare(name, "eq", value)));
    case "$gt":
      return leaf(compare(name, "gt", value));
    case "$gte":
      return leaf(compare(name, "gte", value));
    case "$lt":
      return leaf(compare(name, "lt", value));
    case "$lte":
      return leaf(compare(name, "lte", value));
    case "$in":
      return leaf(readIn(name, value));
    case "$nin":
      return not(leaf(readIn(name, value)));
    case "$exists":
      return isTrue(value) ? leaf({ kind: "exists" }) : not(leaf({ kind: "exists" }));
    case "$type":
      return leaf(readType(value));
    case "$mod":
      return leaf(readMod(value));
    case "$size":
      return leaf(readSize(value));
    case "$all":
      return readAll(value);
    case "$elemMatch":
      return leaf(readElemMatch(value));
    case "$not":
      return not(readNot(value));
    default:
      throw refuseOperator(name);
  }
}

function compare(
  name: string,
  operator: Extract<Leaf, { kind: "compare" }>["operator"],
  operand: Operand,
): Leaf {
  if (operand.type === bsonType.undefined) throw refuse(`${name} cannot compare with undefined`);
  if (operator !== "eq") refuseRegex(name, operand);
  return { kind: "compare", operator, operand };
}

function refuseRegex(name: string, value: Operand): void {
  if (value.type === bsonType.regex) {
    throw refuse(`${name} cannot compare with a regular expression`);
  }
}

function readIn(name: string, value: Operand): Leaf {
  const values: Operand[] = [];
  const regexes: Regex[] = [];
  for (const item of items(name, value)) {
    if (item.type === bsonType.regex) regexes.push(regexOf(item));
    else if (item.type === bsonType.undefined) throw refuse(`${name} cannot hold undefined`);
    else if (isOperators(item)) throw refuse(`${name} cannot hold operators`);
    else values.push(item);
  }
  return { kind: "in", values, regexes };
}

function readRegex(value: Operand, options: Operand | undefined): FieldTest {
  let regex: Regex;
  if (value.type === bsonType.regex) regex = regexOf(value);
  else if (value.type === bsonType.string) {
    regex = { pattern: stringAt(value.bytes, value.at), options: "" };
  } else throw refuse("$regex wants a string or a regular expression");
  if (options) {
    if (options.type !== bsonType.string) throw refuse("$options wants a string");
    if (regex.options !== "") throw refuse("Options stand both in $regex and in $options");
    regex.options = stringAt(options.bytes, options.at);
  }
  checkRegex(regex);
  if (regex.pattern.includes("\0")) throw refuse("A regular expression must not contain NUL");
  return leaf({ kind: "regex", regex });
}

function regexOf({ bytes, at }: Operand): Regex {
  const patternEnd = nameEndAt(bytes, at);
  const regex = {
    pattern: textAt(bytes, at, patternEnd),
    options: textAt(bytes, patternEnd + 1, nameEndAt(bytes, patternEnd + 1)),
  };
  checkRegex(regex);
  return regex;
}

function checkRegex({ pattern, options }: Regex): void {
  if (pattern.length > maxPattern) {
    throw refuse(`A regular expression has more than ${maxPattern} characters`);
  }
  const unknown = /[^imsxu]/u.exec(options);
  if (unknown) {
    throw refuse(`The option ${unknown[0]} of a regular expression is not supported`);
  }
}

/** As MongoDB has it: all but false, 0 and null is true. */
function isTrue(value: Operand): boolean {
  const { type, bytes, at } = value;
  if (type === bsonType.boolean) return bytes[at] !== 0;
  if (type === bsonType.null || type === bsonType.undefined) return false;
  return numberIn(value) !== 0;
}

function readType(value: Operand): Leaf {
  const types = new Set<number>();
  const wanted = value.type === bsonType.array ? items("$type", value) : [value];
  for (const item of wanted) {
    const name = item.type === bsonType.string ? stringAt(item.bytes, item.at) : numberIn(item);
    const found = name === undefined ? undefined : typesNamed(name);
    if (!found) throw refuse(`$type does not know the type ${String(name ?? "given")}`);
    for (const type of found) types.add(type);
  }
  if (types.size === 0) throw refuse("$type wants at least one type");
  return { kind: "type", types };
}

function readMod(value: Operand): Leaf {
  const [divisor, remainder, ...rest] = items("$mod", value).map(truncated);
  if (divisor === undefined || remainder === undefined || rest.length > 0) {
    throw refuse("$mod wants an array of two numbers, divisor and remainder");
  }
  if (divisor === 0n) throw refuse("The divisor of $mod must not be 0");
  return { kind: "mod", divisor, remainder };
}

function readSize(value: Operand): Leaf {
  const count = numberIn(value);
  if (count === undefined || !Number.isInteger(count) || count < 0) {
    throw refuse("$size wants an integer of 0 or more");
  }
  return { kind: "size", count };
}

function readAll(value: Operand): FieldTest {
  const tests = items("$all", value).map((item): FieldTest => {
    if (item.type === bsonType.regex) return leaf({ kind: "regex", regex: regexOf(item) });
    if (!isOperators(item)) return leaf(compare("$all", "eq", item));
    const [first, ...rest] = elements(item.bytes, item.at);
    if (first?.name !== "$elemMatch" || rest.length > 0) {
      throw refuse(`$all cannot hold ${first?.name ?? "operators"}, only values or $elemMatch`);
    }
    return leaf(readElemMatch(first.value));
  });
  return tests.length === 0 ? leaf({ kind: "never" }) : { kind: "every", tests };
}

function readElemMatch(value: Operand): Leaf {
  if (value.type !== bsonType.document) throw refuse("$elemMatch wants a document");
  const [first] = elements(value.bytes, value.at);
  if (isOperators(value) && !logicKinds.has(first?.name ?? "")) {
    return { kind: "elementPasses", test: readOperators(value) };
  }
  return { kind: "elementMatches", node: readQuery(value.bytes, value.at) };
}

function readNot(value: Operand): FieldTest {
  if (value.type === bsonType.regex) return leaf({ kind: "regex", regex: regexOf(value) });
  if (!isOperators(value)) throw refuse("$not wants operators or a regular expression");
  return readOperators(value);
}

function leaf(of: Leaf): FieldTest {
  return { kind: "leaf", leaf: of };
}

function not(test: FieldTest): FieldTest {
  return { kind: "not", test };
}

function items(name: string, value: Operand): Operand[] {
  if (value.type !== bsonType.array) throw refuse(`${name} wants an array`);
  return elements(value.bytes, value.at).map((element) => element.value);
}

function elements(bytes: Uint8Array, at: number): { name: string; value: Operand }[] {
  const found: { name: string; value: Operand }[] = [];
  const cursor = new Cursor(bytes, at);
  while (cursor.next()) {
    found.push({
      name: textAt(bytes, cursor.nameStart, cursor.nameEnd),
      value: { type: cursor.type, bytes, at: cursor.valueStart },
    });
  }
  return found;
}

/** The number as a double; undefined for what is none. */
function numberIn({ type, bytes, at }: Operand): number | undefined {
  switch (type) {
    case bsonType.int32:
      return int32At(bytes, at);
    case bsonType.double:
      return doubleAt(bytes, at);
    case bsonType.int64:
      return Number(int64At(bytes, at));
    case bsonType.decimal: {
      const { kind, negative, coefficient, exponent } = decimalAt(bytes, at);
      if (kind === "nan") return NaN;
      const magnitude = kind === "infinite" ? Infinity : Number(`${coefficient}e${exponent}`);
      return negative ? -magnitude : magnitude;
    }
    default:
      return undefined;
  }
}

/** The number's integer part. */
function truncated(value: Operand): bigint | undefined {
  if (value.type === bsonType.int64) return int64At(value.bytes, value.at);
  const number = numberIn(value);
  return number !== undefined && Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined;
}

function refuse(message: string): DocferryError {
  return new DocferryError("invalid_query", message);
}

const unsupported: ReadonlySet<string> = new Set(
  (
    "$expr $jsonSchema $text $where $near $nearSphere $geoWithin $geoIntersects $within $maxDistance $minDistance $geometry " +
    "$bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear $sampleRate $rand $alwaysTrue $alwaysFalse"
  ).split(" "),
);

function refuseOperator(name: string): DocferryError {
  if (unsupported.has(name)) return refuse(`The operator ${name} is not supported in a filter`);
  return refuse(`Unknown operator ${name} in a filter`);
}
