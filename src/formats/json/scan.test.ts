import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { documentAt } from "../../bson/documents.ts";
import type { Chunk, Position } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { Reject } from "../../job/reject.ts";
import type { JsonDecodeSpec } from "../codec.ts";
import { createJsonDecoder } from "./decode.ts";
import { createJsonScanner } from "./scan.ts";

interface Result {
  documents: { offset: number; length: number; line: number; bson: string }[];
  rejects: Reject[];
}

test("cutting a file at any place gives the records of the whole file", () => {
  fc.assert(
    fc.property(file, fc.integer({ min: 1, max: 120 }), pieces, (text, chunkBytes, sizes) => {
      const bytes = Buffer.from(text);
      const { chunks, layout } = scanAll(bytes, chunkBytes, sizes);
      assertCovers(chunks, bytes);
      const whole = decode(bytes, { from: 0, to: bytes.length, line: 1 }, layout, [bytes.length]);
      const inChunks = chunks.map((chunk) => decode(bytes, chunk, layout, [7, 3]));
      assert.deepEqual(joined(inChunks), whole);
    }),
    { numRuns: 600 },
  );
});

test("pushing a file in any pieces gives the records of the whole file", () => {
  fc.assert(
    fc.property(file, pieces, (text, sizes) => {
      const bytes = Buffer.from(text);
      const layout = layoutOf(bytes);
      const chunk = { from: 0, to: bytes.length, line: 1 };
      const whole = decode(bytes, chunk, layout, [bytes.length]);
      assert.deepEqual(decode(bytes, chunk, layout, sizes), whole);
    }),
    { numRuns: 600 },
  );
});

test("going on where any batch ended gives the records of the whole file", () => {
  fc.assert(
    fc.property(file, fc.integer({ min: 1, max: 40 }), fc.nat(), (text, size, choice) => {
      const bytes = Buffer.from(text);
      const layout = layoutOf(bytes);
      const all = [bytes.length + 1];
      const whole = decode(bytes, { from: 0, to: bytes.length, line: 1 }, layout, all);
      const decoder = createJsonDecoder(spec(layout), { offset: 0, line: 1 });
      const parts = inPieces(bytes, [size]);
      const batches = parts
        .slice(0, (choice % parts.length) + 1)
        .map(({ piece, last }) => decoder.push(piece, last));
      const { end } = batches.at(-1)!;
      const done = batches.map(resultOf);
      if (batches.length === parts.length) {
        assert.equal(end.offset, bytes.length);
        assert.deepEqual(joined(done), whole);
        return;
      }
      const rest = { from: end.offset, to: bytes.length, line: end.line };
      assert.deepEqual(joined([...done, decode(bytes, rest, layout, all)]), whole);
    }),
    { numRuns: 600 },
  );
});

test("all bytes that are not blank, commas or brackets of the array are in exactly one record or reject", () => {
  fc.assert(
    fc.property(file, (text) => {
      const bytes = Buffer.from(text);
      const layout = layoutOf(bytes);
      const { documents, rejects } = decode(bytes, { from: 0, to: bytes.length, line: 1 }, layout, [
        bytes.length,
      ]);
      const left = Buffer.from(bytes);
      for (const { offset, length, line } of [...documents, ...rejects]) {
        assert.ok(length > 0);
        assert.equal(line, bytes.subarray(0, offset).toString("latin1").split("\n").length);
        for (let i = offset; i < offset + length; i++) {
          assert.notEqual(left[i], 0, "a byte is in two records");
          left[i] = 0;
        }
      }
      const rest = left.toString("latin1").replaceAll("\0", "").replace("\xef\xbb\xbf", "");
      assert.match(rest, layout === "array" ? /^[\s,]*\[?[\s,]*\]?\s*$/ : /^[\s,]*$/);
    }),
    { numRuns: 400 },
  );
});

const value = fc.constantFrom(
  "1",
  "-0.5",
  '"x"',
  '"{"',
  '"}\\n{"',
  '"\\"}"',
  "null",
  "[]",
  "[1,[2]]",
  '{"b":{}}',
  '[{"c":1},\n{"d":2}]',
  '{"$oid":"0123456789abcdef01234567"}',
);
const good = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "_id", "é", "a.b"), value), { maxLength: 3 })
  .map((fields) => `{${fields.map(([key, text]) => `"${key}": ${text}`).join(", ")}}`);
