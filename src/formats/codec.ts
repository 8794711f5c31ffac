import type { Documents } from "../bson/documents.ts";
import type { Chunk } from "../job/chunk.ts";
import type { RecordBatch } from "../job/record-batch.ts";
import type { Shapes } from "./json/decode-shapes.ts";

// PORT. A codec turns file bytes into BSON documents and back. It does no I/O: bytes in, bytes out, so the same code
// runs in a thread, in a stream and in a test. `formats.ts` makes one from a spec.

/** Bytes to documents. One for each stretch of a file; begins at a record boundary. */
export interface Decoder {
  /**
   * Takes the next bytes of the stretch and gives all records that are complete with them; keeps the tail.
   * The batch owns its memory (it may be transferred); `bytes` is free for reuse afterwards.
   * @param last no more bytes follow in this stretch: what is left is a record or a reject.
   */
  push(bytes: Uint8Array, last: boolean): RecordBatch;
}

/**
 * Cuts a file into chunks of about a wished size at record boundaries, so that decoding the chunks one by one gives the
 * records, rejects, offsets and lines that decoding the whole file at once gives. A stretch that cannot be cut safely
 * (a garbled array) stays one chunk however long: decoders stream.
 */
export interface Scanner {
  /**
   * Takes the next bytes of the file and gives the chunks that end within them. With `last`, the rest. `bytes` is free for
   * reuse afterwards.
   */
  push(bytes: Uint8Array, last: boolean): Chunk[];
}

/**
 * Memory that decoders use one after another, one at a time: one that is kept spares each the growing of its own, and the
 * process the garbage of that.
 */
export interface DecoderMemory {
  /** Text that is not decoded yet. */
  text: Buffer;
  /** Documents of the batch in the making. */
  documents: Buffer<ArrayBuffer>;
  /** Where they and their records are: a place for each. */
  places?: Pick<RecordBatch, "starts" | "offsets" | "lengths" | "lines">;
  /** The keys of JSON records, which are the same in all of a file. */
  shapes?: Shapes;
}

/** Documents to bytes. A file is `head`, the documents' texts with `between` between them, `tail`. */
export interface Encoder {
  readonly head: Uint8Array;
  readonly between: Uint8Array;
  readonly tail: Uint8Array;
  /**
   * The text of the documents, with `between` before each but the first of a part.
   * The returned memory is valid until the next call.
   * @param first this text begins a part.
   */
  encode(documents: Documents, first: boolean): Uint8Array;
  /** How many values so far will read back as another type (relaxed JSON, plain CSV). */
  readonly retyped: number;
  /** How many cells so far a spreadsheet would take for a formula: text that begins with `=`, `+`, `-`, `@`, a tab or CR. */
  readonly formulas: number;
}

/** How to read a file. Plain data: it travels to threads and stands in the job store. */
export type DecodeSpec = JsonDecodeSpec | DelimitedDecodeSpec;

interface CommonDecodeSpec {
  /** `environment` rejects leading, trailing and double dots and ambiguous dotted keys (protocol 6.1); `any` takes all. */
  fieldNames: "any" | "environment";
  /** Gives records without `_id` one; null leaves them without (modes that match by other fields). */
  derivedId: DerivedId | null;
}

/** An ObjectId for a record without `_id`: 4 bytes of submit time, 3 of the job key, 5 of the record's byte offset. */
export interface DerivedId {
  /** Unix seconds of the submit. */
  seconds: number;
  /** 6 hex digits. */
  jobKey: string;
}

export interface JsonDecodeSpec extends CommonDecodeSpec {
  format: "json";
  /** `sequence`: objects one after another, on lines or not. `array`: the file is one JSON array of objects. Found by the scan. */
  layout: "sequence" | "array";
  /** Reads besides what MongoDB's shell writes: `ObjectId("…")`, `/re/`, keys without quotes. Slower. */
  legacy?: boolean;
}

export interface DelimitedDecodeSpec extends CommonDecodeSpec {
  format: "csv" | "tsv";
  /** Column names in order, dotted for nested fields; from the header row or given by the user. */
  columns: string[];
  /** Names carry types, as in mongoimport's --columnsHaveTypes: `age.int32()`, or as in our typed CSV: `age:int32`. */
  columnsHaveTypes: boolean;
  parseGrace: "autoCast" | "skipField" | "skipRow" | "stop";
  /** Empty cells become no field. */
  ignoreBlanks: boolean;
  useArrayIndexFields: boolean;
  /** Of a CSV: what stands between cells (a comma) and around those that need it (a quote), if it is something else. */
  separator?: string;
  quote?: string;
}

/** How to write a file. */
export type EncodeSpec = JsonEncodeSpec | DelimitedEncodeSpec;

export interface JsonEncodeSpec {
  format: "json";
  /** `relaxed`: mongoexport's text. `canonical`: Extended JSON v2. `lossless`: relaxed, but for values it would retype. */
  form: "relaxed" | "canonical" | "lossless";
  array: boolean;
  pretty: boolean;
  /** Fields in one order, for comparing files: by name, `_id` first. Without it as documents have them. */
  stable?: boolean;
}

export interface DelimitedEncodeSpec {
  format: "csv";
  /** Paths in order; also the header row. Of whole typed documents: the names of their fields. */
  columns: string[];
  header: boolean;
  /** Typed CSV, from which the same BSON is read back (csv/csv.md); without it as mongoexport writes it. */
  typed?: TypedColumns;
}

export interface TypedColumns {
  /** Of each column: the type whose values are written as plain text. */
  types: CellType[];
  /** The columns are the fields of whole documents; a last column tells what is not in them. Else they are a selection. */
  whole: boolean;
}

/** The types that have a plain text in typed CSV; `json` stands for all others. */
export type CellType =
  | "string"
  | "boolean"
  | "int32"
  | "int64"
  | "double"
  | "decimal"
  | "date"
  | "objectId"
  | "binary"
  | "json";
