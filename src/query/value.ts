/**
 * A value on its way to BSON. Tagged, so that the type a query names is the type that is written: a JavaScript number alone
 * could not say whether it is an Int32, an Int64 or a double.
 */
export type Value =
  | { type: "null" }
  | { type: "boolean"; value: boolean }
  | { type: "int32"; value: number }
  | { type: "int64"; value: bigint }
  | { type: "double"; value: number }
  | { type: "string"; value: string }
  /** Milliseconds since 1970, an integer. */
  | { type: "date"; value: number }
  /** Options in alphabetical order; neither has a NUL. */
  | { type: "regex"; pattern: string; options: string }
  /** 24 hex digits. */
  | { type: "objectId"; hex: string }
  | ArrayValue
  | DocumentValue;

export interface ArrayValue {
  type: "array";
  items: Value[];
}

export interface DocumentValue {
  type: "document";
  fields: Field[];
}

export interface Field {
  name: string;
  value: Value;
}

export function arrayValue(items: Value[]): ArrayValue {
  return { type: "array", items };
}

export function documentValue(fields: Field[]): DocumentValue {
  return { type: "document", fields };
}

export function stringValue(value: string): Value {
  return { type: "string", value };
}

/** The number as JavaScript has it (an Int64 rounded), undefined for what is no number. */
export function numberOf(value: Value): number | undefined {
  if (value.type === "int32" || value.type === "double") return value.value;
  return value.type === "int64" ? Number(value.value) : undefined;
}

/** The integer where that is exact and safe, undefined otherwise. `-0` and `10.0` are integers. */
export function integerOf(value: Value): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) ? number + 0 : undefined;
}