const pretty = fc.constantFrom(
  '{\n  "a": {\n    "b": 1\n  },\n  "c": [\n    {\n      "d": 2\n    }\n  ]\n}',
  '{\n"a":\n{\n"b":1}\n}',
  '{ "a"\r\n:\r\n1 }',
  '  {\n    "a": 1\n  }',
);
const broken = fc.constantFrom(
  '{"a":',
  '{"a":{"b":1}',
  '{"a":"x}',
  '{"a":"x\\',
  '{"a":[1}',
  '{"a":01}',
  '{"a" 1 {"b":2}}',
  '{"a":[{"b":1},',
  '  {"a":{',
  '{"a":1,"a":2}',
  '{"a":1}}',
  "{",
  "}",
  '{"a":\n  {"b":1}\n   {"c":1}\n',
  '{\n  "a": [\n    1,\n',
  // Beyond what the splitter follows.
  '{"a":\n'.repeat(202),
);
const garbage = fc.constantFrom(
  "5",
  "null",
  '"x"',
  '"x',
  "[1,2]",
  "[",
  "]",
  ",",
  "foo {bar}",
  '[{"a":1}',
  "\u00e9",
  '[\n{"a":1}\n]',
);
const between = fc.constantFrom("\n", "\n\n", " ", "", ",", ",\n", "\r\n", "\n  ", ", ", "\n \n\t");
const file = fc
  .tuple(
    fc.constantFrom("", "", "[", "[\n", "\ufeff", "\ufeff [", " \n,["),
    fc.array(
      fc.tuple(
        fc.oneof(
          { weight: 6, arbitrary: good },
          { weight: 2, arbitrary: pretty },
          { weight: 2, arbitrary: broken },
          { weight: 1, arbitrary: garbage },
        ),
        between,
      ),
      { maxLength: 12 },
    ),
    fc.constantFrom("", "\n", "]", "]\n", "] x\n{}"),
  )
  .map(([head, items, tail]) => head + items.flat().join("") + tail);
const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });

function decode(
  bytes: Buffer,
  { from, to, line }: Chunk,
  layout: "sequence" | "array",
  sizes: number[],
): Result {
  const decoder = createJsonDecoder(spec(layout), { offset: from, line });
  const parts = inPieces(bytes.subarray(from, to), sizes);
  const batches = parts.map(({ piece, last }) => {
    const batch = decoder.push(piece, last);
    piece.fill(0xff);
    return batch;
  });
  const position: Position = batches.at(-1)!.end;
  assert.equal(position.offset, to);
  assert.equal(position.line, bytes.subarray(0, to).toString("latin1").split("\n").length);
  return joined(batches.map(resultOf));
}

function spec(layout: "sequence" | "array"): JsonDecodeSpec {
  return {
    format: "json",
    layout,
    fieldNames: "environment",
    derivedId: { seconds: 1, jobKey: "a1b2c3" },
  };
}

function resultOf(batch: RecordBatch): Result {
  const documents = Array.from({ length: batch.count }, (_, i) => ({
    offset: batch.offsets[i]!,
    length: batch.lengths[i]!,
    line: batch.lines[i]!,
    bson: Buffer.from(documentAt(batch, i)).toString("hex"),
  }));
  return { documents, rejects: batch.rejects };
}

function joined(results: Result[]): Result {
  return {
    documents: results.flatMap(({ documents }) => documents),
    rejects: results.flatMap(({ rejects }) => rejects),
  };
}

test("lines are cut at about the wished size, each chunk with its first line's number", () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `{"a":${i}}\n${i % 10 === 0 ? "\n" : ""}`);
  const bytes = Buffer.from(lines.join(""));
  for (const sizes of [[bytes.length], [1], [64], [4096]]) {
    const chunks = scanAll(bytes, 500, sizes).chunks;
    assertCovers(chunks, bytes);
    for (const { from, to } of chunks.slice(0, -1)) assert.ok(to - from >= 500 && to - from < 520);
  }
});

