import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseExtendedJson } from "../../formats/json/decode-one.ts";
import type { ExportSpec } from "../../job/job.ts";
import { DocferryError } from "../../job/errors.ts";
import { planFromParts } from "../../query/parts.ts";
import type { QueryPlan, SortField } from "../../query/plan.ts";
import { parseStatement } from "../../query/statement.ts";
import { fieldNames } from "../options/field-list.ts";
import { parseSort } from "../options/sort-argument.ts";
import { choiceOption, integerOption, textOption } from "../options/values.ts";
import { UsageError } from "../command-errors.ts";

/** What an export is to do, wherever from. */
export interface ExportRequest {
  /** Path as it was typed; null for stdout. */
  output: string | null;
  query: ExportQuery;
  /** The same, checked. */
  plan: QueryPlan;
  format: ExportSpec["format"];
}

/** A query as it was typed. */
export type ExportQuery =
  | { statement: string }
  | {
      collection: string;
      /** Extended JSON. */
      filter: string | null;
      fields: string[] | null;
      sort: SortField[];
      skip: number;
      limit: number;
    };

/** mongoexport's options, under its names. */
export interface ExportOptions {
  collection?: string;
  statement?: string;
  type?: "json" | "csv";
  csv?: true;
  fields?: string;
  fieldFile?: string;
  out?: string;
  jsonArray?: true;
  pretty?: true;
  stable?: true;
  columnsHaveTypes?: true;
  typed?: true;
  noHeaderLine?: true;
  jsonFormat?: "relaxed" | "canonical" | "lossless";
  query?: string;
  queryFile?: string;
  sort?: string;
  skip?: number;
  limit?: number;
  assertExists?: true;
}

const count = { min: 0, max: Number.MAX_SAFE_INTEGER };

export function exportOptions(command: Command): void {
  command
    .addOption(textOption("-c, --collection <name>", "out of this collection"))
    .addOption(
      textOption(
        "-o, --out <path>",
        "to this file, packed where it ends in .gz or .zst; - is stdout (default: stdout)",
      ),
    )
    .addOption(
      choiceOption("--type <type>", "what the file is to be (default: json)", ["json", "csv"], {
        anyCase: true,
      }),
    )
    .option("--csv", "as --type csv")
    .addOption(
      textOption(
        "-f, --fields <names>",
        "only these fields, with commas between; the columns of a CSV",
      ),
    )
    .addOption(textOption("--fieldFile <path>", "a file with a field's name on each line"))
    .addOption(
      textOption("-q, --query <json>", "only documents that match this filter, in Extended JSON"),
    )
    .addOption(textOption("--queryFile <path>", "a file with that filter"))
    .addOption(textOption("--sort <json>", `in this order: '{"age": -1}'`))
    .addOption(integerOption("--skip <n>", "leave out the first n (default: 0)", count))
    .addOption(integerOption("--limit <n>", "at most n; 0 is all (default: 0)", count))
    .addOption(
      textOption(
        "--statement <query>",
        "a query of CloudBase instead: db.collection('people').where({…}).get()",
      ),
    )
    .addOption(
      choiceOption(
        "--jsonFormat <form>",
        "lossless is relaxed, but for what would come back as another type (default: relaxed)",
        ["relaxed", "canonical", "lossless"],
      ),
    )
    .option("--jsonArray", "one JSON array")
    .option("--pretty", "indented JSON")
    .option("--stable", "JSON: fields in one order, for comparing files")
    .option(
      "--columnsHaveTypes",
      "CSV: types in the header, so that an import with it loses nothing",
    )
    .option("--typed", "as --columnsHaveTypes")
    .option("--noHeaderLine", "CSV: without the row of names")
    .option("--assertExists", "fail where the collection is not there (it always does)");
}

/** @throws {UsageError} for what does not go together, or is no query */
export function exportRequest(options: ExportOptions): ExportRequest {
  const type = options.csv ? "csv" : (options.type ?? "json");
  if (options.csv && options.type === "json") {
    throw new UsageError("--csv and --type json exclude each other");
  }
  const names = fieldNames(options) ?? null;
  const query = queryOf(options, names);
  if (options.out === "") throw new UsageError("--out names no file");
  return {
    output: options.out === undefined || options.out === "-" ? null : options.out,
    query,
    plan: planOf(query),
    format: formatOf(options, type, names),
  };
}

function queryOf(options: ExportOptions, names: string[] | null): ExportQuery {
  if (options.statement !== undefined) {
    const stray = (["collection", "query", "queryFile", "sort", "skip", "limit"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (stray) throw new UsageError(`--statement says it all: --${stray} excludes it`);
    return { statement: options.statement };
  }
  if (options.collection === undefined) {
    throw new UsageError("-c is missing: the collection to export");
  }
  if (options.query !== undefined && options.queryFile !== undefined) {
    throw new UsageError("--query and --queryFile exclude each other");
  }
  return {
    collection: options.collection,
    filter: options.query ?? readQueryFile(options.queryFile),
    fields: names,
    sort: options.sort === undefined ? [] : parseSort(options.sort),
    skip: options.skip ?? 0,
    limit: options.limit ?? 0,
  };
}

function readQueryFile(file: string | undefined): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--queryFile ${file} cannot be read: ${(error as Error).message}`);
  }
}

function planOf(query: ExportQuery): QueryPlan {
  if ("statement" in query) {
    return named("--statement", () => parseStatement(query.statement, Date.now()));
  }
  const { collection, filter, fields, sort, skip, limit } = query;
  return named("--query", () =>
    planFromParts({
      collection,
      filter: filter === null ? undefined : parseExtendedJson(filter),
      fields: fields === null ? undefined : projectionOf(fields),
      sort,
      skip,
      limit,
    }),
  );
}

/** The fields of `-f`, as a projection of `find`. */
function projectionOf(fields: string[]): Uint8Array {
  const pairs = fields.map((name) => `${JSON.stringify(name)}:1`);
  return named("--fields", () => parseExtendedJson(`{${pairs.join(",")}}`));
}

/** What a query says wrong is a fault of what was typed. */
function named<T>(option: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DocferryError)) throw error;
    throw new UsageError(`${option}: ${error.message}`, { cause: error });
  }
}

function formatOf(
  options: ExportOptions,
  type: "json" | "csv",
  names: string[] | null,
): ExportSpec["format"] {
  const typed = options.typed ? "typed" : options.columnsHaveTypes ? "columnsHaveTypes" : null;
  if (type === "csv") {
    const stray = (["jsonArray", "pretty", "stable", "jsonFormat"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (stray) throw new UsageError(`--${stray} goes with --type json`);
    if (typed && options.noHeaderLine) {
      throw new UsageError(`--${typed} writes types into the header: --noHeaderLine excludes it`);
    }
    const header = options.noHeaderLine !== true;
    return { format: "csv", columns: names, header, typed: typed !== null };
  }
  if (typed) throw new UsageError(`--${typed} goes with --type csv`);
  if (options.noHeaderLine) throw new UsageError("--noHeaderLine goes with --type csv");
  return {
    format: "json",
    form: options.jsonFormat ?? "relaxed",
    array: options.jsonArray ?? false,
    pretty: options.pretty ?? false,
    stable: options.stable ?? false,
  };
}
