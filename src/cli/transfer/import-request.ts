import { basename } from "node:path";
import type { Command } from "commander";
import { dialectFault } from "../../formats/csv/dialect.ts";
import { fileColumns } from "../../formats/csv/file-columns.ts";
import { DocferryError } from "../../job/errors.ts";
import type { ImportSpec } from "../../job/job.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { fieldNames } from "../options/field-list.ts";
import { choiceOption, integerOption, textOption } from "../options/values.ts";
import { CommandError, UsageError } from "../command-errors.ts";

/** What an import is to do, wherever to. */
export interface ImportRequest {
  /** Path as it was typed; null for stdin. */
  input: string | null;
  order: Omit<ImportSpec, "object" | "size">;
  drop: boolean;
  /** Where the records that fail are to go; null for a place of ours. */
  rejects: string | null;
}

/** mongoimport's options, under its names. */
export interface ImportOptions {
  collection?: string;
  type?: "json" | "csv" | "tsv";
  file?: string;
  headerline?: true;
  fields?: string;
  fieldFile?: string;
  columnsHaveTypes?: true;
  typed?: true;
  parseGrace?: ImportSpec["csv"]["parseGrace"];
  ignoreBlanks?: true;
  useArrayIndexFields?: true;
  separator?: string;
  quote?: string;
  jsonArray?: true;
  legacy?: true;
  drop?: true;
  stopOnError?: true;
  maintainInsertionOrder?: true;
  mode?: ImportSpec["mode"];
  upsert?: true;
  upsertFields?: string;
  numInsertionWorkers?: number;
  rejects?: string;
}

const manyWorkers = { min: 1, max: 256 };

export function importOptions(command: Command): void {
  command
    .addOption(
      textOption("-c, --collection <name>", "into this collection (default: the file's name)"),
    )
    .addOption(
      textOption("--file <path>", "the file, .gz and .zst too; - is stdin (default: stdin)"),
    )
    .addOption(
      choiceOption("--type <type>", "what the file is (default: json)", ["json", "csv", "tsv"], {
        anyCase: true,
      }),
    )
    .option("--headerline", "CSV, TSV: the first row names the columns")
    .addOption(
      textOption("-f, --fields <names>", "CSV, TSV: names of the columns, with commas between"),
    )
    .addOption(
      textOption("--fieldFile <path>", "CSV, TSV: a file with a column's name on each line"),
    )
    .option(
      "--columnsHaveTypes",
      "CSV, TSV: names carry types: age.int32(),born.date_ms(yyyy-MM-dd)",
    )
    .option("--typed", "as --headerline --columnsHaveTypes: what an export with --typed wrote")
    .addOption(
      choiceOption(
        "--parseGrace <how>",
        "what becomes of a cell that is not of its column's type: stop rejects the record (default: stop)",
        ["autoCast", "skipField", "skipRow", "stop"],
      ),
    )
    .option("--ignoreBlanks", "CSV, TSV: empty cells become no field")
    .option("--useArrayIndexFields", "CSV, TSV: a.0 and a.1 make an array")
    .addOption(
      textOption(
        "--separator <character>",
        "CSV: what stands between cells; tab is one, too (default: ,)",
      ),
    )
    .addOption(
      textOption("--quote <character>", 'CSV: what stands around cells that need it (default: ")'),
    )
    .option("--jsonArray", "the file is one JSON array (found out without it, too)")
    .option("--legacy", "read what MongoDB's shell writes as well: ObjectId(…), ISODate(…), /re/")
    .option("--drop", "drop the collection first")
    .option("--stopOnError", "write nothing after the first record that fails")
    .option(
      "--maintainInsertionOrder",
      "as --stopOnError; records are always written in the file's order",
    )
    .addOption(
      choiceOption(
        "--mode <mode>",
        "what becomes of a document that is there already (default: insert)",
        ["insert", "upsert", "merge", "delete"],
      ),
    )
    .option("--upsert", "as --mode upsert")
    .addOption(
      textOption(
        "--upsertFields <names>",
        "fields that find the document, with commas between (default: _id)",
      ),
    )
    .addOption(
      integerOption(
        "-j, --numInsertionWorkers <n>",
        "writers side by side, as far as the database takes them",
        manyWorkers,
      ),
    )
    .addOption(
      textOption(
        "--rejects <path>",
        "write the records that fail to this file (default: one in the state folder)",
      ),
    );
}

