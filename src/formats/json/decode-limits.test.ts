import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonDecodeSpec } from "../codec.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import { freeMemory } from "../../bson/free-memory.ts";
import { validate } from "../../bson/validate.ts";
import { documentAt } from "../../bson/documents.ts";
import { createJsonDecoder } from "./decode.ts";
import { maxTextBytes } from "./scan-item.ts";
import { createJsonScanner } from "./scan.ts";

const spec: JsonDecodeSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "any",
  derivedId: null,
};

test("200 levels are read, 201 are a reject", () => {
  for (const make of [objectsWithin, arraysWithin]) {
    const { count, rejects } = decode([`${make(200)}\n${make(201)}\n{"b":1}`]);
    assert.equal(count, 2);
    assert.deepEqual(
      rejects.map(({ code, line }) => [code, line]),
      [["too_deep", 2]],
    );
  }
});

test("a form of Extended JSON is a value and no level", () => {
  const form = '{"$date":{"$numberLong":"1"}}';
  const { count } = decode([`${'{"a":'.repeat(200)}${form}${"}".repeat(200)}`]);
  assert.equal(count, 1);
});

test("100,000 brackets, and millions, are one reject", () => {
  for (const brackets of [100_000, 3_000_000]) {
    for (const open of ['{"a":', "["]) {
      const text = `{"x":${open.repeat(brackets)}`;
      const { count, rejects } = decode([`${text}\n{"b":1}\n`]);
      assert.equal(count, 1);
      assert.deepEqual(
        rejects.map(({ code, offset, length }) => [code, offset, length]),
        [["too_deep", 0, text.length]],
      );
    }
  }
});

