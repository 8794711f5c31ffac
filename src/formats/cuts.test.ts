import assert from "node:assert/strict";
import { createHash, randomInt } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { Random } from "../../test/fuzz/random.ts";
import { decodeSpec, fileStart, piecesOf } from "../../test/support/csv.ts";
import { csvRows, jsonLayouts, shellLines, tsvRows } from "../../test/support/large-files.ts";
import { document, randomValue } from "../../test/support/random-bson.ts";
import { documentAt, type Documents } from "../bson/documents.ts";
import type { Chunk, Position } from "../job/chunk.ts";
import type { DecoderMemory, DecodeSpec, JsonDecodeSpec } from "./codec.ts";
import { readHeader } from "./csv/header.ts";
import { TypedColumnCollector } from "./csv/typed-columns.ts";
import { createDecoder, createEncoder, createScanner } from "./formats.ts";

// Files cut anywhere give what the whole file gives, the same records with their places, the same rejects: small ones cut at every
// byte, ones of megabytes at random bytes and into random chunks.

const seed = Number(process.env["DOCFERRY_TEST_SEED"] ?? randomInt(2 ** 31));
const largeBytes = 2 << 20;
const smallBytes = 250;

interface CutFile {
  bytes: Buffer;
  /** Where its records begin. */
  start: Position;
  spec: DecodeSpec;
}

const jsonSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "any",
  derivedId: null,
} as const satisfies JsonDecodeSpec;

const files: [name: string, make: (random: Random, fileBytes: number) => CutFile][] = [
  ...Object.entries(jsonLayouts).map(([name, make]): (typeof files)[number] => [
    `JSON, ${name}`,
    (random, fileBytes) => ({
      bytes: Buffer.from(make(random, fileBytes)),
      start: fileStart,
      spec: { ...jsonSpec, layout: name.includes("array") ? "array" : "sequence" },
    }),
  ]),
  [
    "what MongoDB's shell writes",
    (random, fileBytes) => ({
      bytes: Buffer.from(shellLines(random, fileBytes / 2)),
      start: fileStart,
      spec: { ...jsonSpec, legacy: true },
    }),
  ],
  ["CSV", (random, fileBytes) => rowFile(csvRows(random, fileBytes), "csv")],
  ["TSV", (random, fileBytes) => rowFile(tsvRows(random, fileBytes), "tsv")],
  ["typed CSV", typedFile],
];

for (const [name, make] of files) {
  test(`${name}: a large file cut at random bytes and into random chunks is the whole file`, (t) => {
    t.diagnostic(`DOCFERRY_TEST_SEED=${seed}`);
    const random = new Random(seed);
    const { bytes, start, spec } = make(random, largeBytes);
    const all: Chunk = { from: start.offset, to: bytes.length, line: start.line };
    const whole = outcomeOf(spec, bytes, [all], [bytes.length]);
    assert.ok(whole.records > 1000, `${whole.records} records`);
    // From pieces of which nearly every one ends within a record to some few for the file.
    for (const longest of [1 << 10, 1 << 18]) {
      const sizes = Array.from({ length: 997 }, () => 1 + random.below(longest));
      assert.deepEqual(outcomeOf(spec, bytes, [all], sizes), whole, `pieces up to ${longest}`);
      const chunkBytes = longest + random.below(longest);
      const chunks = chunksOf(spec, bytes, start, chunkBytes, sizes);
      // No record here has more than 16 KiB.
      const fewest = Math.floor(bytes.length / (chunkBytes + 16_384));
      assert.ok(chunks.length >= fewest, `${chunks.length} chunks`);
      assert.deepEqual(outcomeOf(spec, bytes, chunks, sizes), whole, `chunks of ${chunkBytes}`);
      const memory = { text: Buffer.alloc(0), documents: Buffer.alloc(0) };
      assert.deepEqual(outcomeOf(spec, bytes, chunks, sizes, memory), whole, "in one memory");
    }
  });
}

