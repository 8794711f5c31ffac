import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import { documentsFrom } from "../../../test/support/csv.ts";
import { createCsvEncoder } from "./encode.ts";

// The rows of what mongoexport does, one by one. Where docferry does otherwise the test's name says so.

function exported(
  objects: Document[],
  columns: string[],
  header = false,
): { text: string; retyped: number } {
  const encoder = createCsvEncoder({ format: "csv", columns, header });
  const rows = Buffer.from(encoder.encode(documentsFrom(objects), true)).toString("utf8");
  assert.equal(encoder.between.length + encoder.tail.length, 0);
  return { text: Buffer.from(encoder.head).toString("utf8") + rows, retyped: encoder.retyped };
}

const oid = new ObjectId("0123456789abcdef01234567");

/** Value, its cell as it stands in the file, whether it comes back as the same value. */
const values: [string, unknown, string, boolean][] = [
  ["an Int32", new Int32(5), "5", true],
  ["the least Int32", new Int32(-2147483648), "-2147483648", true],
  ["an Int64", Long.fromString("9007199254740993"), "9007199254740993", true],
  ["the least Int64", Long.MIN_VALUE, "-9223372036854775808", true],
  ["an Int64 that fits into an Int32", Long.fromNumber(5), "5", false],
  ["the double 1", new Double(1), "1", false],
  ["the double -0", new Double(-0), "-0", true],
  ["the double 0.1", new Double(0.1), "0.1", true],
  ["the double 1e6", new Double(1e6), "1e+06", true],
  ["the smallest double", new Double(5e-324), "5e-324", true],
  ["NaN", new Double(NaN), "NaN", false],
  ["infinity", new Double(Infinity), "+Inf", false],
  ["minus infinity", new Double(-Infinity), "-Inf", false],
  ["the double 100", new Double(100), "100", false],
  ["a decimal", Decimal128.fromString("1.10"), "1.10", false],
  ["a date", new Date("2020-01-02T03:04:05Z"), "2020-01-02T03:04:05.000Z", false],
  ["a date before 1970", new Date(-1), "1969-12-31T23:59:59.999Z", false],
  ["a date of the year 0", new Date("0000-01-01T00:00:00Z"), "0000-01-01T00:00:00.000Z", false],
  [
    "a date of the year -1",
    new Date("-000001-12-31T00:00:00Z"),
    "-0001-12-31T00:00:00.000Z",
    false,
  ],
  [
    "a date of the year -12345",
    new Date("-012345-01-01T00:00:00Z"),
    "-12345-01-01T00:00:00.000Z",
    false,
  ],
  [
    "the last date with a calendar",
    new Date("3000-12-31T23:59:58.999Z"),
    "3000-12-31T23:59:58.999Z",
    false,
  ],
  [
    "the first date without",
    new Date("3000-12-31T23:59:59Z"),
    '"{ ""$date"": { ""$numberLong"" : ""32535215999000"" }}"',
    false,
  ],
  ["an ObjectId", oid, "ObjectId(0123456789abcdef01234567)", false],
  ["binary data", new Binary(Uint8Array.from([1, 0xab]), 0), "01AB", false],
  ["a UUID", new Binary(new Uint8Array(16), 4), "0".repeat(32), false],
  ["a string", "x", "x", true],
  ["the empty string", "", "", true],
  ["a string with a comma", "a,b", '"a,b"', true],
  ["a string with quotes", 'a"b"', '"a""b"""', true],
  ["a string with LF", "a\nb", '"a\nb"', true],
  ["a string with CRLF", "a\r\nb", '"a\r\nb"', true],
  ["a string with a leading blank", " a", '" a"', true],
  ["a string with a leading NBSP", "\u00a0a", '"\u00a0a"', true],
  ["a string with a blank at its end, which no quotes protect", "a ", "a ", false],
  ["a string with a blank at its end that is quoted for another reason", "a, ", '"a, "', true],
  ["PostgreSQL's end mark", "\\.", '"\\."', true],
  ["a semicolon, a hash, a formula", ";#=1+1", ";#=1+1", true],
  ["a string that looks like a number", "12", "12", false],
  ["a string that looks like a number to others", "0012", "0012", true],
  ["true", true, "true", false],
  ["false", false, "false", false],
  ["null", null, "", false],
  ["a missing field", undefined, "", false],
  ["a regular expression", new BSONRegExp('a"b', "i"), '"/a""b/i"', false],
  [
    "a timestamp",
    new Timestamp({ t: 5, i: 7 }),
    '"{ ""$timestamp"": { ""t"": 5, ""i"": 7 } }"',
    false,
  ],
  ["the least key", new MinKey(), "$MinKey", false],
  ["the greatest key", new MaxKey(), "$MaxKey", false],
  ["code", new Code("f()"), "f()", false],
];
for (const [name, value, cell, comesBack] of values) {
  test(`writes ${name}${comesBack ? "" : ", and counts it as retyped"}`, () => {
    const object = value === undefined ? { x: "y" } : { x: "y", v: value };
    assert.deepEqual(exported([object], ["x", "v"]), {
      text: `y,${cell}\n`,
      retyped: comesBack ? 0 : 1,
    });
  });
}

