import { bsonType } from "../../bson/types.ts";
import { int32At, stringAt } from "../../bson/walk.ts";
import { DocferryError } from "../../job/errors.ts";
import type { CellType, TypedColumns } from "../codec.ts";
import { parseExtendedJson } from "../json/decode-one.ts";

// The header of typed CSV: `age:int32`, `"a.b":string`, and `:document` for the column of what the others do not say.

const documentColumn = ":document";

/** A column's name as typed CSV has it. */
export type TypedName =
  /** `literal`: the path is one field's own name, dots and all. */
  { path: string; literal: boolean; type: CellType | "document" };

/** The header's cells, not quoted. */
export function typedNames(columns: readonly string[], { types, whole }: TypedColumns): string[] {
  const names = columns.map((column, index) => {
    const bare = whole ? isBareName(column) : !column.startsWith('"');
    return `${bare ? column : JSON.stringify(column)}:${types[index] ?? "json"}`;
  });
  return whole ? [...names, documentColumn] : names;
}

/** Whether a field's name can stand in the header as it is: it leads to that field, and survives the reader's trimming. */
function isBareName(name: string): boolean {
  return /^[^."$\s\u0085\ufeff](?:[^.]*[^.\s\u0085\ufeff])?$/u.test(name);
}

/**
 * Reads a name of typed CSV; null for one that has no such type at its end.
 * @throws {DocferryError} invalid_file for a quoted name that is no JSON string
 */
export function parseOwnTypedName(text: string): TypedName | null {
  if (text === documentColumn) return { path: "", literal: true, type: "document" };
  const colon = text.lastIndexOf(":");
  const type = cellTypes.find((name) => name === text.slice(colon + 1));
  if (colon < 0 || !type) return null;
  const name = text.slice(0, colon);
  if (!name.startsWith('"')) return { path: name, literal: false, type };
  return { path: quotedName(name), literal: true, type };
}

const cellTypes: readonly CellType[] = [
  "string",
  "boolean",
  "int32",
  "int64",
  "double",
  "decimal",
  "date",
  "objectId",
  "binary",
  "json",
];

function quotedName(text: string): string {
  let document: Uint8Array;
  try {
    document = parseExtendedJson(`{"n":${text}}`);
  } catch (cause) {
    throw badName(text, cause);
  }
  // The length of the document is that of a single string.
  const single = document[4] === bsonType.string && document.length === 12 + int32At(document, 7);
  if (!single) throw badName(text);
  return stringAt(document, 7);
}

function badName(text: string, cause?: unknown): DocferryError {
  const message = `The name ${text} of a typed column begins with a quote, but is no JSON string`;
  return new DocferryError("invalid_file", message, { cause });
}
