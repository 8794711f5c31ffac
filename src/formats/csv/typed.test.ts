import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BSONSymbol,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from "bson";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import {
  decodeChunks,
  decodeSpec,
  decodeText,
  documentsFrom,
  documentsOf,
  scanPieces,
} from "../../../test/support/csv.ts";
import { randomDocument } from "../../../test/support/random-bson.ts";
import type { Documents } from "../../bson/documents.ts";
import { bsonType } from "../../bson/types.ts";
import type { DelimitedDecodeSpec } from "../codec.ts";
import { createCsvEncoder } from "./encode.ts";
import { checkColumns, readHeader } from "./header.ts";
import { createCsvScanner } from "./scan.ts";
import { TypedColumnCollector } from "./typed-columns.ts";

/** As an export does: a pass for the columns, then the file. */
function exported(
  documents: Documents,
  paths: string[] | null = null,
): { file: Buffer; retyped: number; formulas: number } {
  const collector = new TypedColumnCollector(paths);
  collector.add(documents);
  const encoder = createCsvEncoder({ format: "csv", header: true, ...collector.result() });
  const rows = encoder.encode(documents, true);
  const { retyped, formulas } = encoder;
  return { file: Buffer.concat([encoder.head, rows]), retyped, formulas };
}

/** As an import does, chunk by chunk. */
function imported(file: Buffer, chunkBytes = 1 << 20, rest: Partial<DelimitedDecodeSpec> = {}) {
  const header = readHeader(file, "csv");
  assert.ok(header);
  const spec = decodeSpec(header.columns, { columnsHaveTypes: true, ...rest });
  checkColumns(header.columns, spec);
  const scanner = createCsvScanner({ format: "csv", chunkBytes, start: header.end });
  return decodeChunks(spec, file, scanPieces(scanner, [file.subarray(header.end.offset)]));
}

function fromBytes(texts: Uint8Array[]): Documents {
  const starts = new Uint32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) starts[index + 1] = starts[index]! + text.length;
  return { bytes: Buffer.concat(texts), starts, count: texts.length };
}

function assertComesBack(texts: Uint8Array[], chunkBytes?: number): void {
  const { file, retyped } = exported(fromBytes(texts));
  const { records, rejects } = imported(file, chunkBytes);
  assert.deepEqual(rejects, [], file.toString());
  assert.deepEqual(
    records.map(({ bson }) => bson),
    texts.map((text) => Buffer.from(text).toString("hex")),
    file.toString(),
  );
  assert.equal(retyped, 0);
}