const better: [string, unknown, string][] = [
  ["binary data of subtype 2 whole", new Binary(Uint8Array.from([1, 2, 3]), 2), "010203"],
  ["a symbol as its text", new BSONSymbol("s,t"), '"s,t"'],
  [
    "code with its scope",
    new Code("f", { a: new Int32(1) }),
    '"{""$code"":""f"",""$scope"":{""a"":1}}"',
  ],
  [
    "nested values as Extended JSON",
    { a: Long.fromNumber(5), b: [1.5, new Double(1), null], c: "<>&" },
    '"{""a"":{""$numberLong"":""5""},""b"":[1.5,1.0,null],""c"":""<>&""}"',
  ],
  [
    "nested binary data as Extended JSON v2",
    [new Binary(Uint8Array.from([1]), 0)],
    '"[{""$binary"":{""base64"":""AQ=="",""subType"":""00""}}]"',
  ],
  [
    "a nested date with its Extended JSON",
    [new Date(5), oid],
    '"[{""$date"":""1970-01-01T00:00:00.005Z""},{""$oid"":""0123456789abcdef01234567""}]"',
  ],
  ["an empty document and array", [{}, []], '"[{},[]]"'],
  [
    "nested doubles so that they are JSON",
    [new Double(1e6), new Double(NaN), new Double(Infinity)],
    '"[1E+06,{""$numberDouble"":""NaN""},{""$numberDouble"":""Infinity""}]"',
  ],
  [
    "a nested decimal as it stands",
    [Decimal128.fromString("1.10")],
    '"[{""$numberDecimal"":""1.10""}]"',
  ],
  [
    "a nested regular expression as Extended JSON v2",
    [new BSONRegExp("a", "i")],
    '"[{""$regularExpression"":{""pattern"":""a"",""options"":""i""}}]"',
  ],
  [
    "nested timestamps, keys, code and symbols",
    [new Timestamp({ t: 5, i: 7 }), new MinKey(), new MaxKey(), new Code("f"), new BSONSymbol("s")],
    '"[{""$timestamp"":{""t"":5,""i"":7}},{""$minKey"":1},{""$maxKey"":1},{""$code"":""f""},{""$symbol"":""s""}]"',
  ],
];
for (const [name, value, cell] of better) {
  test(`unlike mongoexport, writes ${name}`, () => {
    assert.deepEqual(exported([{ x: "y", v: value }], ["x", "v"]), {
      text: `y,${cell}\n`,
      retyped: 1,
    });
  });
}

test("dates before JavaScript's first are written all the same", () => {
  const document = documentsFrom([{ v: new Date(0) }]);
  new DataView(document.bytes.buffer, document.bytes.byteOffset).setBigInt64(7, -(2n ** 63n), true);
  const encoder = createCsvEncoder({ format: "csv", columns: ["v"], header: false });
  const text = Buffer.from(encoder.encode(document, true)).toString();
  assert.equal(text, "-292275055-05-16T16:47:04.192Z\n");
});

test("undefined and database pointers are written as mongoexport does", () => {
  // js-bson writes neither, so their bytes are made by hand.
  const undefinedValue = Buffer.from("0a000000067600", "hex");
  const pointer = Buffer.concat([
    Buffer.from("0c7600020000006300", "hex"),
    Buffer.from("0123456789abcdef01234567", "hex"),
    Buffer.from([0]),
  ]);
  const bytes = Buffer.concat([
    Buffer.from([8, 0, 0, 0]),
    undefinedValue.subarray(4),
    Buffer.from([0]),
    Buffer.from([4 + pointer.length, 0, 0, 0]),
    pointer,
  ]);
  const starts = Uint32Array.from([0, 8, bytes.length]);
  const encoder = createCsvEncoder({ format: "csv", columns: ["v"], header: false });
  const text = Buffer.from(encoder.encode({ bytes, starts, count: 2 }, true)).toString();
  assert.equal(
    text,
    '"{ ""$undefined"": true }"\n"{ ""$ref"": ""c"", ""$id"": ObjectID(""0123456789abcdef01234567"") }"\n',
  );
});

