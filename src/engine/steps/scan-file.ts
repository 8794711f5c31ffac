import { freeMemory } from "../../bson/free-memory.ts";
import type { Scanner } from "../../formats/codec.ts";
import { dialectOf } from "../../formats/csv/dialect.ts";
import { fileColumns, longestHeader } from "../../formats/csv/file-columns.ts";
import { createScanner } from "../../formats/formats.ts";
import type { Chunk, Position } from "../../job/chunk.ts";
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
  if (scan.format === "json") return { columns: [], end: { offset: 0, line: 1 } };
  const pieces: Uint8Array[] = [];
  const to = scan.csv.header === true ? Math.min(scan.size, longestHeader) : 0;
  for await (const piece of context.files.read(
    scan.object,
    { from: 0, to },
    { signal: context.signal },
  )) {
    pieces.push(piece);
  }
  return fileColumns(Buffer.concat(pieces), scan.size, scan.format, scan.csv);
}