const shapes: [name: string, text: string][] = [
  ["on one line", '{"a":{"b":[1,"}{"]}}'.repeat(400)],
  ["on one line with blanks", '{"a":{"b":[1,"}{"]}}  '.repeat(400)],
  ["indented", '  {\n    "a": {\n      "b": 1\n    }\n  }\n'.repeat(300)],
  ["in an array on one line", `[${'{"a":{"b":1}},'.repeat(400)}{}]`],
  ["in an array on lines", `[\n${'  {"a":{"b":1}},\n'.repeat(400)}  {}\n]\n`],
];
for (const [name, text] of shapes) {
  test(`records ${name} are cut between records`, () => {
    const bytes = Buffer.from(text);
    for (const sizes of [[bytes.length], [1], [100]]) {
      const { chunks, layout, unclosed } = scanAll(bytes, 300, sizes);
      assertCovers(chunks, bytes);
      assert.equal(layout, text.startsWith("[") ? "array" : "sequence");
      assert.equal(unclosed, false);
      assert.ok(chunks.length > bytes.length / 1000, `${chunks.length} chunks`);
      const parts = chunks.map((chunk) => decode(bytes, chunk, layout, [1 << 20]));
      assert.deepEqual(
        joined(parts),
        decode(bytes, { from: 0, to: bytes.length, line: 1 }, layout, [1 << 20]),
      );
    }
  });
}

test("the layout is told by the first byte that is neither blank nor a comma", () => {
  const layouts = [
    "",
    "  ",
    "{}",
    "[",
    "\ufeff[",
    "\ufeff {}[",
    " \n,\r\n,\t[]",
    ",{}[",
    "x[",
    "5\n[{}]",
  ];
  const found = layouts.map((text) => scanAll(Buffer.from(text), 1, [1]).layout);
  assert.deepEqual(found, [
    "sequence",
    "sequence",
    "sequence",
    "array",
    "array",
    "sequence",
    "array",
    "sequence",
    "sequence",
    "sequence",
  ]);
});

test("an array without its closing bracket is told", () => {
  const texts = [
    "[",
    '[{"a":1}',
    '[{"a":1},',
    '[{"a":"]',
    "[]",
    "[[]",
    '[{"a":1}] x',
    "{",
    "{}]",
    "",
  ];
  assert.deepEqual(
    texts.map((text) => scanAll(Buffer.from(text), 100, [3]).unclosed),
    [true, true, true, true, false, true, false, false, false, false],
  );
});

test("nothing gives no chunk, blanks give one", () => {
  assert.deepEqual(scanAll(Buffer.from(""), 10, [1]).chunks, []);
  assert.deepEqual(scanAll(Buffer.from(" \n".repeat(20)), 10, [7]).chunks, [
    { from: 0, to: 40, line: 1 },
  ]);
});

function scanAll(bytes: Buffer, chunkBytes: number, sizes: number[]) {
  const scanner = createJsonScanner({ chunkBytes });
  const chunks = inPieces(bytes, sizes).flatMap(({ piece, last }) => {
    const found = scanner.push(piece, last);
    piece.fill(0xff);
    return found;
  });
  return { chunks, layout: scanner.layout, unclosed: scanner.unclosed };
}

/** The bytes in pieces of the sizes given, over and over, each in memory of its own. */
function* pieceByPiece(bytes: Buffer, sizes: number[]) {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    const piece = Buffer.from(bytes.subarray(at, at + size));
    at += size;
    yield { piece, last: at >= bytes.length };
  }
  if (bytes.length === 0) yield { piece: Buffer.alloc(0), last: true };
}

function inPieces(bytes: Buffer, sizes: number[]) {
  return [...pieceByPiece(bytes, sizes)];
}

function layoutOf(bytes: Buffer): "sequence" | "array" {
  return scanAll(bytes, 1 << 20, [1 << 20]).layout;
}

function assertCovers(chunks: Chunk[], bytes: Buffer): void {
  let at = 0;
  for (const { from, to, line } of chunks) {
    assert.equal(from, at);
    assert.ok(to > from);
    assert.equal(line, bytes.subarray(0, from).toString("latin1").split("\n").length);
    at = to;
  }
  assert.equal(at, bytes.length);
}
