import { BSON, EJSON } from "bson";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { documentAt, type Documents } from "../../src/bson/documents.ts";
import type { DecodeSpec, EncodeSpec } from "../../src/formats/codec.ts";
import { addTopLevelColumns, columnList } from "../../src/formats/csv/columns.ts";
import { createDecoder, createEncoder } from "../../src/formats/formats.ts";

/** One way through the codec, and the same work as it is usually done. */
export interface Direction {
  name: string;
  floor: number;
  goal: number;
  /** Bytes of text that a run reads or writes. */
  bytes: number;
  ours: () => void;
  usual: () => void;
}

/** As much as the engine gives to the codec at once. */
const pieceBytes = 1 << 20;

const jsonOut: EncodeSpec = { format: "json", form: "relaxed", array: false, pretty: false };
const jsonIn: DecodeSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "environment",
  derivedId: null,
};

/** How each format is written and read back, for these documents. */
export function formatsOf(
  documents: Documents,
): Record<"json" | "csv", { out: EncodeSpec; in: DecodeSpec }> {
  const found = new Set<string>();
  addTopLevelColumns(found, documents);
  const columns = columnList(found);
  const csvIn: DecodeSpec = {
    format: "csv",
    columns,
    columnsHaveTypes: false,
    parseGrace: "stop",
    ignoreBlanks: false,
    useArrayIndexFields: false,
    fieldNames: "environment",
    derivedId: null,
  };
  return {
    json: { out: jsonOut, in: jsonIn },
    csv: { out: { format: "csv", columns, header: false }, in: csvIn },
  };
}

/** The four directions over one set of documents. */
export function directions(documents: Documents): Direction[] {
  const { out: csvOut, in: csvIn } = formatsOf(documents).csv;
  const names = "columns" in csvOut ? csvOut.columns : [];
  const json = textOf(jsonOut, documents);
  const csv = textOf(csvOut, documents);
  const pages = pagesOf(documents);
  return [
    {
      name: "JSON -> BSON",
      floor: 5,
      goal: 10,
      bytes: json.length,
      ours: () => decode(jsonIn, json),
      usual: () => {
        for (const line of linesOf(json)) keep(BSON.serialize(EJSON.parse(line)));
      },
    },
    {
      name: "BSON -> JSON",
      floor: 4,
      goal: 8,
      bytes: json.length,
      ours: () => encode(jsonOut, pages),
      usual: () => {
        for (const page of pages) {
          let text = "";
          for (let i = 0; i < page.count; i++) {
            text += `${EJSON.stringify(BSON.deserialize(documentAt(page, i)))}\n`;
          }
          keep(Buffer.from(text));
        }
      },
    },
    {
      name: "CSV -> BSON",
      floor: 4,
      goal: 8,
      bytes: csv.length,
      ours: () => decode(csvIn, csv),
      usual: () => {
        const rows: Record<string, string>[] = parse(csv, { columns: names });
        for (const row of rows) keep(BSON.serialize(row));
      },
    },
    {
      name: "BSON -> CSV",
      floor: 3,
      goal: 6,
      bytes: csv.length,
      ours: () => encode(csvOut, pages),
      usual: () => {
        for (const page of pages) {
          const objects = Array.from({ length: page.count }, (_, i) =>
            BSON.deserialize(documentAt(page, i)),
          );
          keep(Buffer.from(stringify(objects, { columns: names })));
        }
      },
    },
  ];
}

/** Whatever is made is looked at, so that nothing can be left out. */
let kept = 0;
function keep(bytes: Uint8Array): void {
  kept = (kept + bytes.length) | 0;
}

export function textOf(spec: EncodeSpec, documents: Documents): Uint8Array {
  return Uint8Array.from(createEncoder(spec).encode(documents, true));
}

function decode(spec: DecodeSpec, text: Uint8Array): void {
  const decoder = createDecoder(spec, { offset: 0, line: 1 });
  for (let from = 0; from < text.length; from += pieceBytes) {
    const batch = decoder.push(
      text.subarray(from, from + pieceBytes),
      from + pieceBytes >= text.length,
    );
    const [reject] = batch.rejects;
    if (reject) throw new Error(`Line ${reject.line}: ${reject.message}`);
    keep(batch.bytes);
  }
}

function encode(spec: EncodeSpec, pages: readonly Documents[]): void {
  const encoder = createEncoder(spec);
  for (const page of pages) keep(encoder.encode(page, false));
}

/** As databases give them: about a piece at a time. */
export function pagesOf({ bytes, starts, count }: Documents): Documents[] {
  const pages: Documents[] = [];
  for (let from = 0; from < count;) {
    let to = from + 1;
    while (to < count && starts[to + 1]! - starts[from]! <= pieceBytes) to++;
    const first = starts[from]!;
    pages.push({
      bytes: bytes.slice(first, starts[to]),
      starts: starts.slice(from, to + 1).map((start) => start - first),
      count: to - from,
    });
    from = to;
  }
  return pages;
}

function linesOf(text: Uint8Array): string[] {
  const lines = Buffer.from(text).toString("utf8").split("\n");
  lines.pop();
  return lines;
}
