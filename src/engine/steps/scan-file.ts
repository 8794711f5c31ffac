import { freeMemory } from "../../bson/free-memory.ts";
import type { Scanner } from "../../formats/codec.ts";
import { dialectOf } from "../../formats/csv/dialect.ts";
import { checkColumns, readHeader } from "../../formats/csv/header.ts";
import { createScanner } from "../../formats/formats.ts";
import type { Chunk, Position } from "../../job/chunk.ts";
import { DocferryError } from "../../job/errors.ts";
import type { ImportSpec } from "../../job/job.ts";
import type { StepContext } from "./step.ts";

export interface ScanArgument {
  object: string;
  size: number;
  format: ImportSpec["format"];
  csv: ImportSpec["csv"];
  legacy: boolean;
  /** Bytes that a chunk is to have, about. */
  chunkBytes: number;
}

export interface ScanItem {
  chunks: Chunk[];
  /** Bytes looked at so far. */
  bytes: number;
}

export interface ScanResult {
  layout: "sequence" | "array";
  unclosed: boolean;
  columns: string[];
  headerBytes: number;
}

/** A header row longer than this is taken for a file that has none. */
const longestHeader = 1 << 20;

/** Reads a file once, finds out how it is laid out, and cuts it into chunks. */
export async function* scanFile(
  scan: ScanArgument,
  context: StepContext,
): AsyncGenerator<ScanItem, ScanResult, void> {
  const { columns, end } = await columnsOf(scan, context);
  const { format, chunkBytes, legacy } = scan;
  const dialect = dialectOf(scan.csv);
  const scanner = createScanner(format, { chunkBytes, start: end, legacy, dialect });
  let bytes = end.offset;
  for await (const piece of context.files.read(
    scan.object,
    { from: end.offset, to: scan.size },
    { signal: context.signal },
  )) {
    bytes += piece.length;
    const chunks = scanner.push(piece, bytes === scan.size);
    freeMemory(piece);
    yield { chunks, bytes };
  }
  // A file of no bytes gives no piece, and so no last push.
  if (bytes === end.offset) yield { chunks: scanner.push(new Uint8Array(0), true), bytes };
  return { ...layoutOf(scanner), columns, headerBytes: end.offset };
}

function layoutOf(scanner: Scanner): Pick<ScanResult, "layout" | "unclosed"> {
  const { layout, unclosed } = scanner as Partial<Pick<ScanResult, "layout" | "unclosed">>;
  return { layout: layout ?? "sequence", unclosed: unclosed ?? false };
}

/** The column names, and where the rows begin. */
async function columnsOf(
  scan: ScanArgument,
  context: StepContext,
): Promise<{ columns: string[]; end: Position }> {
  const start = { offset: 0, line: 1 };
  if (scan.format === "json") return { columns: [], end: start };
  const given = scan.csv.header === true ? null : scan.csv.header;
  const { columns, end } = given
    ? { columns: given, end: start }
    : await headerOf(scan, scan.format, context);
  checkColumns(columns, scan.csv);
  return { columns, end };
}

async function headerOf(
  scan: ScanArgument,
  format: "csv" | "tsv",
  context: StepContext,
): Promise<{ columns: string[]; end: Position }> {
  const pieces: Uint8Array[] = [];
  for await (const piece of context.files.read(
    scan.object,
    { from: 0, to: Math.min(scan.size, longestHeader) },
    { signal: context.signal },
  )) {
    pieces.push(piece);
  }
  const start = Buffer.concat(pieces);
  // The end of the file ends its header as a line break does.
  const text = scan.size <= longestHeader ? Buffer.concat([start, Buffer.from("\n")]) : start;
  const header = readHeader(text, format, dialectOf(scan.csv));
  if (!header || header.columns.length === 0) {
    throw new DocferryError(
      "invalid_file",
      scan.size === 0
        ? "The file is empty: a header row is missing"
        : "No header row ends within the first MiB of the file",
    );
  }
  // Taken for the one header row that it is by CSV's rules, such a file would be lost without a word.
  if (header.end.offset >= scan.size && header.columns.some((name) => name.includes("\r"))) {
    throw new DocferryError(
      "invalid_file",
      "The file's lines end in lone CRs, which end no row: all of it would be one header row. Save it with LF or CRLF",
    );
  }
  return {
    columns: header.columns,
    end: { ...header.end, offset: Math.min(header.end.offset, scan.size) },
  };
}
