import type { Static, TObject, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { DocferryError } from "../../job/errors.ts";
import { findIllFormed } from "../ill-formed.ts";
import type { JsonObject } from "../json-body.ts";

/**
 * A check of a body's fields, compiled once. It takes what real clients send: integers as numeric text, and any fields beyond
 * the schema's. An optional field that is missing gets the schema's `default`.
 * @returns a function that gives the fields as the schema has them
 * @throws (the function) {DocferryError} `missing_argument`, then `invalid_argument`, each naming the field;
 *   `invalid_body` for a field that is missing deeper inside
 */
export function compileFields<T extends TObject>(schema: T): (body: JsonObject) => Static<T> {
  const validator = Compile(schema);
  const required = [...new Set<string>(schema.required ?? [])];
  return (body) => {
    for (const name of required) {
      if (!Object.hasOwn(body, name)) throw new DocferryError("missing_argument", name);
    }
    const fields = coerceObject(body, schema);
    const illFormed = findIllFormed(fields);
    if (illFormed !== null) {
      throw new DocferryError("invalid_argument", `${illFormed} has half a surrogate pair`);
    }
    if (!validator.Check(fields)) throw faultOf(validator, fields, body);
    return fields;
  };
}

/** The schema's fields alone, with numeric text as numbers where the schema wants integers. */
function coerce(value: unknown, schema: TSchema): unknown {
  const type = (schema as { type?: unknown }).type;
  if (type === "integer") return integerOf(value);
  if (type === "array" && Array.isArray(value)) {
    const { items } = schema as unknown as { items: TSchema };
    return value.map((item) => coerce(item, items));
  }
  if (type === "object" && typeof value === "object" && value !== null && !Array.isArray(value)) {
    return coerceObject(value as JsonObject, schema as TObject);
  }
  return value;
}

function coerceObject(value: JsonObject, schema: TObject): JsonObject {
  const fields: JsonObject = {};
  for (const name of Object.keys(schema.properties)) {
    const property = schema.properties[name] as TSchema;
    if (Object.hasOwn(value, name)) fields[name] = coerce(value[name], property);
    else if ("default" in property) fields[name] = property.default;
  }
  return fields;
}

function integerOf(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,40}$/.test(value) ? Number(value) : value;
}

function faultOf(
  validator: ReturnType<typeof Compile>,
  fields: JsonObject,
  body: JsonObject,
): DocferryError {
  const fault = validator.Errors(fields)[0];
  if (!fault) return new DocferryError("internal", "A check that failed has no fault");
  const steps = fault.instancePath.split("/").slice(1);
  const { path, value } = locate(body, steps);
  if (fault.keyword === "required") {
    const missing = (fault.params as { requiredProperties?: string[] }).requiredProperties ?? [];
    const names = missing.map((name) => pathTo(path, name, false));
    return new DocferryError("invalid_body", `${names.join(", ")} missing`);
  }
  return new DocferryError("invalid_argument", `${path} ${fault.message}, it is ${show(value)}`);
}

/** A place by JSON pointer steps: as people write it, and what the client sent there. */
function locate(body: JsonObject, steps: string[]): { path: string; value: unknown } {
  let path = "";
  let value: unknown = body;
  for (const step of steps) {
    path = pathTo(path, step, Array.isArray(value));
    value = (value as JsonObject | undefined)?.[step];
  }
  return { path, value };
}

function pathTo(path: string, step: string, inArray: boolean): string {
  if (inArray) return `${path}[${step}]`;
  return path === "" ? step : `${path}.${step}`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "missing";
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
