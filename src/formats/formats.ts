import type { Position } from "../job/chunk.ts";
import type { Decoder, DecodeSpec, Encoder, EncodeSpec, Scanner } from "./codec.ts";
import { createCsvDecoder } from "./csv/decode.ts";
import { createCsvEncoder } from "./csv/encode.ts";
import { createCsvScanner } from "./csv/scan.ts";
import { createJsonDecoder } from "./json/decode.ts";
import { createJsonEncoder } from "./json/encode.ts";
import { createLegacyDecoder } from "./json/legacy-decode.ts";
import { createLegacyScanner } from "./json/legacy-scan.ts";
import { createJsonScanner } from "./json/scan.ts";

/** A decoder for the stretch of a file that begins at `start`. */
export function createDecoder(spec: DecodeSpec, start: Position): Decoder {
  if (spec.format !== "json") return createCsvDecoder(spec, start);
  return spec.legacy ? createLegacyDecoder(spec, start) : createJsonDecoder(spec, start);
}

export function createEncoder(spec: EncodeSpec): Encoder {
  return spec.format === "json" ? createJsonEncoder(spec) : createCsvEncoder(spec);
}

/**
 * @param options.start behind the header row of a CSV or TSV
 * @param options.legacy of a JSON file: what the decode spec says
 */
export function createScanner(
  format: DecodeSpec["format"],
  { chunkBytes, start, legacy = false }: { chunkBytes: number; start: Position; legacy?: boolean },
): Scanner {
  if (format !== "json") return createCsvScanner({ format, chunkBytes, start });
  return legacy ? createLegacyScanner({ chunkBytes }) : createJsonScanner({ chunkBytes });
}
