import { deserialize, type Document, serialize } from "bson";
import { documentAt, type Documents } from "../../src/bson/documents.ts";
import type { Chunk, Position } from "../../src/job/chunk.ts";
import type { RecordBatch } from "../../src/job/record-batch.ts";
import type { Reject } from "../../src/job/reject.ts";
import type { Decoder, DelimitedDecodeSpec, Scanner } from "../../src/formats/codec.ts";
import { createCsvDecoder } from "../../src/formats/csv/decode.ts";

// What the tests of this room share: specs with defaults, batches as plain objects, input in pieces.

export function decodeSpec(
  columns: string[],
  rest: Partial<DelimitedDecodeSpec> = {},
): DelimitedDecodeSpec {
  return {
    format: "csv",
    columns,
    columnsHaveTypes: false,
    parseGrace: "stop",
    ignoreBlanks: false,
    useArrayIndexFields: false,
    fieldNames: "any",
    derivedId: null,
    ...rest,
  };
}

/** A batch or several as one plain object, to compare. */
export interface Decoded {
  records: { offset: number; length: number; line: number; bson: string }[];
  rejects: Reject[];
}

export const fileStart: Position = { offset: 0, line: 1 };

export function decodePieces(decoder: Decoder, pieces: Uint8Array[]): Decoded {
  const all: Decoded = { records: [], rejects: [] };
  for (const [index, piece] of pieces.entries()) {
    // A copy that is overwritten afterwards: the decoder must not look at the piece again.
    const own = Uint8Array.from(piece);
    const batch = decoder.push(own, index === pieces.length - 1);
    own.fill(0x22);
    collect(all, batch);
  }
  return all;
}

function collect(all: Decoded, batch: RecordBatch): void {
  for (let i = 0; i < batch.count; i++) {
    all.records.push({
      offset: batch.offsets[i]!,
      length: batch.lengths[i]!,
      line: batch.lines[i]!,
      bson: Buffer.from(documentAt(batch, i)).toString("hex"),
    });
  }
  all.rejects.push(...batch.rejects);
}

/** Each chunk decoded by itself, as import tasks do. */
export function decodeChunks(
  spec: DelimitedDecodeSpec,
  bytes: Uint8Array,
  chunks: Chunk[],
): Decoded {
  const all: Decoded = { records: [], rejects: [] };
  for (const { from, to, line } of chunks) {
    const decoder = createCsvDecoder(spec, { offset: from, line });
    const { records, rejects } = decodePieces(decoder, [bytes.subarray(from, to)]);
    all.records.push(...records);
    all.rejects.push(...rejects);
  }
  return all;
}

export function scanPieces(scanner: Scanner, pieces: Uint8Array[]): Chunk[] {
  return pieces.flatMap((piece, index) => {
    const own = Uint8Array.from(piece);
    const chunks = scanner.push(own, index === pieces.length - 1);
    own.fill(0x22);
    return chunks;
  });
}

/** The bytes in pieces of these sizes, over and over. */
export function piecesOf(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces.length > 0 ? pieces : [bytes];
}

/** The documents of a whole file, with types kept apart: numbers as their BSON types. */
export function documentsOf(decoded: Decoded): Document[] {
  return decoded.records.map(({ bson }) =>
    deserialize(Buffer.from(bson, "hex"), { promoteValues: false, promoteBuffers: false }),
  );
}

export function decodeText(text: string | Uint8Array, spec: DelimitedDecodeSpec): Decoded {
  return decodePieces(createCsvDecoder(spec, fileStart), [Buffer.from(text)]);
}

/** Documents one behind the other, as databases give them. */
export function documentsFrom(objects: Document[]): Documents {
  const texts = objects.map((object) => serialize(object, { ignoreUndefined: false }));
  const starts = new Uint32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) starts[index + 1] = starts[index]! + text.length;
  return { bytes: Buffer.concat(texts), starts, count: texts.length };
}
