import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodePieces, piecesOf, scanPieces } from "../../../test/support/csv.ts";
import type { JsonDecodeSpec } from "../codec.ts";
import { createDecoder, createEncoder, createScanner } from "../formats.ts";

const spec: JsonDecodeSpec = {
  format: "json",
  layout: "sequence",
  legacy: true,
  fieldNames: "any",
  derivedId: null,
};
const start = { offset: 0, line: 1 };

function read(text: string, changes: Partial<JsonDecodeSpec> = {}) {
  const batch = createDecoder({ ...spec, ...changes }, start).push(Buffer.from(text), true);
  const out = createEncoder({ format: "json", form: "canonical", array: false, pretty: false });
  const lines = Buffer.from(out.encode(batch, true)).toString().split("\n").slice(0, -1);
  return { lines, rejects: batch.rejects };
}

// The forms that mongoimport's --legacy takes, one by one; `better` where docferry does otherwise.
const values: [legacy: string, canonical: string, better?: string][] = [
  ['ObjectId("0123456789abcdef01234567")', '{"$oid":"0123456789abcdef01234567"}'],
  ["ObjectId('0123456789ABCDEF01234567')", '{"$oid":"0123456789abcdef01234567"}'],
  ['ISODate("2020-01-02T03:04:05Z")', '{"$date":{"$numberLong":"1577934245000"}}'],
  ['ISODate("2020-01-02T03:04Z")', '{"$date":{"$numberLong":"1577934240000"}}'],
  ['Date("2020-01-02T03:04:05.5Z")', '{"$date":{"$numberLong":"1577934245500"}}'],
  ["new Date(5)", '{"$date":{"$numberLong":"5"}}'],
  ["new Date(-5)", '{"$date":{"$numberLong":"-5"}}'],
  ['{"$date":5}', '{"$date":{"$numberLong":"5"}}'],
  ['{"$date":1.5}', '{"$date":{"$numberLong":"1"}}'],
  ["NumberLong(5)", '{"$numberLong":"5"}'],
  ['NumberLong("9007199254740993")', '{"$numberLong":"9007199254740993"}'],
  ["NumberLong(9007199254740993)", '{"$numberLong":"9007199254740993"}'],
  ["NumberInt(5)", '{"$numberInt":"5"}'],
  ['BinData(0,"AQI=")', '{"$binary":{"base64":"AQI=","subType":"00"}}'],
  ['BinData( 128 , "AQI=" )', '{"$binary":{"base64":"AQI=","subType":"80"}}'],
  ['{"$type":"05","$binary":"AQI="}', '{"$binary":{"base64":"AQI=","subType":"05"}}'],
  ["Timestamp(5,7)", '{"$timestamp":{"t":5,"i":7}}'],
  ["MinKey", '{"$minKey":1}'],
  ["MaxKey()", '{"$maxKey":1}'],
  ["/a/i", '{"$regularExpression":{"pattern":"a","options":"i"}}'],
  ["/a\\/b\\d\"'{/", '{"$regularExpression":{"pattern":"a/b\\\\d\\"\'{","options":""}}'],
  ['RegExp("a","i")', '{"$regularExpression":{"pattern":"a","options":"i"}}'],
  ['RegExp("a")', '{"$regularExpression":{"pattern":"a","options":""}}'],
  ['{"$regex":"a","$options":"i"}', '{"$regularExpression":{"pattern":"a","options":"i"}}'],
  ['{"$options":"i","$regex":"a"}', '{"$regularExpression":{"pattern":"a","options":"i"}}'],
  ['{"$regex":"a"}', '{"$regex":"a"}'],
  ["Boolean(1)", "true"],
  ["Boolean(0)", "false"],
  ["Boolean()", "false"],
  ['Boolean("")', "false"],
  [
    'DBPointer("c","0123456789abcdef01234567")',
    '{"$dbPointer":{"$ref":"c","$id":{"$oid":"0123456789abcdef01234567"}}}',
  ],
  [
    'DBPointer("c",ObjectId("0123456789abcdef01234567"))',
    '{"$dbPointer":{"$ref":"c","$id":{"$oid":"0123456789abcdef01234567"}}}',
  ],
  ['{"$scope":{"a":1},"$code":"f"}', '{"$code":"f","$scope":{"a":{"$numberInt":"1"}}}'],
  ["undefined", '{"$undefined":true}'],
  ["NaN", '{"$numberDouble":"NaN"}'],
  ["-NaN", '{"$numberDouble":"NaN"}'],
  ["Infinity", '{"$numberDouble":"Infinity"}'],
  ["-Infinity", '{"$numberDouble":"-Infinity"}'],
  ["+1", '{"$numberInt":"1"}'],
  [".5", '{"$numberDouble":"0.5"}'],
  ["-.5", '{"$numberDouble":"-0.5"}'],
  ["0x10", '{"$numberInt":"16"}'],
  ["-0xFF", '{"$numberInt":"-255"}'],
  ["1e2", '{"$numberDouble":"100.0"}'],
  ["0", '{"$numberInt":"0"}'],
  ["-0", '{"$numberDouble":"-0.0"}', "there without its sign"],
  ["1.0", '{"$numberDouble":"1.0"}'],
  ["-2147483648", '{"$numberInt":"-2147483648"}'],
  ["2147483648", '{"$numberLong":"2147483648"}'],
  ["9223372036854775807", '{"$numberLong":"9223372036854775807"}'],
  ["18446744073709551615", '{"$numberDecimal":"18446744073709551615"}', "there a rounded double"],
  ["1e-400", '{"$numberDouble":"0.0"}'],
  ["'it\\'s \"so\" {'", '"it\'s \\"so\\" {"'],
  ['"it\'s"', '"it\'s"'],
  ["'\\u00e9\\n'", '"é\\n"'],
  ["{a:1,_b$2:'x',$c:null}", '{"a":{"$numberInt":"1"},"_b$2":"x","$c":null}'],
  ['{ "a" : [ 1 , [ ] , { } ] }', '{"a":[{"$numberInt":"1"},[],{}]}'],
  ["[true,false,null]", "[true,false,null]"],
  ["'Chinese 的'", '"Chinese 的"'],
  ['{"$numberDouble":"1.5"}', '{"$numberDouble":"1.5"}', "there a document"],
  [
    '{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}',
    '{"$binary":{"base64":"ABEiM0RVZneImaq7zN3u/w==","subType":"04"}}',
    "there a document",
  ],
  ['{"$symbol":"s"}', '{"$symbol":"s"}', "there a document"],
  [
    '{"$binary":{"base64":"AQI=","subType":"0"}}',
    '{"$binary":{"base64":"AQI=","subType":"00"}}',
    "there a document",
  ],
  [
    '{"$regularExpression":{"options":"xi","pattern":"a"}}',
    '{"$regularExpression":{"pattern":"a","options":"ix"}}',
    "there a document",
  ],
  [
    '{"$dbPointer":{"$ref":"c","$id":{"$oid":"0123456789abcdef01234567"}}}',
    '{"$dbPointer":{"$ref":"c","$id":{"$oid":"0123456789abcdef01234567"}}}',
    "there a document",
  ],
  ['{"$numberInt":"007"}', '{"$numberInt":"7"}'],
  ['{"$numberLong":"5"}', '{"$numberLong":"5"}'],
  ['{"$numberDecimal":"1.10"}', '{"$numberDecimal":"1.10"}'],
  ['{"$oid":"0123456789ABCDEF01234567"}', '{"$oid":"0123456789abcdef01234567"}'],
  ['{"$date":"2020-01-02T03:04Z"}', '{"$date":{"$numberLong":"1577934240000"}}'],
  ['{"$date":"2020-01-02T03:04:05.6789Z"}', '{"$date":{"$numberLong":"1577934245678"}}'],
  ['{"$date":{"$numberLong":"-1"}}', '{"$date":{"$numberLong":"-1"}}'],
  ['{"$timestamp":{"i":7,"t":5}}', '{"$timestamp":{"t":5,"i":7}}'],
  ['{"$minKey":1}', '{"$minKey":1}'],
  ['{"$undefined":5}', '{"$undefined":true}'],
  ['{"$code":"f"}', '{"$code":"f"}'],
  ['{"$foo":1}', '{"$foo":{"$numberInt":"1"}}'],
  ['{"x":1,"$oid":"5"}', '{"x":{"$numberInt":"1"},"$oid":"5"}'],
];