/** Documents on the left, the file that they become on the right. */
const files: [string, Document[], string][] = [
  [
    "the type of most values is the column's, the others tell theirs",
    [{ a: new Int32(1) }, { a: "x" }, { a: new Int32(-2) }, { a: new Double(1) }, { a: [1, 2] }],
    'a:int32,:document\n1,\n"""x""",\n-2,\n"{""$numberDouble"":""1.0""}",\n"[1,2]",\n',
  ],
  [
    "null, missing and empty are three things",
    [{ a: null, b: "" }, { b: "x" }, {}, { a: "" }],
    'a:string,b:string,:document\nnull,"""""",\n,x,\n,,\n"""""",,\n',
  ],
  [
    "a string that looks like JSON is JSON, others are as they are",
    ["5", "null", "true", "nul", "{", "[", '"', "a,b", " x", "x ", "\tx"].map((s) => ({ s })),
    's:string,:document\n5,\n"""null""",\n"""true""",\nnul,\n"""{""",\n"""[""",\n"""\\""""",\n"a,b",\n" x",\n"x ",\n"\tx",\n',
  ],
  [
    "each type with a plain text",
    [
      {
        b: true,
        l: Long.fromString("9007199254740993"),
        d: new Double(1),
        m: Decimal128.fromString("1.10"),
        t: new Date(5),
        o: new ObjectId("0123456789abcdef01234567"),
        x: Buffer.from("hi"),
        j: { a: [new Int32(1)] },
      },
    ],
    'b:boolean,l:int64,d:double,m:decimal,t:date,o:objectId,x:binary,j:json,:document\ntrue,9007199254740993,1.0,1.10,1970-01-01T00:00:00.005Z,0123456789abcdef01234567,aGk=,"{""a"":[1]}",\n',
  ],
  [
    "values of types without a plain text are Extended JSON",
    [{ v: new MinKey() }, { v: new Timestamp({ t: 1, i: 2 }) }, { v: new BSONSymbol("s") }],
    'v:json,:document\n"{""$minKey"":1}",\n"{""$timestamp"":{""t"":1,""i"":2}}",\n"{""$symbol"":""s""}",\n',
  ],
  [
    "fields in another order than the columns name the columns' numbers",
    [
      { _id: 1, a: 2, b: 3 },
      { b: 1, _id: 2 },
      { a: 1, b: 2 },
    ],
    "_id:int32,a:int32,b:int32,:document\n1,2,3,\n2,,1,3 1\n,1,2,\n",
  ],
  [
    "_id is the first column wherever it stands",
    [{ a: 1, _id: 2 }],
    "_id:int32,a:int32,:document\n2,1,2 1\n",
  ],
  [
    "names that are no paths, or begin like a text, are quoted",
    [{ "a.b": 1, "": 2, $c: 3, " d": 4, '"': 5, "a:b": 6 }],
    '"""a.b"":int32",""""":int32","""$c"":int32",""" d"":int32","""\\"""":int32",a:b:int32,:document\n1,2,3,4,5,6,\n',
  ],
  [
    "a document that looks like a type is BSON",
    [{ v: { $oid: "x" } }, { v: { $bson: "x" } }],
    `v:json,:document\n"{""$bson"":""${fieldless({ $oid: "x" })}""}",\n"{""$bson"":""${fieldless({ $bson: "x" })}""}",\n`,
  ],
  ["no fields at all", [{}, {}], ':document\n""\n""\n'],
];

function fieldless(value: unknown): string {
  return Buffer.from(serialize({ "": value })).toString("base64");
}

for (const [name, objects, text] of files) {
  test(`typed CSV: ${name}`, () => {
    const documents = documentsFrom(objects);
    assert.equal(exported(documents).file.toString(), text);
    assertComesBack(objects.map((object) => serialize(object)));
  });
}

test("a field that came after the columns were collected, and one that is there twice, cost no value", () => {
  const collector = new TypedColumnCollector(null);
  collector.add(documentsFrom([{ a: 1 }]));
  const twice = Buffer.concat([
    Buffer.from([19, 0, 0, 0]),
    Buffer.from("\x10a\0\x01\0\0\0\x10a\0\x02\0\0\0\0", "latin1"),
  ]);
  const texts = [serialize({ a: 1, late: 2 }), twice, serialize({ $oid: 1 })];
  const encoder = createCsvEncoder({ format: "csv", header: true, ...collector.result() });
  const file = Buffer.concat([encoder.head, encoder.encode(fromBytes(texts), true)]);
  const lines = file.toString().split("\n");
  assert.equal(lines[1], ',"{""a"":1,""late"":2}"');
  // JSON has a name once, so what has it twice is a reject there; here it is only what an environment refuses.
  const { rejects } = imported(file);
  assert.deepEqual(
    rejects.map(({ code }) => code),
    ["duplicate_key"],
  );
});

test("a selection has its paths as columns and says their values", () => {
  const documents = documentsFrom([
    { a: { b: 1 }, c: "x" },
    { a: { b: "y" }, d: 1 },
    { a: { b: 2 } },
  ]);
  const { file, retyped } = exported(documents, ["a.b", "c"]);
  assert.equal(file.toString(), 'a.b:int32,c:string\n1,x\n"""y""",\n2,\n');
  assert.equal(retyped, 0);
  assert.deepEqual(documentsOf(imported(file)), [
    { a: { b: new Int32(1) }, c: "x" },
    { a: { b: "y" } },
    { a: { b: new Int32(2) } },
  ]);
});

