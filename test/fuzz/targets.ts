import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import type { Documents } from "../../src/bson/documents.ts";
import { BsonError } from "../../src/bson/types.ts";
import { validate } from "../../src/bson/validate.ts";
import type { DecodeSpec, JsonEncodeSpec } from "../../src/formats/codec.ts";
import { dialectOf } from "../../src/formats/csv/dialect.ts";
import { checkColumns, readHeader } from "../../src/formats/csv/header.ts";
import { TypedColumnCollector } from "../../src/formats/csv/typed-columns.ts";
import { createDecoder, createEncoder, createScanner } from "../../src/formats/formats.ts";
import { ObjectParser } from "../../src/formats/json/decode-object.ts";
import { DecodeState, textPadding } from "../../src/formats/json/decode-state.ts";
import { DocferryError } from "../../src/job/errors.ts";
import { decodePieces, decodeSpec, piecesOf, scanPieces } from "../support/csv.ts";

/** What must hold for any bytes at all; throws where it does not. */
export type Target = (bytes: Uint8Array) => void;

export const targets: Readonly<Record<string, Target>> = {
  jsonAgreesWithJsonParse,
  jsonCuts: (bytes) => cutsAnywhere(jsonSpec, bytes),
  legacyCuts: (bytes) => cutsAnywhere({ ...jsonSpec, legacy: true }, bytes),
  csvCuts: (bytes) => cutsAnywhere(csvSpec, bytes),
  plainCsvCuts,
  typedCsvCuts: (bytes) => cutsAnywhere(typedSpec, bytes),
  tsvCuts: (bytes) => cutsAnywhere({ ...csvSpec, format: "tsv" }, bytes),
  csvHeader: header,
  bsonComesBack,
  doublesComeBack,
};

const jsonSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "any",
  derivedId: null,
} as const;
const csvSpec = decodeSpec(["a", "b.c", "b.d"]);
const typedSpec = decodeSpec(["a:string", '"b.c":int32', "d:json", "e:date", ":document"], {
  columnsHaveTypes: true,
});

/**
 * Where our reader differs from JSON.parse by design: texts that JSON.parse takes, and what we refuse them for. All others it
 * takes or refuses as JSON.parse does; ARCHITECTURE.md has the same list.
 */
export const ownRules: Readonly<Record<string, string>> = {
  duplicate_key: '{"a":1,"a":2}',
  nul_byte: '{"a\\u0000":1}',
  extended_json: '{"a":{"$oid":"x"}}',
  number_range: '{"a":1E400}',
  too_deep: `{"a":${"[".repeat(200)}${"]".repeat(200)}}`,
};

/** Our reader takes an object exactly where JSON.parse does, and reads the same values. */
function jsonAgreesWithJsonParse(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString("utf8").trim();
  const { code, document } = parseStrict(Buffer.from(text, "utf8"));
  let theirs: unknown;
  try {
    theirs = JSON.parse(text);
  } catch {
    assert.equal(document, null, "JSON.parse refuses this");
    return;
  }
  if (theirs === null || typeof theirs !== "object" || Array.isArray(theirs)) return;
  if (!document) {
    assert.ok(code in ownRules, `JSON.parse takes this, we say ${code}`);
    return;
  }
  // Dollar forms are other types, lone surrogates become U+FFFD, numbers beyond both kinds of JavaScript's are decimals.
  if (text.includes("$") || /\\u/i.test(text)) return;
  const ours = jsonOf(document, "relaxed");
  if (ours.includes("$number")) return;
  assert.ok(isDeepStrictEqual(JSON.parse(ours), theirs), `another value: ${ours}`);
}

const state = new DecodeState();
const parser = new ObjectParser(state, false);

function parseStrict(text: Buffer): { code: string; document: Uint8Array | null } {
  state.setText(Buffer.concat([text, Buffer.alloc(textPadding)]), text.length);
  state.at = 0;
  state.beginDocument();
  if (text[0] !== 0x7b) return { code: "not_an_object", document: null };
  const end = parser.record(0, 0);
  if (end < 0) return { code: state.code, document: null };
  if (end < text.length) return { code: "json_syntax", document: null };
  return { code: "", document: Uint8Array.from(state.out.subarray(0, state.at)) };
}

function jsonOf(document: Uint8Array, form: JsonEncodeSpec["form"]): string {
  const encoder = createEncoder({ format: "json", form, array: false, pretty: false });
  return Buffer.from(encoder.encode(single(document), true)).toString("utf8");
}

function single(document: Uint8Array): Documents {
  return { bytes: document, starts: Uint32Array.of(0, document.length), count: 1 };
}

/** Decoding in pieces, and chunk by chunk, gives what decoding at once gives, and every document is well-formed. */
function cutsAnywhere(spec: DecodeSpec, bytes: Uint8Array): void {
  const start = { offset: 0, line: 1 };
  const legacy = spec.format === "json" && spec.legacy === true;
  // The sizes are of the bytes themselves, so that a finding can be run again.
  const sizes = [1 + ((bytes[0] ?? 0) % 7), 1 + ((bytes[1] ?? 0) % 60)];
  const dialect = dialectOf(spec.format === "json" ? {} : spec);
  const scanner = createScanner(spec.format, { chunkBytes: sizes[1]!, start, legacy, dialect });
  const chunks = scanPieces(scanner, piecesOf(bytes, sizes));
  const { layout = "sequence" } = scanner as { layout?: "sequence" | "array" };
  const whole = spec.format === "json" ? { ...spec, layout } : spec;
  const once = decodePieces(createDecoder(whole, start), [bytes]);
  for (const { bson } of once.records) validate(Buffer.from(bson, "hex"));
  assert.deepEqual(decodePieces(createDecoder(whole, start), piecesOf(bytes, sizes)), once);
  const parts = chunks.map(({ from, to, line }) =>
    decodePieces(createDecoder(whole, { offset: from, line }), [bytes.subarray(from, to)]),
  );
  assert.deepEqual(
    {
      records: parts.flatMap(({ records }) => records),
      rejects: parts.flatMap(({ rejects }) => rejects),
    },
    once,
  );
}

