import { bsonType } from "../../bson/types.ts";
import type { Column } from "./column-type.ts";
import { type ColumnOptions, fieldTree, type FieldNode } from "./field-tree.ts";

/** The columns made ready to write documents of rows. */
export interface RowLayout {
  columns: readonly Column[];
  /** No dots: each column is a field, in order. */
  flat: boolean;
  /** Index of the column `:document`, -1 without. */
  documentColumn: number;
  fields: readonly LayoutField[];
  /** The names of the top-level fields. */
  names: ReadonlySet<string>;
  /** Whether a column may give `_id`, or a part of it. */
  givesId: boolean;
  /** At most so many bytes of a document are not cells' content or extra cells. */
  fixedBytes: number;
}

export interface LayoutField {
  /** The element's beginning: a byte for the type, the name, NUL. */
  header: Uint8Array;
  path: string;
  /** Index of the column of a leaf; -1 of a document or array. */
  column: number;
  array: boolean;
  children: readonly LayoutField[];
}

/** @throws {DocferryError} invalid_file for columns that make no documents */
export function compileLayout(columns: readonly Column[], options: ColumnOptions): RowLayout {
  const root = fieldTree(columns, options);
  const fields = layoutFields(root, "");
  const documentColumn = columns.findIndex(({ type }) => type.kind === "document");
  return {
    columns,
    flat: fields.every((field, index) => field.column === index),
    documentColumn,
    fields,
    names: new Set(root.children.keys()),
    // A whole document may have one, too.
    givesId: root.children.has("_id") || documentColumn >= 0,
    fixedBytes: documentBytes + derivedIdBytes + sumBytes(fields),
  };
}

function layoutFields(node: FieldNode, prefix: string): LayoutField[] {
  return [...node.children.values()].map((child) => {
    const path = prefix === "" ? child.name : `${prefix}.${child.name}`;
    const header = elementHeader(child.name);
    if (child.column < 0) header[0] = child.array ? bsonType.array : bsonType.document;
    const { column, array } = child;
    return { header, path, column, array, children: layoutFields(child, path) };
  });
}

/** Type byte (to be filled in), name, NUL. */
export function elementHeader(name: string): Uint8Array {
  return Uint8Array.from([0, ...Buffer.from(name, "utf8"), 0]);
}

function sumBytes(fields: readonly LayoutField[]): number {
  let sum = 0;
  for (const { header, children } of fields) {
    sum += header.length + Math.max(documentBytes, valueBytes) + sumBytes(children);
  }
  return sum;
}

/** Length and closing NUL. */
const documentBytes = 5;
/** An element of type ObjectId with the name `_id`. */
const derivedIdBytes = 17;
/** The most that a value takes beyond its cell's text: a Decimal128; a string takes 5, binary data 5. */
export const valueBytes = 16;