test("a field's own dots in a selection are counted, because they come back as a path", () => {
  assert.equal(exported(documentsFrom([{ "a.b": 1 }]), ["a.b"]).retyped, 1);
});

test("cells that a spreadsheet runs as a formula are counted, numbers are none", () => {
  const strings = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "a=1", "", "1"].map((s) => ({ s }));
  assert.equal(exported(documentsFrom(strings)).formulas, 6);
  assert.equal(exported(documentsFrom([{ n: -1 }, { n: -0.5 }])).formulas, 0);
  const plain = createCsvEncoder({ format: "csv", columns: ["s"], header: false });
  plain.encode(documentsFrom(strings), true);
  assert.equal(plain.formulas, 6);
});

test("what a spreadsheet wrote over is read: its booleans, values put into rows with an order", () => {
  const text = "a:boolean,b:int32,c:string,:document\nTRUE,1,x,\nFALSE,2,y,2\n";
  assert.deepEqual(documentsOf(imported(Buffer.from(text))), [
    { a: true, b: new Int32(1), c: "x" },
    { b: new Int32(2), a: false, c: "y" },
  ]);
});

test("mongoimport's types and those of typed CSV stand side by side", () => {
  const text = 'a.int32(),b:int32,"c.date(15:04:05)"\n1,,12:00:00\n2,null,12:00:00\n';
  const at = new Date("0000-01-01T12:00:00Z");
  assert.deepEqual(documentsOf(imported(Buffer.from(text))), [
    { a: new Int32(1), c: at },
    { a: new Int32(2), b: null, c: at },
  ]);
});

/** Column, cell, what is wrong. */
const faults: [string, string, { code: string; message: RegExp; path?: string }][] = [
  ["a:int32", "x", { code: "csv_type", message: /^`x` is not of type int32$/ }],
  ["a:int32", "2147483648", { code: "csv_type", message: /int32$/ }],
  ["a:int64", "9223372036854775808", { code: "csv_type", message: /int64$/ }],
  ["a:date", "yesterday", { code: "csv_type", message: /date$/ }],
  ["a:objectId", "0123", { code: "csv_type", message: /objectId$/ }],
  ["a:binary", "AQ", { code: "csv_type", message: /binary$/ }],
  ["a:decimal", "1.1.1", { code: "csv_type", message: /decimal$/ }],
  ["a:double", "1e400", { code: "csv_type", message: /double$/ }],
  ["a:string", '"{""b"":01}"', { code: "json_syntax", message: /./, path: "a.b" }],
  ["a:string", '"{""b"":1"', { code: "json_unfinished", message: /does not end/ }],
  ["a:string", '"[1"', { code: "json_unfinished", message: /does not end/ }],
  ["a:string", '"{""b"":1,""b"":2}"', { code: "duplicate_key", message: /twice/, path: "a" }],
  ["a:json", '"1,""b"":2"', { code: "csv_type", message: /one JSON value/ }],
  ["a:json", "1}", { code: "csv_type", message: /one JSON value/ }],
  ["a:json", '"{""$bson"":""AQ==""}"', { code: "csv_type", message: /BSON is wrong/ }],
  ["a:json", '"{""$bson"":""%""}"', { code: "csv_type", message: /not base64/ }],
  [":document", "1 x", { code: "csv_type", message: /no order of columns/ }],
  [":document", "2", { code: "csv_type", message: /no order of columns/ }],
  [":document", '"{""a"":}"', { code: "json_syntax", message: /value/, path: "a" }],
];

for (const [column, cell, { code, message, path }] of faults) {
  test(`typed CSV: ${cell} in ${column} is a reject`, () => {
    const { records, rejects } = imported(Buffer.from(`x:string,${column}\nok,\nb,${cell}\n`));
    assert.equal(records.length, 1);
    assert.equal(rejects.length, 1);
    assert.equal(rejects[0]?.code, code);
    assert.match(rejects[0].message, message);
    assert.equal(rejects[0].path, path ?? (column === ":document" ? "" : "a"));
    assert.equal(rejects[0].line, 3);
    assert.equal(rejects[0].column, 3 + (cell.startsWith('"') ? 1 : 0));
  });
}

