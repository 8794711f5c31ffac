import type { Position } from "../../job/chunk.ts";
import { DocferryError } from "../../job/errors.ts";
import { trimEnd, trimStart } from "./blanks.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { type ColumnOptions, fieldTree, parseColumns } from "./field-tree.ts";
import { RowReader } from "./row-reader.ts";
import { cellKind } from "./row-shape.ts";

/**
 * The names of the first row that is not blank, and where the row behind it begins. CSV names are trimmed, quoted or not, as
 * mongoimport does; TSV names are not. A byte order mark before them is passed over.
 * @param bytes the file's first
 * @returns null when the row does not end within the bytes: a line break ends it, not the bytes' end
 * @throws {DocferryError} invalid_file for broken quotes and bytes that are not UTF-8
 */
export function readHeader(
  bytes: Uint8Array,
  format: "csv" | "tsv",
  dialect: Dialect = dialectOf({}),
): { columns: string[]; end: Position } | null {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const rows = new RowReader(format, { offset: mark, line: 1 }, { cells: true, dialect });
  rows.feed(bytes.subarray(mark), false);
  let state = rows.next();
  while (state === "blank") state = rows.next();
  if (state === "end") return null;
  if (state === "broken") {
    throw invalid(`The header row has broken quotes, line ${rows.line}, column ${rows.column}`);
  }
  return { columns: namesOf(rows, format, dialect), end: rows.position };
}

/**
 * Checks that these columns can make documents.
 * @throws {DocferryError} invalid_file, with the columns at fault
 */
export function checkColumns(columns: readonly string[], options: ColumnOptions): void {
  fieldTree(parseColumns(columns, options), options);
}

function namesOf(rows: RowReader, format: "csv" | "tsv", dialect: Dialect): string[] {
  const quote = String.fromCharCode(dialect.quote);
  const { triples, count } = rows.cells;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return Array.from({ length: count }, (_, index) => {
    let from = rows.start + triples[index * 3]!;
    let to = rows.start + triples[index * 3 + 1]!;
    if (format === "csv") {
      from = trimStart(rows.bytes, from, to);
      to = trimEnd(rows.bytes, from, to);
    } else {
      while (to > from && rows.bytes[to - 1] === CR) to--;
    }
    let name: string;
    try {
      name = decoder.decode(rows.bytes.subarray(from, to));
    } catch (cause) {
      throw invalid(`Column ${index + 1} of the header row is not UTF-8`, cause);
    }
    return triples[index * 3 + 2] === cellKind.escaped
      ? name.replaceAll(quote + quote, quote)
      : name;
  });
}

const CR = 13;

function invalid(message: string, cause?: unknown): DocferryError {
  return new DocferryError("invalid_file", message, { cause });
}
