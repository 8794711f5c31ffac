import type { Position } from "../../job/chunk.ts";
import { DocferryError } from "../../job/errors.ts";
import type { ImportSpec } from "../../job/job.ts";
import { dialectOf } from "./dialect.ts";
import { checkColumns, readHeader } from "./header.ts";

/** A header row longer than this is taken for a file that has none. */
export const longestHeader = 1 << 20;

/**
 * The columns of a file, by its header row or as they are given, and where its rows begin.
 * @param start the file's first bytes: all of them, or `longestHeader`; not looked at where the columns are given
 * @param size of the file
 * @throws {DocferryError} `invalid_file` where they make no documents
 */
export function fileColumns(
  start: Uint8Array,
  size: number,
  format: "csv" | "tsv",
  csv: ImportSpec["csv"],
): { columns: string[]; end: Position } {
  const found =
    csv.header === true
      ? headerOf(start, size, format, csv)
      : { columns: csv.header, end: { offset: 0, line: 1 } };
  checkColumns(found.columns, csv);
  return found;
}

function headerOf(
  start: Uint8Array,
  size: number,
  format: "csv" | "tsv",
  csv: ImportSpec["csv"],
): { columns: string[]; end: Position } {
  // The end of the file ends its header as a line break does.
  const text = size <= longestHeader ? Buffer.concat([start, Buffer.from("\n")]) : start;
  const header = readHeader(text, format, dialectOf(csv));
  if (!header || header.columns.length === 0) {
    throw new DocferryError(
      "invalid_file",
      size === 0
        ? "The file is empty: a header row is missing"
        : "No header row ends within the first MiB of the file",
    );
  }
  // Taken for the one header row that it is by CSV's rules, such a file would be lost without a word.
  if (header.end.offset >= size && header.columns.some((name) => name.includes("\r"))) {
    throw new DocferryError(
      "invalid_file",
      "The file's lines end in lone CRs, which end no row: all of it would be one header row. Save it with LF or CRLF",
    );
  }
  return {
    columns: header.columns,
    end: { ...header.end, offset: Math.min(header.end.offset, size) },
  };
}