test("columns that no typed file has are refused", () => {
  for (const columns of [
    [":document", ":document"],
    ["a.b:int32", ":document"],
    ['"a:int32'],
    ['"a","b":int32'],
    ['"a\\u0000b":int32'],
    ["a:int32", '"a":int32'],
    ["a:int"],
  ]) {
    const options = { columnsHaveTypes: true, useArrayIndexFields: false };
    assert.throws(() => checkColumns(columns, options), { code: "invalid_file" });
  }
});

test("an environment's rule for names holds within JSON and BSON", () => {
  const bad = [{ v: { "a..b": 1 } }, { v: { $oid: 1, "a..b": 1 } }, { v: [{ a: 1, "a.b": 1 }] }];
  const { file } = exported(documentsFrom(bad));
  const { records, rejects } = imported(file, 1 << 20, { fieldNames: "environment" });
  assert.equal(records.length, 0);
  assert.equal(rejects.length, 3);
  assert.equal(imported(file).records.length, 3);
});

test("a name twice within a cell's BSON is a reject, as it is in JSON, and names of array elements are none", () => {
  const element = (name: string) => Buffer.from(`\x10${name}\0\x01\0\0\0`, "latin1");
  const nested = (type: number, names: string[]) => {
    const inner = Buffer.concat(names.map(element));
    const head = Buffer.alloc(10);
    head.writeInt32LE(inner.length + 12, 0);
    head[4] = type;
    head.writeInt32LE(inner.length + 5, 6);
    return Buffer.concat([head, inner, Buffer.from([0, 0])]).toString("base64");
  };
  const cell = (base64: string) => `"{""$bson"":""${base64}""}"\n`;
  const { document: inDocument, array: inArray } = bsonType;
  const text = `a:json\n${cell(nested(inDocument, ["x", "x"]))}${cell(nested(inArray, ["x", "x"]))}`;
  for (const fieldNames of ["any", "environment"] as const) {
    const { records, rejects } = imported(Buffer.from(text), 1 << 20, { fieldNames });
    assert.deepEqual(
      rejects.map(({ code, line, message }) => [code, line, message]),
      [["duplicate_key", 2, "The cell's BSON has a name twice in one document"]],
    );
    assert.equal(records.length, 1);
  }
});

test("a row without _id gets one, a whole document as well", () => {
  const text = 'a:int32,:document\n1,\n,"{""b"":1}"\n,"{""b"":1,""_id"":2}"\n';
  const derivedId = { seconds: 1, jobKey: "010203" };
  const ids = documentsOf(imported(Buffer.from(text), 1 << 20, { derivedId })).map(
    ({ _id }) => _id,
  );
  assert.deepEqual(
    ids.map((id) => (id instanceof ObjectId ? id.toString() : id)),
    ["000000010102030000000012", "000000010102030000000015", new Int32(2)],
  );
});

test("random documents of all types come back byte for byte, cut anywhere", () => {
  const documents = fc.array(randomDocument(), { maxLength: 12 });
  const property = fc.property(documents, fc.integer({ min: 1, max: 500 }), assertComesBack);
  fc.assert(property, { numRuns: 200 });
});

test("csv-parse reads the same cells: any RFC 4180 reader opens it", () => {
  const property = fc.property(fc.array(randomDocument(), { maxLength: 8 }), (texts) => {
    const { file } = exported(fromBytes(texts));
    const rows: string[][] = parse(file, { record_delimiter: "\n" });
    assert.equal(rows.length, texts.length + 1);
    assert.ok(rows.every((row) => row.length === rows[0]?.length));
  });
  fc.assert(property, { numRuns: 100 });
});

test("a short row's columns are missing", () => {
  const { records } = decodeText(
    "1\n",
    decodeSpec(["a:int32", "b:string", ":document"], { columnsHaveTypes: true }),
  );
  assert.deepEqual(
    records.map(({ bson }) => bson),
    [Buffer.from(serialize({ a: new Int32(1) })).toString("hex")],
  );
});