for (const [name, make] of files) {
  test(`${name}: a small file cut at every byte is the whole file`, (t) => {
    t.diagnostic(`DOCFERRY_TEST_SEED=${seed}`);
    const { bytes, start, spec } = make(new Random(seed), smallBytes);
    const all: Chunk = { from: start.offset, to: bytes.length, line: start.line };
    const length = bytes.length - start.offset;
    const whole = outcomeOf(spec, bytes, [all], [length]);
    assert.ok(whole.records > 0);
    for (let at = 1; at < length; at++) {
      const sizes = [at, length];
      assert.deepEqual(outcomeOf(spec, bytes, [all], sizes), whole, `cut at ${at}`);
      const chunks = chunksOf(spec, bytes, start, at, sizes);
      assert.deepEqual(outcomeOf(spec, bytes, chunks, [length]), whole, `chunks of ${at}`);
    }
  });
}

function rowFile(rows: string, format: "csv" | "tsv"): CutFile {
  const spec = decodeSpec(["a", "b.c", "b.d"], { format });
  return { bytes: Buffer.from(rows), start: fileStart, spec };
}

/** Documents of few fields, in any order, with values of all types. */
function typedFile(random: Random, fileBytes: number): CutFile {
  const values = fc.sample(randomValue({ depth: 1, width: 3 }), { numRuns: 500, seed });
  const texts: Uint8Array[] = [];
  for (let bytes = 0; bytes < fileBytes; bytes += texts.at(-1)!.length) {
    const names = ["_id", "a", "b.c", "n", "é"].filter(() => random.below(3) > 0);
    if (random.below(4) === 0) names.reverse();
    texts.push(document(names.map((name) => [name, random.pick(values)])));
  }
  const starts = new Uint32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) starts[index + 1] = starts[index]! + text.length;
  const documents: Documents = { bytes: Buffer.concat(texts), starts, count: texts.length };
  const collector = new TypedColumnCollector(null);
  collector.add(documents);
  const encoder = createEncoder({ format: "csv", header: true, ...collector.result() });
  const bytes = Buffer.concat([encoder.head, encoder.encode(documents, true)]);
  const { columns = [], end = fileStart } = readHeader(bytes, "csv") ?? {};
  return { bytes, start: end, spec: decodeSpec(columns, { columnsHaveTypes: true }) };
}

/**
 * What decoding the chunks one by one gives, each in pieces of these sizes: all places and bytes of it in one hash.
 * @param memory what the decoders use one after another; without it each has its own
 */
function outcomeOf(
  spec: DecodeSpec,
  bytes: Buffer,
  chunks: Chunk[],
  sizes: number[],
  memory: DecoderMemory | null = null,
): { records: number; rejects: number; hash: string } {
  const hash = createHash("sha1");
  const sum = { records: 0, rejects: 0 };
  const rejectHash = createHash("sha1");
  for (const { from, to, line } of chunks) {
    const decoder = createDecoder(spec, { offset: from, line }, memory);
    const pieces = piecesOf(bytes.subarray(from, to), sizes);
    for (const [index, piece] of pieces.entries()) {
      // A copy that is overwritten afterwards: the decoder must not look at the piece again.
      const own = Uint8Array.from(piece);
      const batch = decoder.push(own, index === pieces.length - 1);
      own.fill(0x22);
      // A batch owns what it gives, and the next decoder finds whatever the last one has left.
      memory?.documents.fill(0x22);
      if (index === pieces.length - 1) memory?.text.fill(0x22);
      for (let i = 0; i < batch.count; i++) {
        hash.update(`${batch.offsets[i]} ${batch.lengths[i]} ${batch.lines[i]} `);
        hash.update(documentAt(batch, i));
      }
      for (const reject of batch.rejects) rejectHash.update(JSON.stringify(reject));
      sum.records += batch.count;
      sum.rejects += batch.rejects.length;
    }
  }
  return { ...sum, hash: `${hash.digest("hex")} ${rejectHash.digest("hex")}` };
}

/** The chunks of a scan; they cover the file. */
function chunksOf(
  spec: DecodeSpec,
  bytes: Buffer,
  start: Position,
  chunkBytes: number,
  sizes: number[],
): Chunk[] {
  const legacy = spec.format === "json" && spec.legacy === true;
  const scanner = createScanner(spec.format, { chunkBytes, start, legacy });
  const pieces = piecesOf(bytes.subarray(start.offset), sizes);
  const chunks = pieces.flatMap((piece, index) => {
    const own = Uint8Array.from(piece);
    const found = scanner.push(own, index === pieces.length - 1);
    own.fill(0x22);
    return found;
  });
  let at = start.offset;
  for (const { from, to } of chunks) {
    assert.equal(from, at);
    at = to;
  }
  assert.equal(at, bytes.length);
  return chunks;
}