/** @throws {UsageError} for what does not go together */
export function importRequest(
  options: ImportOptions,
  positional: string | undefined,
): ImportRequest {
  const input = inputOf(options.file, positional);
  const format = options.type ?? "json";
  const upsertFields = options.upsertFields?.split(",");
  const collection = options.collection ?? collectionOf(input);
  checkCollectionName(collection);
  return {
    input,
    drop: options.drop ?? false,
    rejects: options.rejects ?? null,
    order: {
      type: "import",
      file: input === null ? "stdin" : basename(input),
      collection,
      format,
      mode: modeOf(options, upsertFields),
      upsertFields: upsertFields ?? ["_id"],
      stopOnError: (options.stopOnError ?? options.maintainInsertionOrder) === true,
      legacy: options.legacy ?? false,
      csv: csvOf(options, format),
    },
  };
}

/**
 * Before a collection is dropped for a file: whether its columns make documents at all.
 * @param start the file's first bytes, unpacked: `longestHeader` of them, or all
 * @throws {CommandError} where they do not
 */
export function checkFileColumns(
  { format, csv }: Pick<ImportSpec, "format" | "csv">,
  start: Uint8Array,
  size: number,
): void {
  if (format === "json") return;
  try {
    fileColumns(start, size, format, csv);
  } catch (error) {
    if (!(error instanceof DocferryError)) throw error;
    throw new CommandError(`${error.message}. Nothing was dropped`, { cause: error });
  }
}

function inputOf(file: string | undefined, positional: string | undefined): string | null {
  if (file !== undefined && positional !== undefined) {
    throw new UsageError(`The file is named twice: --file ${file} and ${positional}`);
  }
  const input = file ?? positional ?? "-";
  if (input === "") throw new UsageError("--file names no file");
  return input === "-" ? null : input;
}

/** The file's name less `.gz` or `.zst`, and less its last extension. */
function collectionOf(input: string | null): string {
  if (input === null)
    throw new UsageError("-c is missing: stdin has no name to take the collection's from");
  const name = basename(input).replace(/\.(gz|zst)$/i, "");
  return name.replace(/(?<=.)\.[^.]*$/, "");
}

function modeOf(options: ImportOptions, upsertFields: string[] | undefined): ImportSpec["mode"] {
  if (upsertFields?.some((name) => name === "")) {
    throw new UsageError(`--upsertFields ${options.upsertFields} has an empty name`);
  }
  if (options.upsert && options.mode !== undefined && options.mode !== "upsert") {
    throw new UsageError(`--upsert and --mode ${options.mode} exclude each other`);
  }
  if (upsertFields && options.mode === "insert") {
    throw new UsageError("--upsertFields and --mode insert exclude each other");
  }
  return options.mode ?? (options.upsert || upsertFields ? "upsert" : "insert");
}

/** Options that only rows have. */
const rowOptions = [
  "headerline",
  "fields",
  "fieldFile",
  "columnsHaveTypes",
  "typed",
  "parseGrace",
  "ignoreBlanks",
  "useArrayIndexFields",
  "separator",
  "quote",
] as const satisfies (keyof ImportOptions)[];

function csvOf(options: ImportOptions, format: ImportSpec["format"]): ImportSpec["csv"] {
  const names = fieldNames(options);
  if (format === "json") {
    const stray = rowOptions.find((name) => options[name] !== undefined);
    if (stray) throw new UsageError(`--${stray} goes with --type csv or tsv`);
  } else {
    const stray = (["jsonArray", "legacy"] as const).find((name) => options[name]);
    if (stray) throw new UsageError(`--${stray} goes with --type json`);
    const dialect = (["separator", "quote"] as const).find((name) => options[name] !== undefined);
    if (dialect && format === "tsv") throw new UsageError(`--${dialect} goes with --type csv`);
    const header = options.headerline ? "headerline" : options.typed ? "typed" : null;
    if (header && names) {
      throw new UsageError(`--${header} excludes --fields and --fieldFile`);
    }
    if (!header && !names) {
      throw new UsageError(`--type ${format} wants --headerline, --fields or --fieldFile`);
    }
  }
  const separator = options.separator === "tab" ? "\t" : options.separator;
  const { quote } = options;
  const fault = dialectFault({ separator, quote });
  if (fault) throw new UsageError(fault);
  return {
    header: names ?? true,
    columnsHaveTypes: options.columnsHaveTypes ?? options.typed ?? false,
    ignoreBlanks: options.ignoreBlanks ?? false,
    parseGrace: options.parseGrace ?? "stop",
    useArrayIndexFields: options.useArrayIndexFields ?? false,
    ...(separator !== undefined && { separator }),
    ...(quote !== undefined && { quote }),
  };
}
