import { maxDepth } from "../bson/validate.ts";
import { StatementFault } from "./statement-fault.ts";
import type { GeoShape } from "./statement-geo.ts";
import type { QueryState } from "./statement-chain.ts";
import type { ArrayValue, Value } from "./value.ts";

/**
 * What an expression of a statement stands for. Literals keep apart what a condition treats differently: a plain object is
 * flattened into paths, a value made by a constructor stands whole.
 */
export type Term = TermBase &
  (
    | { kind: "undefined" }
    /** A scalar. */
    | { kind: "value"; value: Value }
    | { kind: "geo"; shape: GeoShape; coordinates: ArrayValue }
    | { kind: "array"; items: Term[] }
    | { kind: "object"; fields: TermField[] }
    /** What a command of `db.command` made. */
    | { kind: "condition"; condition: Condition }
    /** `db`, its members, and methods. */
    | { kind: "builtin"; builtin: Builtin }
    | { kind: "query"; query: QueryState }
    /** A query that `get()` has ended. */
    | { kind: "get"; query: QueryState }
  );

interface TermBase {
  /** Where it stands in the source. */
  at: number;
  /**
   * About the bytes of BSON it becomes, all that constants share counted as often as it is used. Summed while terms are put
   * together, so that a few constants that hold each other cannot grow beyond measure unseen.
   */
  size: number;
  /** Levels of arrays and objects. */
  depth: number;
}

export interface TermField {
  name: string;
  term: Term;
  /** Where the name stands. */
  at: number;
}

export type Condition =
  | { kind: "operator"; name: string; operator: string; operand: Term }
  | { kind: "logic"; name: string; operator: "$and" | "$or" | "$nor"; operands: Term[] }
  | { kind: "not"; name: string; operand: Term };

export interface Builtin {
  /** As the user writes it: `db.Geo.Point`. */
  name: string;
  members: ReadonlyMap<string, Member> | null;
  call: ((call: Call) => Term) | null;
  /** May be called with `new`. */
  constructs: boolean;
}

/** A member, or why there is none that a statement could use. */
export type Member = Builtin | { refused: string };

export interface Call {
  at: number;
  /** Of the function, for messages. */
  name: string;
  args: Term[];
  /** Called with `new`. */
  construct: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

const maxSize = 16 * 1024 * 1024;

export function valueTerm(at: number, value: Value): Term {
  return { kind: "value", at, value, size: scalarSize(value), depth: 0 };
}

export function undefinedTerm(at: number): Term {
  return { kind: "undefined", at, size: 0, depth: 0 };
}

export function arrayTerm(at: number, items: Term[]): Term {
  return { kind: "array", at, items, ...measure(at, items) };
}

export function objectTerm(at: number, fields: TermField[]): Term {
  let names = 0;
  for (const { name } of fields) names += name.length;
  const terms = fields.map(({ term }) => term);
  return { kind: "object", at, fields, ...measure(at, terms, names) };
}

export function conditionTerm(at: number, condition: Condition): Term {
  const operands = condition.kind === "logic" ? condition.operands : [condition.operand];
  return { kind: "condition", at, condition, ...measure(at, operands) };
}

export function geoTerm(at: number, shape: GeoShape, coordinates: ArrayValue, size: number): Term {
  return { kind: "geo", at, shape, coordinates, size: size + 50, depth: 5 };
}

export function builtinTerm(at: number, builtin: Builtin): Term {
  return { kind: "builtin", at, builtin, size: 0, depth: 0 };
}

function measure(at: number, parts: Term[], bytes = 0): { size: number; depth: number } {
  let size = 5 + bytes;
  let depth = 0;
  for (const part of parts) {
    size += part.size + 3;
    depth = Math.max(depth, part.depth);
  }
  checkSize(at, size);
  if (depth >= maxDepth) {
    throw new StatementFault(at, `Values are nested more than ${maxDepth} levels deep`);
  }
  return { size, depth: depth + 1 };
}

/** @throws {StatementFault} beyond what a BSON document can hold */
export function checkSize(at: number, size: number): void {
  if (size > maxSize) throw new StatementFault(at, "The query is larger than 16 MiB");
}

function scalarSize(value: Value): number {
  if (value.type === "string") return value.value.length + 5;
  if (value.type === "regex") return value.pattern.length + value.options.length + 2;
  return 8;
}

/** A term in a message: what it is, short. */
export function describe(term: Term): string {
  switch (term.kind) {
    case "undefined":
      return "undefined";
    case "value":
      return describeValue(term.value);
    case "geo":
      return `a ${term.shape}`;
    case "array":
      return "an array";
    case "object":
      return "an object";
    case "condition":
      return `the command ${term.condition.name}`;
    case "builtin":
      return term.builtin.name;
    case "query":
    case "get":
      return "a query";
    default:
      return term satisfies never;
  }
}

function describeValue(value: Value): string {
  switch (value.type) {
    case "string": {
      const text = JSON.stringify(value.value);
      return text.length > 40 ? `${text.slice(0, 38)}…"` : text;
    }
    case "date":
      return "a date";
    case "regex":
      return "a regular expression";
    case "objectId":
      return "an ObjectId";
    case "null":
      return "null";
    case "array":
    case "document":
      return `an ${value.type}`;
    case "boolean":
    case "int32":
    case "int64":
    case "double":
      return String(value.value);
    default:
      return value satisfies never;
  }
}