/** Rows of plain columns: read the quick way where they come in one piece, the long way where they come in small ones. */
function plainCsvCuts(bytes: Uint8Array): void {
  // What is asked for is of the bytes themselves, so that a finding can be run again.
  const choice = bytes[2] ?? 0;
  const [separator, quote] = dialects[choice % dialects.length]!;
  const typed = (choice & 8) !== 0;
  const names = choice & 4 ? ["_id", "b", "c"] : ["a", "b", "c"];
  const spec = decodeSpec(typed ? [`${names[0]}.auto()`, "b.string()", "c.auto()"] : names, {
    columnsHaveTypes: typed,
    ignoreBlanks: (choice & 16) !== 0,
    derivedId: choice & 32 ? { seconds: 1_600_000_000, jobKey: "0a0b0c" } : null,
    separator,
    quote,
  });
  cutsAnywhere(spec, bytes);
}

const dialects = [
  [",", '"'],
  [";", "'"],
  [",", "'"],
  ["\t", '"'],
] as const;

/** A header is columns or an error of the catalogue. */
function header(bytes: Uint8Array): void {
  try {
    const found = readHeader(bytes, "csv");
    for (const columnsHaveTypes of [false, true]) {
      if (found) checkColumns(found.columns, { columnsHaveTypes, useArrayIndexFields: true });
    }
  } catch (error) {
    if (!(error instanceof DocferryError)) throw error;
  }
}

/** What is BSON comes back from canonical and lossless text where they promise it, and from typed CSV always. */
function bsonComesBack(input: Uint8Array): void {
  if (input.length < 5) return;
  // With the right frame more of it is BSON.
  const bytes = Buffer.from(input);
  bytes.writeInt32LE(bytes.length, 0);
  bytes[bytes.length - 1] = 0;
  try {
    validate(bytes);
  } catch (error) {
    if (error instanceof BsonError) return;
    throw error;
  }
  const hex = Buffer.from(bytes).toString("hex");
  for (const form of ["canonical", "lossless"] as const) {
    const encoder = createEncoder({ format: "json", form, array: false, pretty: false });
    const text = Buffer.from(encoder.encode(single(bytes), true));
    if (encoder.retyped > 0) continue;
    const { records, rejects } = decodePieces(createDecoder(jsonSpec, { offset: 0, line: 1 }), [
      text,
    ]);
    if (rejects[0]?.code === "duplicate_key") return;
    assert.deepEqual(rejects, [], text.toString());
    assert.equal(normal(records[0]!.bson), normal(hex), text.toString());
  }
  const collector = new TypedColumnCollector(null);
  collector.add(single(bytes));
  const { columns, typed } = collector.result();
  const encoder = createEncoder({ format: "csv", header: true, columns, typed });
  const text = Buffer.concat([encoder.head, encoder.encode(single(bytes), true)]);
  const { columns: names = [], end = { offset: 0, line: 1 } } = readHeader(text, "csv") ?? {};
  const decoder = createDecoder(decodeSpec(names, { columnsHaveTypes: true }), end);
  const { records, rejects } = decodePieces(decoder, [text.subarray(end.offset)]);
  if (rejects[0]?.code === "duplicate_key") return;
  assert.deepEqual(rejects, [], text.toString());
  assert.equal(normal(records[0]!.bson), normal(hex), text.toString());
}

/** Text has no names of array elements: they come back as 0, 1, 2, which may be of another length. */
function normal(hex: string): string {
  return jsonOf(Buffer.from(hex, "hex"), "canonical");
}

/** Doubles of any bits: the shortest text that reads back the same, through text, and through typed and plain CSV. */
function doublesComeBack(bytes: Uint8Array): void {
  const count = Math.floor(bytes.length / 8);
  if (count === 0) return;
  // {"":double} each, one behind the other.
  const size = 16;
  const documents = Buffer.alloc(count * size);
  const starts = Uint32Array.from({ length: count + 1 }, (_, index) => index * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < count; i++) {
    documents.writeInt32LE(size, i * size);
    documents[i * size + 4] = 1;
    documents[i * size + 5] = 0x76;
    const value = view.getFloat64(i * 8, true);
    documents.writeDoubleLE(Number.isFinite(value) ? value : i, i * size + 7);
  }
  const all = { bytes: documents, starts, count };
  const encoder = createEncoder({ format: "json", form: "lossless", array: false, pretty: false });
  const text = Buffer.from(encoder.encode(all, true));
  const batch = createDecoder(jsonSpec, { offset: 0, line: 1 }).push(text, true);
  assert.ok(Buffer.from(batch.bytes).equals(documents), "a double does not come back");
  const lines = text.toString("latin1").split("\n");
  for (let i = 0; i < count; i++) {
    const value = documents.readDoubleLE(i * size + 7);
    assert.equal(digitsOf(lines[i]!.slice(5, -1)), digitsOf(String(value)));
  }
}

/** The digits of a number's text, without zeros at its ends, sign, point and exponent. */
function digitsOf(text: string): string {
  return text
    .replace(/e.*/i, "")
    .replace(/[-.]/g, "")
    .replace(/^0+|0+$/g, "");
}

/** Whether these bytes are worth a try: for findings that are text. */
export function describe(bytes: Uint8Array): string {
  return isUtf8(bytes) ? JSON.stringify(Buffer.from(bytes).toString("utf8")) : "(not text)";
}
