import { parseLooseJson } from "../../formats/json/decode-loose.ts";
import { parseExtendedJson } from "../../formats/json/decode-one.ts";
import { DocferryError } from "../../job/errors.ts";
import { planFromParts } from "../../query/parts.ts";
import type { QueryPlan } from "../../query/plan.ts";
import { sortFromDocument } from "../../query/sort-document.ts";

/** What an export asks for; everything but the collection may be left out. */
interface ExportQuery {
  CollectionName: string;
  /** A MongoDB filter: Extended JSON, or as in a shell. */
  Query?: string;
  /** `{"name":-1}`, likewise. */
  Sort?: string;
  Skip?: number;
  /** 0: all. */
  Limit?: number;
  /** Of `Fields`; null: whole documents. */
  columns: string[] | null;
}

/**
 * The plan of an export's query; `Query`, `Sort` and the rest mean what mongoexport's options of those names do.
 * @throws {DocferryError} `invalid_argument`, `invalid_query`, `invalid_collection_name`
 */
export function exportPlan(query: ExportQuery): QueryPlan {
  const sort = objectIn("Sort", query.Sort);
  return planFromParts({
    collection: query.CollectionName,
    filter: objectIn("Query", query.Query),
    fields: query.columns === null ? undefined : projectionOf(query.columns),
    sort: sort && named("Sort", () => sortFromDocument(sort)),
    skip: query.Skip,
    limit: query.Limit,
  });
}

/**
 * The names of `_id, name,age`, without the blanks around them; null where there are none.
 * @throws {DocferryError} `invalid_argument`
 */
export function fieldList(text: string | undefined): string[] | null {
  if (text === undefined || text.trim() === "") return null;
  const names = text.split(",").map((name) => name.trim());
  if (!names.includes("")) return names;
  throw new DocferryError("invalid_argument", `Fields has an empty name: ${JSON.stringify(text)}`);
}

/** The fields as a projection of `find`. */
function projectionOf(columns: readonly string[]): Uint8Array {
  const pairs = columns.map((name) => `${JSON.stringify(name)}:1`);
  return named("Fields", () => parseExtendedJson(`{${pairs.join(",")}}`));
}

function objectIn(field: string, text: string | undefined): Uint8Array | undefined {
  // The client's users pass what a form gives them: an empty field is none.
  if (text === undefined || text.trim() === "") return undefined;
  return named(field, () => parseLooseJson(text));
}

/** What is wrong is told with the field that it stands in. */
function named<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocferryError)) throw error;
    throw new DocferryError(error.code, `${field}: ${error.message}`, { cause: error });
  }
}
