import * as fc from "fast-check";
import type { Shape as SchemaShape } from "../../src/http/api/check.ts";

/** The part of JSON Schema that our document uses, references resolved. */
export interface Shape extends Omit<SchemaShape, "anyOf" | "properties" | "items"> {
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  items?: Shape;
  format?: string;
}

/** The document with what `$ref` names in the place of each. */
export function resolveReferences(document: unknown): unknown {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== "object" || value === null) return value;
    const { $ref: reference } = value as { $ref?: string };
    if (reference === undefined) {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolve(item)]));
    }
    let target: unknown = document;
    for (const step of reference.split("/").slice(1)) {
      target = (target as Record<string, unknown> | undefined)?.[step];
    }
    if (target === undefined) throw new Error(`Nothing at ${reference}`);
    return resolve(target);
  };
  return resolve(document);
}

/**
 * Values that the schema takes.
 * @param known values that are likely to mean something, by the names of their fields
 */
export function valuesOf(
  shape: Shape,
  known: Record<string, unknown[]> = {},
): fc.Arbitrary<unknown> {
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.enum) return fc.constantFrom(...shape.enum);
  if (shape.anyOf) return fc.oneof(...shape.anyOf.map((choice) => valuesOf(choice, known)));
  switch (shape.type) {
    case "object":
      return objectsOf(shape, known);
    case "array":
      return fc.array(valuesOf(shape.items ?? {}, known), {
        minLength: shape.minItems ?? 0,
        maxLength: Math.min(shape.maxItems ?? 5, 5),
      });
    case "string":
      return textsOf(shape);
    case "integer":
      return fc.integer({
        min: shape.minimum ?? -(2 ** 31),
        max: Math.min(shape.maximum ?? 2 ** 31 - 1, 2 ** 31 - 1),
      });
    case "number":
      return fc.double({ noNaN: true, min: shape.minimum ?? -1e9, max: shape.maximum ?? 1e9 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case undefined:
    default:
      return fc.jsonValue();
  }
}

/** Values that the schema takes, broken in one place or another: mostly such as it does not take. */
export function brokenValuesOf(
  shape: Shape,
  known: Record<string, unknown[]> = {},
): fc.Arbitrary<unknown> {
  const value = valuesOf(shape, known);
  return fc.oneof(
    fc.jsonValue(),
    fc
      .tuple(value, fc.nat(), fc.jsonValue())
      .map(([whole, place, part]) => withPart(whole, place, () => part)),
    fc
      .tuple(value, fc.string({ minLength: 1 }), fc.jsonValue())
      .map(([whole, name, part]) =>
        typeof whole === "object" && !Array.isArray(whole)
          ? { ...whole, [name === "__proto__" ? "proto" : name]: part }
          : part,
      ),
    fc.tuple(value, fc.nat()).map(([whole, place]) => withPart(whole, place, () => undefined)),
    fc.tuple(value, fc.nat()).map(([whole, place]) => withPart(whole, place, (part) => [part])),
  );
}

function objectsOf(shape: Shape, known: Record<string, unknown[]>): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = shape;
  if (Object.keys(properties).length === 0) {
    return fc.dictionary(fc.string({ unit: "grapheme-ascii", maxLength: 5 }), fc.jsonValue(), {
      maxKeys: 3,
    });
  }
  const fields = Object.entries(properties).map(([name, property]) => {
    const values = valuesOf(property, known);
    const likely = known[name];
    const field = likely
      ? fc.oneof(
          { arbitrary: fc.constantFrom(...likely), weight: 3 },
          { arbitrary: values, weight: 1 },
        )
      : values;
    return [name, field] as const;
  });
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}

function textsOf(shape: Shape): fc.Arbitrary<string> {
  if (shape.pattern !== undefined) return fc.stringMatching(new RegExp(shape.pattern));
  return fc.string({
    unit: "binary",
    minLength: shape.minLength ?? 0,
    maxLength: Math.min(shape.maxLength ?? 30, 30),
  });
}

/** The value with another part at one of its places, counted through. */
function withPart(whole: unknown, place: number, change: (part: unknown) => unknown): unknown {
  if (typeof whole !== "object" || whole === null) return change(whole);
  const names = Object.keys(whole);
  const name = names[place % (names.length + 1)];
  if (name === undefined) return change(whole);
  const copy: Record<string, unknown> | unknown[] = Array.isArray(whole)
    ? [...whole]
    : { ...whole };
  const parts = copy as Record<string, unknown>;
  parts[name] = withPart(parts[name], Math.floor(place / (names.length + 1)), change);
  return copy;
}
