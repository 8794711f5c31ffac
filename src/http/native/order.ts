import type { Static } from "typebox";
import type { JobOrder } from "../../engine/engine.ts";
import { checkFileName } from "../../files/file-name.ts";
import { dialectFault } from "../../formats/csv/dialect.ts";
import { parseExtendedJson } from "../../formats/json/decode-one.ts";
import { DocferryError } from "../../job/errors.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { planFromParts } from "../../query/parts.ts";
import type { QueryPlan } from "../../query/plan.ts";
import { sortFromDocument } from "../../query/sort-document.ts";
import { parseStatement } from "../../query/statement.ts";
import { jsonMembers } from "../api/json-members.ts";
import type { exportOrderSchema, importOrderSchema } from "./schemas.ts";

type ImportBody = Static<typeof importOrderSchema>;
type ExportBody = Static<typeof exportOrderSchema>;

/**
 * What a submit asks for.
 * @param raw the body's text, from which filter, fields and sort are read: as JSON values they would have lost numbers
 * @param now unix ms: the present time in a statement
 * @throws {DocferryError} `invalid_argument`, `invalid_query`, `invalid_collection_name`, `invalid_file_name`, `missing_argument`
 */
export function jobOrder(body: ImportBody | ExportBody, raw: Buffer, now: number): JobOrder {
  return body.type === "import" ? importOrder(body) : exportOrder(body, raw, now);
}

function importOrder(body: ImportBody): JobOrder {
  const { mode = "insert", upsertFields = ["_id"], csv = {} } = body;
  checkCollectionName(body.collection);
  if (body.csv && body.format === "json") throw onlyFor("csv", "format csv or tsv");
  if (body.legacy && body.format !== "json") throw onlyFor("legacy", "format json");
  if (body.format === "tsv" && (csv.separator !== undefined || csv.quote !== undefined)) {
    throw onlyFor("csv.separator and csv.quote", "format csv");
  }
  const fault = dialectFault(csv);
  if (fault) throw new DocferryError("invalid_argument", fault);
  if (body.upsertFields && mode === "insert") throw onlyFor("upsertFields", "modes but insert");
  return {
    type: "import",
    file: body.file,
    collection: body.collection,
    format: body.format,
    mode,
    upsertFields,
    stopOnError: body.stopOnError ?? false,
    legacy: body.legacy ?? false,
    csv: {
      header: csv.header ?? true,
      columnsHaveTypes: csv.typed ?? false,
      ignoreBlanks: csv.ignoreBlanks ?? false,
      parseGrace: csv.parseGrace ?? "stop",
      useArrayIndexFields: csv.arrayIndexes ?? false,
      ...(csv.separator !== undefined && { separator: csv.separator }),
      ...(csv.quote !== undefined && { quote: csv.quote }),
    },
  };
}

function exportOrder(body: ExportBody, raw: Buffer, now: number): JobOrder {
  checkFileName(body.file);
  return {
    type: "export",
    file: body.file,
    query: queryOf(body, jsonMembers(raw), now),
    format: formatOf(body),
  };
}

type ExportFormat = Extract<JobOrder, { type: "export" }>["format"];

function formatOf(body: ExportBody): ExportFormat {
  if (body.format === "csv") {
    for (const name of ["jsonFormat", "jsonArray", "jsonPretty", "jsonStable"] as const) {
      if (body[name] !== undefined) throw onlyFor(name, "format json");
    }
    const { columns = null, header = true, typed = false } = body.csv ?? {};
    return { format: "csv", columns, header, typed };
  }
  if (body.csv) throw onlyFor("csv", "format csv");
  const {
    jsonFormat = "relaxed",
    jsonArray = false,
    jsonPretty = false,
    jsonStable = false,
  } = body;
  return {
    format: "json",
    form: jsonFormat,
    array: jsonArray,
    pretty: jsonPretty,
    stable: jsonStable,
  };
}

function queryOf(body: ExportBody, members: Map<string, Buffer>, now: number): QueryPlan {
  const parts = ["collection", "filter", "fields", "sort", "skip", "limit"] as const;
  if (body.statement !== undefined) {
    const both = parts.find((name) => body[name] !== undefined);
    if (both === undefined) return parseStatement(body.statement, now);
    throw new DocferryError("invalid_argument", `Either statement or ${both}, not both`);
  }
  if (body.collection === undefined) {
    throw new DocferryError("missing_argument", "statement or collection");
  }
  const sort = bsonOf(members, "sort");
  return planFromParts({
    collection: body.collection,
    filter: bsonOf(members, "filter"),
    fields: bsonOf(members, "fields"),
    sort: sort && sortFromDocument(sort),
    skip: body.skip,
    limit: body.limit,
  });
}

function bsonOf(members: Map<string, Buffer>, name: string): Uint8Array | undefined {
  const text = members.get(name);
  if (!text) return undefined;
  try {
    return parseExtendedJson(text);
  } catch (error) {
    if (!(error instanceof DocferryError)) throw error;
    throw new DocferryError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

function onlyFor(name: string, what: string): DocferryError {
  return new DocferryError("invalid_argument", `${name} is only for ${what}`);
}
