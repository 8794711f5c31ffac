import type { Position } from "../job/chunk.ts";
import type { Decoder, DecoderMemory, DecodeSpec, Encoder, EncodeSpec, Scanner } from "./codec.ts";
import { createCsvDecoder } from "./csv/decode.ts";
import { createCsvEncoder } from "./csv/encode.ts";
import { type Dialect, dialectOf } from "./csv/dialect.ts";
import { createCsvScanner } from "./csv/scan.ts";
import { createJsonDecoder } from "./json/decode.ts";
import { createJsonEncoder } from "./json/encode.ts";
import { createLegacyDecoder } from "./json/legacy-decode.ts";
import { createLegacyScanner } from "./json/legacy-scan.ts";
import { createJsonScanner } from "./json/scan.ts";

/**
 * A decoder for the stretch of a file that begins at `start`.
 * @param memory what an earlier decoder has used, which is not used any more; without it this one makes its own
 */
export function createDecoder(
  spec: DecodeSpec,
  start: Position,
  memory: DecoderMemory | null = null,
): Decoder {
  if (spec.format !== "json") return createCsvDecoder(spec, start, memory);
  const create = spec.legacy ? createLegacyDecoder : createJsonDecoder;
  return create(spec, start, memory);
}

export function createEncoder(spec: EncodeSpec): Encoder {
  return spec.format === "json" ? createJsonEncoder(spec) : createCsvEncoder(spec);
}

/**
 * @param options.start behind the header row of a CSV or TSV
 * @param options.dialect of a CSV: what the decode spec says
 * @param options.legacy of a JSON file: what the decode spec says
 */
export function createScanner(
  format: DecodeSpec["format"],
  options: { chunkBytes: number; start: Position; legacy?: boolean; dialect?: Dialect },
): Scanner {
  const { chunkBytes, start, legacy = false, dialect = dialectOf({}) } = options;
  if (format !== "json") return createCsvScanner({ format, chunkBytes, start, dialect });
  return legacy ? createLegacyScanner({ chunkBytes }) : createJsonScanner({ chunkBytes });
}
