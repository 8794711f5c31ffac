import type { Position } from "../job/chunk.ts";
import type { Decoder, DecodeSpec, Encoder, EncodeSpec, Scanner } from "./codec.ts";
import { createCsvDecoder } from "./csv/decode.ts";
import { createCsvEncoder } from "./csv/encode.ts";
import { createCsvScanner } from "./csv/scan.ts";
import { createJsonDecoder } from "./json/decode.ts";
import { createJsonEncoder } from "./json/encode.ts";
import { createJsonScanner } from "./json/scan.ts";

/** A decoder for the stretch of a file that begins at `start`. */
export function createDecoder(spec: DecodeSpec, start: Position): Decoder {
  return spec.format === "json" ? createJsonDecoder(spec, start) : createCsvDecoder(spec, start);
}

export function createEncoder(spec: EncodeSpec): Encoder {
  return spec.format === "json" ? createJsonEncoder(spec) : createCsvEncoder(spec);
}

/** @param options.start behind the header row of a CSV or TSV */
export function createScanner(
  format: DecodeSpec["format"],
  options: { chunkBytes: number; start: Position },
): Scanner {
  return format === "json"
    ? createJsonScanner({ chunkBytes: options.chunkBytes })
    : createCsvScanner({ format, ...options });
}