const nested = { a: { b: { c: 1 }, "0": 2 }, l: [1.5, { x: 3 }, [4.5]], s: "text" };
const paths: [string, string][] = [
  ["a.b.c", "1"],
  ["a.0", "2"],
  ["a.00", ""],
  ["l.0", "1.5"],
  ["l.00", "1.5"],
  ["l.+0", "1.5"],
  ["l.-1", ""],
  ["l.3", ""],
  ["l.1.x", "3"],
  ["l.2.0", "4.5"],
  ["l.x", ""],
  ["s.x", ""],
  ["s.0", ""],
  ["nothing.here", ""],
  ["a.b", '"{""c"":1}"'],
];
for (const [path, cell] of paths) {
  test(`the path ${path} leads to ${cell || "nothing"}`, () => {
    assert.equal(exported([nested], ["s", path]).text, `text,${cell}\n`);
  });
}

test("a path and what it goes through may both be columns, and a column may come twice", () => {
  const { text } = exported([{ a: { b: 1.5 } }], ["a.b", "a", "a.b"]);
  assert.equal(text, '1.5,"{""b"":1.5}",1.5\n');
});

test("of a field that is there twice the first counts", () => {
  const [first, second] = [documentsFrom([{ a: 1.5 }]), documentsFrom([{ a: 2.5 }])];
  const body = [first, second].map(({ bytes }) => Buffer.from(bytes.subarray(4, bytes.length - 1)));
  const bytes = Buffer.concat([Buffer.alloc(4), ...body, Buffer.from([0])]);
  bytes.writeInt32LE(bytes.length, 0);
  const encoder = createCsvEncoder({ format: "csv", columns: ["a"], header: false });
  const starts = Uint32Array.from([0, bytes.length]);
  assert.equal(Buffer.from(encoder.encode({ bytes, starts, count: 1 }, true)).toString(), "1.5\n");
});

test("unlike in mongoexport, a name with dots of its own is found where the path leads nowhere", () => {
  assert.deepEqual(exported([{ "a.b": 1.5, x: 1 }], ["a.b", "x"]), { text: "1.5,1\n", retyped: 1 });
  assert.equal(exported([{ "a.b": 1.5, a: { b: 2.5 } }], ["a.b", "a"]).text, '2.5,"{""b"":2.5}"\n');
});

test("the header has the names as given, without a positional operator, quoted like cells", () => {
  assert.equal(exported([], ["a.$", "b c", 'd"e', " f"], true).text, 'a,b c,"d""e"," f"\n');
  assert.equal(exported([{ a: 1 }], ["a.$"], true).text, "a\n1\n");
});

test("fields out of the columns' order, missing and extra ones land in their columns", () => {
  const objects = [{ a: 1, b: 2, c: 3 }, { c: 6, b: 5, a: 4 }, { z: 0, b: 7 }, {}];
  assert.equal(exported(objects, ["a", "b", "c"]).text, "1,2,3\n4,5,6\n,7,\n,,\n");
});

test("unlike in mongoexport, an empty cell alone on its line is quoted, so that no row is lost", () => {
  assert.equal(exported([{ a: "" }, {}, { a: null }, { a: 1 }], ["a"]).text, '""\n""\n""\n1\n');
  assert.equal(exported([], [""], true).text, '""\n');
});

test("more columns than documents have buckets for are found", () => {
  const columns = Array.from({ length: 500 }, (_, index) => `column${index}`);
  const object = Object.fromEntries(columns.toReversed().map((name, index) => [name, index]));
  assert.equal(
    exported([object], columns).text,
    `${columns.map((_, index) => 499 - index).join(",")}\n`,
  );
});

test("text that is not UTF-8 stays as it is, and counts as retyped", () => {
  const documents = documentsFrom([{ a: "xy" }]);
  documents.bytes[11] = 0xff;
  const encoder = createCsvEncoder({ format: "csv", columns: ["a"], header: false });
  assert.deepEqual([...encoder.encode(documents, true)], [0xff, 0x79, 0x0a]);
  assert.equal(encoder.retyped, 1);
});

test("a reference of js-bson is a document like any other", () => {
  assert.equal(exported([{ a: new DBRef("c", oid) }], ["a.$ref"]).text, "c\n");
});