test("closed again they cost no other record", () => {
  const text = `{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const { count, rejects } = decode([`${text}{"b":1}`]);
  assert.equal(count, 1);
  assert.equal(rejects[0]!.length, text.length);
});

test("a document of 16 MiB is read, one byte more is a reject", () => {
  // 4 bytes of length, 3 of type and name, 4 of length, 2 NULs.
  const most = 16_777_216 - 13;
  const { count, rejects } = decode([`${textOf(most)}\n${textOf(most + 1)}\n{"b":1}`]);
  assert.equal(count, 2);
  assert.deepEqual(
    rejects.map(({ code, line }) => [code, line]),
    [["too_large", 2]],
  );
});

test("a document that would grow far beyond its text is a reject", () => {
  const { count, rejects } = decode([`{"a":[${"1,".repeat(3_000_000)}1]}\n{"b":1}`]);
  assert.equal(count, 1);
  assert.deepEqual(
    rejects.map(({ code }) => code),
    ["too_large"],
  );
});

test("documents of many small values are well-formed while the output grows under them", () => {
  const record = `{"a":[${"[],{},1,".repeat(40_000)}null],"b":{"$code":"f","$scope":{"c":[${"1,".repeat(30_000)}1]}}}`;
  const batch = decode([record + record]);
  assert.equal(batch.count, 2);
  for (let i = 0; i < 2; i++) validate(documentAt(batch, i));
});

test("a file of nothing but records that do not end takes no time in the square of its size", () => {
  const lines = 20_000;
  const { count, rejects } = decode(['{"a":[\n'.repeat(lines)]);
  assert.equal(count, 0);
  assert.equal(rejects.length, lines);
  assert.deepEqual(
    [...new Set(rejects.map((reject) => `${reject.code} +${reject.length}`))],
    ["json_unfinished +6"],
  );
});

test("200 lines within one another are no anomaly: all but the levels is fine with them", () => {
  const { count, rejects } = decode([`${'{"a":\n'.repeat(200)}1${"}".repeat(200)} {"b":1}`]);
  assert.deepEqual(rejects, []);
  assert.equal(count, 2);
});

const mebibyte = 1 << 20;
const filler = Buffer.alloc(mebibyte, "x");
const fillers = (count: number) => Array.from({ length: count }, () => filler);
const after = '\n{"b":1}\n';

const large: [name: string, pieces: (string | Buffer)[], code: string, length: number][] = [
  [
    "a record with a long string",
    ['{"a":"', ...fillers(50), '"}', after],
    "too_large",
    50 * mebibyte + 8,
  ],
  ["a record that never ends", ['{"a":"', ...fillers(50), after], "too_large", 50 * mebibyte + 6],
  [
    "a record of the wrong brackets behind the limit",
    ['{"a":["', ...fillers(50), '"}}', after],
    "too_large",
    50 * mebibyte + 10,
  ],
  ["garbage without line break", ["foo ", ...fillers(50), after], "too_large", 50 * mebibyte + 4],
  [
    "a broken record below the limit",
    ['{"a":"', ...fillers(47), filler.subarray(8), "x", after],
    "json_unfinished",
    maxTextBytes - 1,
  ],
];
for (const [name, parts, code, length] of large) {
  test(`${name} is skipped over, and not kept`, () => {
    const before = process.memoryUsage().arrayBuffers;
    const batch = decode(parts);
    assert.equal(batch.count, 1);
    assert.deepEqual(
      batch.rejects.map((reject) => [reject.code, reject.offset, reject.length]),
      [[code, 0, length]],
    );
    // Doubling takes one and a half times the limit for a moment; what grew without end would take far more.
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * maxTextBytes);
  });
}

test("a record that is too large ends before the first line that a record may begin on", () => {
  const before = decode(['{"a":[\n{"b":1},\n"', ...fillers(50), '"]}\n{"d":1}']);
  assert.deepEqual(before.rejects.map(inPlace), [
    "too_large 1 +6",
    `too_large 3 +${50 * mebibyte + 4}`,
  ]);
  assert.equal(before.count, 2);
  const behind = decode(['{"a":"', ...fillers(50), '","b":\n{"b":1}\n}\n{"d":1}']);
  assert.deepEqual(behind.rejects.map(inPlace), [
    `too_large 1 +${50 * mebibyte + 12}`,
    "json_syntax 3 +1",
  ]);
  assert.equal(behind.count, 2);
});

test("the scanner keeps no more than it must of what has no end", () => {
  const scanner = createJsonScanner({ chunkBytes: mebibyte });
  const before = process.memoryUsage().arrayBuffers;
  scanner.push(Buffer.from('{"a":"'), false);
  for (let i = 0; i < 300; i++) assert.deepEqual(scanner.push(filler, false), []);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20 * mebibyte);
  const chunks = scanner.push(Buffer.from(after), true);
  assert.deepEqual(
    chunks.map(({ from, line }) => [from, line]),
    [
      [0, 1],
      [300 * mebibyte + 7, 2],
    ],
  );
});

function objectsWithin(levels: number): string {
  return `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
}

function arraysWithin(levels: number): string {
  return `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
}

function textOf(length: number): string {
  return `{"a":"${"x".repeat(length)}"}`;
}

function inPlace({ code, line, length }: RecordBatch["rejects"][number]): string {
  return `${code} ${line} +${length}`;
}

function decode(parts: (string | Buffer)[]): RecordBatch {
  const decoder = createJsonDecoder(spec, { offset: 0, line: 1 });
  let batch: RecordBatch | null = null;
  let count = 0;
  const rejects: RecordBatch["rejects"] = [];
  for (const [i, part] of parts.entries()) {
    batch = decoder.push(Buffer.from(part), i === parts.length - 1);
    count += batch.count;
    rejects.push(...batch.rejects);
  }
  return { ...batch!, count, rejects };
}

test("a decoder that goes on in the memory of the one before makes next to none of its own", () => {
  const text = Buffer.from(`{"name":"someone","age":7,"tags":["a","b"]}\n`.repeat(4000));
  const memory = { text: Buffer.alloc(0), documents: Buffer.alloc(0) };
  const decodeAll = () => {
    const decoder = createJsonDecoder(spec, { offset: 0, line: 1 }, memory);
    const { count, bytes, starts, offsets, lengths, lines } = decoder.push(text, true);
    freeMemory(bytes, starts, offsets, lengths, lines);
    return count;
  };
  assert.equal(decodeAll(), 4000);
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round++) decodeAll();
  assert.ok(process.memoryUsage().arrayBuffers - before < 20 * 32 * 1024);
});
