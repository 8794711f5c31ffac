import type { Documents } from "../../src/bson/documents.ts";
import type { EncodeSpec, Scanner } from "../../src/formats/codec.ts";
import { dialectOf } from "../../src/formats/csv/dialect.ts";
import { createEncoder, createScanner } from "../../src/formats/formats.ts";
import { addTopLevelColumns, columnList } from "../../src/formats/csv/columns.ts";
import { textOf } from "./directions.ts";

/** One way to cut a file into chunks. */
export interface Scan {
  name: string;
  /** MB/s. */
  floor: number;
  /** Bytes that a run looks at. */
  bytes: number;
  run: () => void;
}

/** As the engine reads files and cuts them. */
const pieceBytes = 1 << 20;
const chunkBytes = 2 << 20;

/** Every kind of file that the scanners tell apart, made of one set of documents. */
export function scansOf(documents: Documents): Scan[] {
  const json = (array: boolean, pretty: boolean) =>
    whole({ format: "json", form: "relaxed", array, pretty }, documents);
  const lines = json(false, false);
  const columns = new Set<string>();
  addTopLevelColumns(columns, documents);
  const csv = whole({ format: "csv", columns: columnList(columns), header: false }, documents);
  return [
    scan("JSON, a record a line", 1000, lines, "json"),
    scan("JSON array, a record a line", 400, json(true, false), "json"),
    scan("JSON array on one line", 400, onOneLine(json(true, false)), "json"),
    scan("JSON array, indented", 400, json(true, true), "json"),
    scan("JSON records, indented", 400, json(false, true), "json"),
    scan("JSON records on one line", 400, onOneLine(lines), "json"),
    scan("CSV, few quotes", 1000, withoutQuotes(csv), "csv"),
    scan("CSV, quotes", 400, csv, "csv"),
  ];
}

function scan(name: string, floor: number, text: Uint8Array, format: "json" | "csv"): Scan {
  return { name, floor, bytes: text.length, run: () => cut(text, format) };
}

function cut(text: Uint8Array, format: "json" | "csv"): void {
  const start = { offset: 0, line: 1 };
  const options = { chunkBytes, start, legacy: false, dialect: dialectOf({}) };
  const scanner: Scanner = createScanner(format, options);
  let to = 0;
  for (let from = 0; from < text.length; from += pieceBytes) {
    const end = Math.min(from + pieceBytes, text.length);
    for (const chunk of scanner.push(text.subarray(from, end), end === text.length)) {
      if (chunk.from !== to) throw new Error(`A chunk begins at ${chunk.from}, not at ${to}`);
      to = chunk.to;
    }
  }
  if (to !== text.length) throw new Error(`Chunks end at ${to} of ${text.length}`);
}

function whole(spec: EncodeSpec, documents: Documents): Uint8Array {
  const { head, tail } = createEncoder(spec);
  return Buffer.concat([head, textOf(spec, documents), tail]);
}

function onOneLine(text: Uint8Array): Uint8Array {
  return text.map((byte) => (byte === 0x0a ? 0x20 : byte));
}

function withoutQuotes(text: Uint8Array): Uint8Array {
  return text.map((byte) => (byte === 0x22 ? 0x27 : byte));
}
