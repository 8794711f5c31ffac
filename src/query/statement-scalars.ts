import { StatementFault } from "./statement-fault.ts";
import type { Value } from "./value.ts";

const int32Limit = 2n ** 31n;
const int64Limit = 2n ** 63n;

/**
 * A number as its literal says: an integer becomes an Int32, else an Int64, else (as in JavaScript) a double; what has a point
 * or an exponent is a double.
 * @param raw the literal's text, which has the digits that `value` may have lost
 */
export function numberLiteral(raw: string, value: number, negative: boolean): Value {
  const digits = raw.replaceAll("_", "");
  if (/^(?:0|[1-9]\d*|0[xob][\da-f]+)$/i.test(digits)) {
    // There is no -0 among the integers.
    if (!negative || value !== 0) return integerValue(negative ? -BigInt(digits) : BigInt(digits));
  } else if (/^0\d+$/.test(digits)) {
    return integerValue(BigInt(negative ? -value : value));
  }
  return { type: "double", value: negative ? -value : value };
}

/** `5n`: an Int64. */
export function bigintLiteral(at: number, digits: string): Value {
  const value = BigInt(digits);
  if (value >= int64Limit) throw new StatementFault(at, `${digits}n does not fit into 64 bits`);
  return { type: "int64", value };
}

/** The number with a sign before it; undefined for what is no number. */
export function negate(value: Value, negative: boolean): Value | undefined {
  if (value.type !== "int32" && value.type !== "int64" && value.type !== "double") return undefined;
  if (!negative) return value;
  if (value.type === "int64") return integerValue(-value.value);
  if (value.type === "int32" && value.value !== 0) return integerValue(-BigInt(value.value));
  return { type: "double", value: -value.value };
}

/** An Int32 where it fits, else an Int64, else a double. */
function integerValue(value: bigint): Value {
  if (value >= -int32Limit && value < int32Limit) return { type: "int32", value: Number(value) };
  if (value >= -int64Limit && value < int64Limit) return { type: "int64", value };
  return { type: "double", value: Number(value) };
}

/**
 * A regular expression of BSON. `g` and `u` change nothing about whether a text matches and are dropped.
 * @throws {StatementFault} for other flags that BSON does not have, for a NUL
 */
export function regexValue(at: number, pattern: string, flags: string): Value {
  const options = [...new Set(flags)].filter((flag) => flag !== "g" && flag !== "u");
  const unknown = options.find((flag) => !"imsx".includes(flag));
  if (unknown !== undefined) {
    throw new StatementFault(at, `The flag ${unknown} of a regular expression is not supported`);
  }
  if (pattern.includes("\0")) {
    throw new StatementFault(at, "A regular expression must not contain NUL");
  }
  return { type: "regex", pattern, options: options.sort().join("") };
}

const isoText =
  /^(?<date>(?:\d{4}|[+-]\d{6})(?:-\d\d(?:-\d\d)?)?)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?<zone>Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Milliseconds of an ISO 8601 text, undefined for anything else. A time without zone is read as UTC, so that a query means the
 * same on every machine.
 */
export function parseIsoDate(text: string): number | undefined {
  const groups = isoText.exec(text)?.groups;
  if (!groups) return undefined;
  const { date = "", time, zone = "Z" } = groups;
  const colons = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const milliseconds = Date.parse(time ? `${date}T${time}${colons.toUpperCase()}` : date);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