for (const [legacy, canonical, better] of values) {
  test(`legacy: ${legacy} is ${canonical}${better ? `, ${better}` : ""}`, () => {
    const { lines, rejects } = read(`{v:${legacy}}`);
    assert.deepEqual(rejects, []);
    assert.deepEqual(lines, [`{"v":${canonical}}`]);
  });
}

const notStrict = values.filter(([legacy, , better]) => !better && !isJson(`{"v":${legacy}}`));

for (const [legacy] of notStrict) {
  test(`${legacy} is a reject without legacy`, () => {
    const { lines, rejects } = read(`{"v":${legacy}}\n{"w":1}\n`, { legacy: false });
    assert.deepEqual(
      rejects.map(({ code }) => code),
      ["json_syntax"],
    );
    assert.deepEqual(lines, ['{"w":{"$numberInt":"1"}}']);
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const refused = [
  "ObjectId()",
  'ObjectId("01")',
  'ISODate("2020-01-02")',
  'NumberDecimal("1")',
  'UUID("00112233-4455-6677-8899-aabbccddeeff")',
  'HexData(0,"00")',
  'DBRef("c","x")',
  'Code("f")',
  "01",
  "1.",
  "1e",
  "1_000",
  "--1",
  "5x",
  "[1,,2]",
  "[1,]",
  "{a:1,}",
  "{a}",
  "{1:2}",
  "'\\x41'",
  "'\\q'",
  "'a\tb'",
  "/* c */ 1",
  "// c",
  "foo",
  "constructor(1)",
  "new 5",
  "BinData(256,'')",
  "BinData(0,'AQ')",
  "{a:1,a:2}",
  "{\"a\":1,'a':2}",
  "NumberInt(2147483648)",
  "-",
  "1E400",
  // mongoimport takes these with --legacy: what is wrong to the specification's corpus, numbers that wrap around.
  '{"$date":1.5,"x":1}',
  '{"$oid":"0123456789abcdef01234567","x":1}',
  '{"$code":"f","x":1}',
  '{"$minKey":"x"}',
  '{"$maxKey":{"a":1}}',
  '{"$timestamp":{"t":4294967296,"i":0}}',
  '{"$timestamp":{"t":-1,"i":0}}',
];

for (const text of refused) {
  test(`legacy: ${text} is a reject, the record behind it is read`, () => {
    const { lines, rejects } = read(`{v:${text}}\n{w:1}\n`);
    assert.equal(rejects.length, 1);
    assert.equal(rejects[0]?.line, 1);
    assert.ok(rejects[0].message.length > 5);
    assert.deepEqual(lines, ['{"w":{"$numberInt":"1"}}']);
  });
}

test("legacy: an empty object is a record, where mongoimport drops it in silence", () => {
  assert.deepEqual(read("{}").lines, ["{}"]);
});

test("legacy: a fault has its line, column, path and length", () => {
  const { rejects } = read("{a:1}\n  {a: {b: [1, foo]}}\n{c:2}{d:ObjectId('x')}");
  assert.deepEqual(
    rejects.map(({ line, column, path, offset, length, code }) => ({
      line,
      column,
      path,
      offset,
      length,
      code,
    })),
    [
      { line: 2, column: 15, path: "a.b.1", offset: 8, length: 18, code: "json_syntax" },
      { line: 3, column: 13, path: "d", offset: 32, length: 17, code: "extended_json" },
    ],
  );
});

test("legacy: text between records costs its line, what does not end costs the record", () => {
  const { lines, rejects } = read("5\n{a:1\n{b:2}\nnull\n{c:'x");
  assert.deepEqual(lines, ['{"b":{"$numberInt":"2"}}']);
  assert.deepEqual(
    rejects.map(({ line, code }) => [line, code]),
    [
      [1, "json_syntax"],
      [2, "json_unfinished"],
      [4, "json_syntax"],
      [5, "json_unfinished"],
    ],
  );
});

test("legacy: too deep is a reject, not a crash", () => {
  const { rejects } = read(`${"{a:".repeat(100_000)}1${"}".repeat(100_000)}`);
  assert.deepEqual(
    rejects.map(({ code }) => code),
    ["too_deep"],
  );
});

test("legacy: an array is read, and stays one chunk", () => {
  const text = " [{a:1},\n{b:'}'},\n{c:/}/}]\n";
  const scanner = createScanner("json", { chunkBytes: 3, start, legacy: true });
  assert.deepEqual(scanner.push(Buffer.from(text), true), [{ from: 0, to: text.length, line: 1 }]);
  assert.equal((scanner as { layout?: string }).layout, "array");
  assert.equal(read(text, { layout: "array" }).lines.length, 3);
});

test("legacy: a record without _id gets one from its place", () => {
  const derivedId = { seconds: 1, jobKey: "010203" };
  const { lines } = read("{a:1}\n{_id:2}", { derivedId });
  assert.deepEqual(lines, [
    '{"_id":{"$oid":"000000010102030000000000"},"a":{"$numberInt":"1"}}',
    '{"_id":{"$numberInt":"2"}}',
  ]);
});

test("legacy: cut anywhere and read in any pieces, the records and rejects are the same", () => {
  const line = fc.constantFrom(
    "{a:1}",
    "  {b:'}\\n{'}",
    "{c: /}{/,",
    " d: [1,",
    "{e:2}",
    "]}",
    "{f:'",
    "x",
    "",
    "{g:1}{h:2}",
    "}",
    '{"i":"的"}',
  );
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
  const property = fc.property(text, sizes, (file, pieceSizes) => {
    const bytes = Buffer.from(file);
    const whole = decodePieces(createDecoder(spec, start), [bytes]);
    const pieces = piecesOf(bytes, pieceSizes);
    assert.deepEqual(decodePieces(createDecoder(spec, start), pieces), whole);
    const scanner = createScanner("json", { chunkBytes: pieceSizes[0]!, start, legacy: true });
    const chunks = scanPieces(scanner, pieces);
    const parts = chunks.map(({ from, to, line: first }) =>
      decodePieces(createDecoder(spec, { offset: from, line: first }), [bytes.subarray(from, to)]),
    );
    assert.deepEqual(
      {
        records: parts.flatMap(({ records }) => records),
        rejects: parts.flatMap(({ rejects }) => rejects),
      },
      whole,
    );
  });
  fc.assert(property, { numRuns: 1500 });
});
