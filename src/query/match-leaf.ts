import { compareValues, typeRank } from "../bson/compare.ts";
import { numberAt } from "../bson/number.ts";
import { orderKey } from "../bson/order-key.ts";
import { bsonType } from "../bson/types.ts";
import { nameEndAt, stringAt, textAt } from "../bson/walk.ts";
import type { FieldTest, FilterNode, Leaf, Operand, Regex } from "./filter-tree.ts";
import { anyElement, missing, type ValueTest } from "./match-path.ts";
import { watchedTest } from "./regex-watch.ts";
import { compileRegex } from "./regex.ts";

interface Compilers {
  compileNode: (node: FilterNode) => (bytes: Uint8Array, at: number) => boolean;
  compileOnValue: (test: FieldTest) => ValueTest;
}

export function leafTest(leaf: Leaf, { compileNode, compileOnValue }: Compilers): ValueTest {
  switch (leaf.kind) {
    case "compare":
      return compareTest(leaf.operator, leaf.operand);
    case "in":
      return inTest(leaf.values, leaf.regexes);
    case "regex":
      return regexTest(leaf.regex);
    case "exists":
      return (type) => type !== missing;
    case "type":
      return (type) => leaf.types.has(type);
    case "mod":
      return modTest(leaf.divisor, leaf.remainder);
    case "size":
      return (type, bytes, at) =>
        type === bsonType.array && countElements(bytes, at) === leaf.count;
    case "elementMatches": {
      const matches = compileNode(leaf.node);
      return elementTest(
        (type, bytes, at) =>
          (type === bsonType.document || type === bsonType.array) && matches(bytes, at),
      );
    }
    case "elementPasses":
      return elementTest(compileOnValue(leaf.test));
    case "never":
      return () => false;
    default:
      return leaf satisfies never;
  }
}

type Operator = Extract<Leaf, { kind: "compare" }>["operator"];

/**
 * Values of different type classes are never equal, greater or less (type bracketing), with MongoDB's exceptions: null
 * equals undefined and missing; MinKey is below and MaxKey above all others; NaN equals NaN and compares with nothing else.
 */
function compareTest(operator: Operator, operand: Operand): ValueTest {
  const { type: wanted, bytes: wantedBytes, at: wantedAt } = operand;
  if (wanted === bsonType.null) return operator === "gt" || operator === "lt" ? never : isNullish;
  const rank = typeRank(wanted);
  const fits = fitting(operator);
  const wantedIsNaN = isNaNValue(wanted, wantedBytes, wantedAt);
  const acrossClasses =
    (wanted === bsonType.minKey && (operator === "gt" || operator === "gte")) ||
    (wanted === bsonType.maxKey && (operator === "lt" || operator === "lte"));
  return (type, bytes, at) => {
    if (type === missing || typeRank(type) !== rank) return acrossClasses;
    const order = compareValues(type, bytes, at, wanted, wantedBytes, wantedAt);
    if (order !== 0 && (wantedIsNaN || isNaNValue(type, bytes, at))) return false;
    return fits(order);
  };
}

function never(): boolean {
  return false;
}

function isNullish(type: number): boolean {
  return type === missing || type === bsonType.null || type === bsonType.undefined;
}

function fitting(operator: Operator): (order: number) => boolean {
  switch (operator) {
    case "eq":
      return (order) => order === 0;
    case "gt":
      return (order) => order > 0;
    case "gte":
      return (order) => order >= 0;
    case "lt":
      return (order) => order < 0;
    case "lte":
      return (order) => order <= 0;
    default:
      return operator satisfies never;
  }
}

function isNaNValue(type: number, bytes: Uint8Array, at: number): boolean {
  if (type !== bsonType.double && type !== bsonType.decimal) return false;
  return Number.isNaN(numberAt(type, bytes, at));
}

/** From here on one look into a set costs less than a comparison with each value. */
const fewValues = 8;

function inTest(values: Operand[], regexes: Regex[]): ValueTest {
  const equal =
    values.length > fewValues ? [oneOf(values)] : values.map((value) => compareTest("eq", value));
  const tests = [...equal, ...regexes.map(regexTest)];
  return (type, bytes, at) => tests.some((test) => test(type, bytes, at));
}

/** Order keys are equal exactly where values are. */
function oneOf(values: Operand[]): ValueTest {
  const keys = new Set<string>();
  let hasNull = false;
  for (const { type, bytes, at } of values) {
    if (type === bsonType.null) hasNull = true;
    else keys.add(keyText(type, bytes, at));
  }
  return (type, bytes, at) => (isNullish(type) ? hasNull : keys.has(keyText(type, bytes, at)));
}

function keyText(type: number, bytes: Uint8Array, at: number): string {
  return Buffer.from(orderKey(type, bytes, at)).toString("latin1");
}

/** Strings and symbols that match; a regular expression as a value matches the same one. */
function regexTest({ pattern, options }: Regex): ValueTest {
  const regex = compileRegex(pattern, options);
  return (type, bytes, at) => {
    if (type === bsonType.string || type === bsonType.symbol)
      return watchedTest(regex, stringAt(bytes, at));
    if (type !== bsonType.regex) return false;
    const patternEnd = nameEndAt(bytes, at);
    return (
      textAt(bytes, at, patternEnd) === pattern &&
      textAt(bytes, patternEnd + 1, nameEndAt(bytes, patternEnd + 1)) === options
    );
  };
}

const int64Limit = 2n ** 63n;

/** On the integer part of numbers that fit into an Int64; other numbers match no remainder. */
function modTest(divisor: bigint, remainder: bigint): ValueTest {
  return (type, bytes, at) => {
    const integer = integerPart(type, bytes, at);
    return integer !== undefined && integer % divisor === remainder;
  };
}

function integerPart(type: number, bytes: Uint8Array, at: number): bigint | undefined {
  if (
    type !== bsonType.int32 &&
    type !== bsonType.int64 &&
    type !== bsonType.double &&
    type !== bsonType.decimal
  ) {
    return undefined;
  }
  const number = numberAt(type, bytes, at);
  if (typeof number === "bigint") return number;
  let integer: bigint;
  if (typeof number === "number") {
    if (!Number.isFinite(number)) return undefined;
    integer = BigInt(Math.trunc(number));
  } else {
    const { negative, digits, exponent } = number;
    if (exponent > 19) return undefined;
    const magnitude = exponent <= 0 ? 0n : BigInt(digits.slice(0, exponent).padEnd(exponent, "0"));
    integer = negative ? -magnitude : magnitude;
  }
  return integer >= -int64Limit && integer < int64Limit ? integer : undefined;
}

function countElements(bytes: Uint8Array, array: number): number {
  let count = 0;
  anyElement(bytes, array, () => {
    count++;
    return false;
  });
  return count;
}

function elementTest(passes: ValueTest): ValueTest {
  return (type, bytes, at) => type === bsonType.array && anyElement(bytes, at, passes);
}
