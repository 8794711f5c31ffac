import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { DocferryError } from "../../job/errors.ts";
import { findIllFormed } from "../ill-formed.ts";

/** The part of JSON Schema that our schemas use. */
export interface Shape {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: unknown;
  items?: Shape;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

interface Fault {
  code: "missing_argument" | "invalid_argument";
  message: string;
}

/**
 * A strict check, compiled once: what the schema does not know is refused by its name.
 * @throws (the function) {DocferryError} `missing_argument`, `invalid_argument`, each naming the field and what it may be
 */
export function compileCheck<T extends TSchema>(schema: T): (value: unknown) => Static<T> {
  const validator = Compile(schema);
  return (value) => {
    const fault = findFault(schema, value, "");
    if (fault) throw new DocferryError(fault.code, fault.message);
    const illFormed = findIllFormed(value);
    if (illFormed !== null) {
      throw new DocferryError("invalid_argument", `${illFormed} has half a surrogate pair`);
    }
    if (validator.Check(value)) return value;
    // What the search does not know of, the schema's own check does.
    const [error] = validator.Errors(value);
    throw new DocferryError("invalid_argument", `${error?.instancePath} ${error?.message}`);
  };
}

function findFault(shape: Shape, value: unknown, path: string): Fault | null {
  if (shape.anyOf) return findInChoice(shape, shape.anyOf, value, path);
  if (shape.type === "object" && isObject(value)) return findInObject(shape, value, path);
  if (shape.type === "array" && Array.isArray(value) && fitsLength(shape, value.length)) {
    for (const [index, item] of value.entries()) {
      const fault = findFault(shape.items ?? {}, item, `${path}[${index}]`);
      if (fault) return fault;
    }
    return null;
  }
  return fits(shape, value) ? null : wrong(shape, value, path);
}

function findInObject(shape: Shape, value: Record<string, unknown>, path: string): Fault | null {
  const { properties = {}, required = [] } = shape;
  if (shape.additionalProperties === false) {
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(properties, name));
    if (unknown !== undefined) {
      return {
        code: "invalid_argument",
        message: `${inside(path, unknown)} is unknown: ${known(path, Object.keys(properties))}`,
      };
    }
  }
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return { code: "missing_argument", message: inside(path, missing) };
  for (const [name, property] of Object.entries(properties)) {
    if (!Object.hasOwn(value, name)) continue;
    const fault = findFault(property, value[name], inside(path, name));
    if (fault) return fault;
  }
  return null;
}

/** Of objects that differ by their `type`, the one of that type is meant; of other choices, the one of that shape. */
function findInChoice(shape: Shape, choices: Shape[], value: unknown, path: string): Fault | null {
  const types = choices.flatMap((choice) => choice.properties?.["type"] ?? []);
  if (types.length === choices.length && isObject(value)) {
    if (!Object.hasOwn(value, "type")) {
      return { code: "missing_argument", message: inside(path, "type") };
    }
    const meant = choices.find((choice) => choice.properties?.["type"]?.const === value["type"]);
    return meant
      ? findFault(meant, value, path)
      : wrong({ anyOf: types }, value["type"], inside(path, "type"));
  }
  const faults = choices.map((choice) => findFault(choice, value, path));
  if (faults.includes(null)) return null;
  const deeper = choices.findIndex(
    (choice) => choice.type === (Array.isArray(value) ? "array" : typeof value),
  );
  return choices[deeper]?.type === "array" || choices[deeper]?.type === "object"
    ? (faults[deeper] ?? null)
    : wrong(shape, value, path);
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape.const !== undefined) return value === shape.const;
  if (shape.enum) return shape.enum.includes(value);
  switch (shape.type) {
    case "string":
      return (
        typeof value === "string" &&
        value.length >= (shape.minLength ?? 0) &&
        value.length <= (shape.maxLength ?? Infinity) &&
        (shape.pattern === undefined || new RegExp(shape.pattern).test(value))
      );
    case "integer":
      return Number.isSafeInteger(value) && inRange(shape, value as number);
    case "number":
      return typeof value === "number" && inRange(shape, value);
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "array":
    case "object":
      return false;
    case undefined:
    default:
      return true;
  }
}

function inRange({ minimum = -Infinity, maximum = Infinity }: Shape, value: number): boolean {
  return value >= minimum && value <= maximum;
}

function fitsLength({ minItems = 0, maxItems = Infinity }: Shape, length: number): boolean {
  return length >= minItems && length <= maxItems;
}

function wrong(shape: Shape, value: unknown, path: string): Fault {
  const name = path === "" ? "The body" : path;
  return {
    code: "invalid_argument",
    message: `${name} must be ${describe(shape)}, not ${show(value)}`,
  };
}

function describe(shape: Shape): string {
  if (shape.anyOf) return [...new Set(shape.anyOf.map(describe))].join(" or ");
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum) return shape.enum.map((one) => JSON.stringify(one)).join(" or ");
  switch (shape.type) {
    case "string":
      return describeText(shape);
    case "integer":
      return `an integer${range(shape.minimum, shape.maximum)}`;
    case "number":
      return `a number${range(shape.minimum, shape.maximum)}`;
    case "array":
      return `a list${range(shape.minItems, shape.maxItems)}`;
    case "object":
      return "an object";
    case "boolean":
      return "true or false";
    case undefined:
    default:
      return shape.type ?? "anything";
  }
}

function describeText({ minLength, maxLength, pattern }: Shape): string {
  if (pattern !== undefined) return `a text like ${pattern}`;
  if (minLength === 1 && maxLength === undefined) return "a text that is not empty";
  return minLength === undefined && maxLength === undefined
    ? "a text"
    : `a text${range(minLength, maxLength)} characters`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined && maximum === undefined) return "";
  if (maximum === undefined) return ` of ${minimum} or more`;
  return ` of ${minimum ?? 0} to ${maximum}`;
}

function known(path: string, names: string[]): string {
  const owner = path === "" ? "There" : `In ${path} there`;
  return names.length === 0
    ? `${owner.toLowerCase()} may be none`
    : `${owner.toLowerCase()} may be ${names.join(", ")}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inside(path: string, name: string): string {
  const shown = /^[\w$-]{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100));
  return path === "" ? shown : `${path}.${shown}`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return "an object";
  return shortened(JSON.stringify(value) ?? "missing");
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
