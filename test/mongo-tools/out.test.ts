import assert from "node:assert/strict";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import { documentsFrom } from "../support/csv.ts";
import { array, type BsonValue, date, document, text } from "../support/random-bson.ts";
import type { Documents } from "../../src/bson/documents.ts";
import { bsonType } from "../../src/bson/types.ts";
import type { EncodeSpec, JsonEncodeSpec } from "../../src/formats/codec.ts";
import { createEncoder } from "../../src/formats/formats.ts";
import { testTable } from "./table.ts";

// Sections 3 (values and forms) and 4: bytes for bytes mongoexport's, but where it is said.

function file(documents: Documents, spec: EncodeSpec): string {
  const encoder = createEncoder(spec);
  return Buffer.concat([encoder.head, encoder.encode(documents, true), encoder.tail]).toString();
}

const one = (bytes: Uint8Array): Documents => ({
  bytes,
  starts: Uint32Array.of(0, bytes.length),
  count: 1,
});

function json(documents: Documents, changes: Partial<JsonEncodeSpec> = {}): string {
  return file(documents, {
    format: "json",
    form: "relaxed",
    array: false,
    pretty: false,
    ...changes,
  });
}

/** A value for js-bson, or what it does not write as bytes. */
type Value = unknown;

const isRaw = (value: Value): value is BsonValue =>
  typeof value === "object" && value !== null && "bytes" in value && "type" in value;

const holding = (value: Value): Documents =>
  isRaw(value) ? one(document([["v", value]])) : documentsFrom([{ v: value }]);

/** Values with their relaxed text, and the canonical one where it differs. */
function texts(cases: [value: Value, relaxed: string, canonical?: string][]): () => void {
  return () => {
    for (const [value, relaxed, canonical = relaxed] of cases) {
      assert.equal(json(holding(value)), `{"v":${relaxed}}\n`);
      assert.equal(json(holding(value), { form: "canonical" }), `{"v":${canonical}}\n`);
    }
  };
}

const oid = new ObjectId("0123456789abcdef01234567");
const oidText = '{"$oid":"0123456789abcdef01234567"}';
const nothing = (type: number): BsonValue => ({ type, bytes: new Uint8Array(0) });
const pointer: BsonValue = {
  type: bsonType.dbPointer,
  bytes: Uint8Array.from(Buffer.concat([text("c").bytes, oid.id])),
};
const badUtf8: BsonValue = {
  type: bsonType.string,
  bytes: Uint8Array.of(4, 0, 0, 0, 0x61, 0xff, 0xfe, 0),
};
const doubleTexts = (cases: [number, string][]): [Value, string, string][] =>
  cases.map(([value, shown]) => [new Double(value), shown, `{"$numberDouble":"${shown}"}`]);
const decimalTexts = (shown: string[]): [Value, string][] =>
  shown.map((value) => [Decimal128.fromString(value), `{"$numberDecimal":"${value}"}`]);
const dateTexts = (cases: [string, string][]): [Value, string, string][] =>
  cases.map(([iso, shown]) => [
    new Date(iso),
    `{"$date":"${shown}"}`,
    `{"$date":{"$numberLong":"${Date.parse(iso)}"}}`,
  ]);

testTable(
  { section: "3", table: 1 },
  {
    "int32; int64 of any size": texts([
      [new Int32(1), "1", '{"$numberInt":"1"}'],
      [Long.fromInt(1), "1", '{"$numberLong":"1"}'],
      [
        Long.fromString("9007199254740993"),
        "9007199254740993",
        '{"$numberLong":"9007199254740993"}',
      ],
      [Long.MIN_VALUE, "-9223372036854775808", '{"$numberLong":"-9223372036854775808"}'],
    ]),
    "double 1, −0, 0.1, 100": texts(
      doubleTexts([
        [1, "1.0"],
        [-0, "-0.0"],
        [0.1, "0.1"],
        [100, "100.0"],
      ]),
    ),
    "double ≥ 1e6 or < 1e-4": texts(
      doubleTexts([
        [1e6, "1E+06"],
        [1234567.5, "1.2345675E+06"],
        [1e21, "1E+21"],
        [1e-5, "1E-05"],
        [5e-324, "5E-324"],
        [Number.MAX_VALUE, "1.7976931348623157E+308"],
        [999999, "999999.0"],
        [1e-4, "0.0001"],
      ]),
    ),
    "NaN, ±Inf": texts(
      ([NaN, Infinity, -Infinity] as const).map((value) => [
        new Double(value),
        `{"$numberDouble":"${value}"}`,
      ]),
    ),
    decimal: () => {
      texts(decimalTexts(["1.10", "-0", "0E+3", "1E-7", "NaN"]))();
      const negative = Buffer.alloc(16);
      negative[15] = 0xfc;
      texts([[{ type: bsonType.decimal, bytes: negative }, '{"$numberDecimal":"NaN"}']])();
    },
    "date 1970…9999": texts(
      dateTexts([
        ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"],
        ["2020-01-02T03:04:05.678Z", "2020-01-02T03:04:05.678Z"],
        ["2020-01-02T03:04:05.000Z", "2020-01-02T03:04:05Z"],
        ["2020-01-02T03:04:05.600Z", "2020-01-02T03:04:05.6Z"],
        ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
      ]),
    ),
    "date other": texts(
      [-1n, 253402300800000n, -(2n ** 63n), 2n ** 63n - 1n].map((ms) => [
        date(ms),
        `{"$date":{"$numberLong":"${ms}"}}`,
      ]),
    ),
    binary: texts([
      [new Binary(Uint8Array.of(1, 2, 255), 4), '{"$binary":{"base64":"AQL/","subType":"04"}}'],
      [new Binary(Uint8Array.of(1), 0xab), '{"$binary":{"base64":"AQ==","subType":"ab"}}'],
      [new Binary(Uint8Array.of(1, 2, 3), 2), '{"$binary":{"base64":"AQID","subType":"02"}}'],
    ]),
    regex: texts([
      [
        { type: bsonType.regex, bytes: Uint8Array.from(Buffer.from("a\0xsmi\0")) },
        '{"$regularExpression":{"pattern":"a","options":"imsx"}}',
      ],
    ]),
    code: texts([
      [new Code("f"), '{"$code":"f"}'],
      [
        new Code("f", { a: new Int32(1) }),
        '{"$code":"f","$scope":{"a":1}}',
        '{"$code":"f","$scope":{"a":{"$numberInt":"1"}}}',
      ],
    ]),
    others: texts([
      [oid, oidText],
      [new Timestamp({ t: 5, i: 7 }), '{"$timestamp":{"t":5,"i":7}}'],
      [new MinKey(), '{"$minKey":1}'],
      [new MaxKey(), '{"$maxKey":1}'],
      [new BSONSymbol("s"), '{"$symbol":"s"}'],
      [nothing(bsonType.undefined), '{"$undefined":true}'],
      [pointer, `{"$dbPointer":{"$ref":"c","$id":${oidText}}}`],
    ]),
    string: texts([
      ['"\\\b\f\n\r\t', String.raw`"\"\\\b\f\n\r\t"`],
      ["\u0000\u001f", String.raw`"\u0000\u001f"`],
      ["\u2028\u2029", String.raw`"\u2028\u2029"`],
      ["/<>&\u007fé的\u{1f600}", '"/<>&\u007fé的\u{1f600}"'],
      [badUtf8, String.raw`"a\ufffd\ufffd"`],
    ]),
    "null, `{}`, `[]`, true": texts([
      [null, "null"],
      [{}, "{}"],
      [[], "[]"],
      [true, "true"],
      [{ type: bsonType.array, bytes: document([["x", nothing(bsonType.null)]]) }, "[null]"],
    ]),
  },
);

testTable(
  { section: "3", table: 0 },
  {
    "one document a line, order and duplicates of keys kept": () =>
      assert.equal(
        json(
          one(
            document([
              ["b", text("1")],
              ["a", text("2")],
              ["b", text("3")],
            ]),
          ),
        ),
        '{"b":"1","a":"2","b":"3"}\n',
      ),
  },
);

function csv(documents: Documents, columns: string[], header = false): string {
  return file(documents, { format: "csv", columns, header });
}

/** Values with their cells; `nested`: with the cells of an array of the value. */
function cells(cases: [value: Value, cell: string, nested?: string][]): () => void {
  return () => {
    for (const [value, cell, nested] of cases) {
      assert.equal(csv(holding(value), ["x", "v"]), `,${quoted(cell)}\n`);
      if (nested === undefined) continue;
      const list = isRaw(value)
        ? one(document([["v", { type: bsonType.array, bytes: array([value]) }]]))
        : documentsFrom([{ v: [value] }]);
      assert.equal(csv(list, ["x", "v"]), `,${quoted(`[${nested}]`)}\n`);
    }
  };
}

const quoted = (cell: string): string =>
  /[",\r\n]|^\s|^\\\.$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

const asJson =
  "nested values are Extended JSON in the form lossless, which docferry reads back, and not a form of their own";

testTable(
  { section: "4", table: 1 },
  {
    "int32, int64": cells([
      [new Int32(5), "5", "5"],
      [Long.fromInt(5), "5", '{"$numberLong":"5"}'],
    ]),
    double: {
      otherwise: `${asJson}: NaN in quotes, 1E+06`,
      check: cells([
        [new Double(1), "1", "1.0"],
        [new Double(-0), "-0", "-0.0"],
        [new Double(0.1), "0.1", "0.1"],
        [new Double(1e6), "1e+06", "1E+06"],
        [new Double(5e-324), "5e-324", "5E-324"],
        [new Double(NaN), "NaN", '{"$numberDouble":"NaN"}'],
        [new Double(Infinity), "+Inf", '{"$numberDouble":"Infinity"}'],
      ]),
    },
    decimal: cells([[Decimal128.fromString("1.10"), "1.10", '{"$numberDecimal":"1.10"}']]),
    date: {
      otherwise: `${asJson}: zeros cut`,
      check: cells([
        [
          new Date("2020-01-02T03:04:05Z"),
          "2020-01-02T03:04:05.000Z",
          '{"$date":"2020-01-02T03:04:05Z"}',
        ],
        [new Date("3000-12-31T23:59:58.999Z"), "3000-12-31T23:59:58.999Z"],
        [new Date("3000-12-31T23:59:59Z"), '{ "$date": { "$numberLong" : "32535215999000" }}'],
        [new Date("-000001-12-31T00:00:00Z"), "-0001-12-31T00:00:00.000Z"],
      ]),
    },
    oid: cells([[oid, "ObjectId(0123456789abcdef01234567)", oidText]]),
    binary: {
      otherwise: `subtype 2 is whole; ${asJson}`,
      check: cells([
        [
          new Binary(Uint8Array.of(1, 0xab), 0),
          "01AB",
          '{"$binary":{"base64":"Aas=","subType":"00"}}',
        ],
        [new Binary(Uint8Array.of(1, 2, 3, 4, 5), 2), "0102030405"],
        [new Binary(Uint8Array.of(1), 2), "01"],
      ]),
    },
    string: {
      otherwise: `${asJson}: <>& as they are`,
      check: cells([
        ["a", "a", '"a"'],
        ["<>&\u2028", "<>&\u2028", String.raw`"<>&\u2028"`],
      ]),
    },
    "bool, code": {
      otherwise: "code keeps its scope",
      check: cells([
        [true, "true", "true"],
        [new Code("f"), "f", '{"$code":"f"}'],
        [
          new Code("f", { a: new Int32(1) }),
          '{"$code":"f","$scope":{"a":1}}',
          '{"$code":"f","$scope":{"a":1}}',
        ],
      ]),
    },
    regex: {
      otherwise: asJson,
      check: cells([
        [new BSONRegExp("a", "i"), "/a/i", '{"$regularExpression":{"pattern":"a","options":"i"}}'],
      ]),
    },
    timestamp: cells([
      [
        new Timestamp({ t: 5, i: 7 }),
        '{ "$timestamp": { "t": 5, "i": 7 } }',
        '{"$timestamp":{"t":5,"i":7}}',
      ],
    ]),
    "min/max": cells([
      [new MinKey(), "$MinKey", '{"$minKey":1}'],
      [new MaxKey(), "$MaxKey", '{"$maxKey":1}'],
    ]),
    "DBPointer, undefined": {
      otherwise: `${asJson}: a pointer is not taken for a reference`,
      check: cells([
        [
          pointer,
          '{ "$ref": "c", "$id": ObjectID("0123456789abcdef01234567") }',
          `{"$dbPointer":{"$ref":"c","$id":${oidText}}}`,
        ],
        [nothing(bsonType.undefined), '{ "$undefined": true }', '{"$undefined":true}'],
      ]),
    },
    "symbol anywhere, even in a field not asked for": {
      otherwise: "its text; mongoexport ends there, with rows lost",
      check: () => {
        cells([[new BSONSymbol("s"), "s", '{"$symbol":"s"}']])();
        assert.equal(csv(documentsFrom([{ v: 1, w: new BSONSymbol("s") }]), ["v"]), "1\n");
      },
    },
  },
);

testTable(
  { section: "4", table: 0 },
  {
    "header: names as given, `a.$` as `a`; off with --noHeaderLine; lines end in LF": () => {
      assert.equal(csv(documentsFrom([{ a: 1 }]), ["a.$", "b"], true), "a,b\n1,\n");
      assert.equal(csv(documentsFrom([{ a: 1 }]), ["a.$", "b"]), "1,\n");
    },
    'quoted: `,` `"` CR LF, white space first, `\\.`; nothing else': {
      otherwise:
        'an empty cell alone on its line is `""`, where mongoexport writes a blank line that no import reads',
      check: () => {
        cells(
          [
            "a,b",
            'a"b',
            "a\rb",
            "a\nb",
            " a",
            "\ta",
            "\u00a0a",
            "\\.",
            "a ",
            "a;b",
            "#a",
            "=1+1",
          ].map((value) => [value, value]),
        )();
        assert.equal(csv(documentsFrom([{ v: "" }, {}]), ["v"]), '""\n""\n');
      },
    },
    paths: {
      otherwise: "a key that has dots of its own is found where no path leads",
      check: () => {
        const nested = documentsFrom([{ a: { b: { c: 1 } }, l: [5, 6] }]);
        const paths = ["a.b.c", "l.0", "l.00", "l.+0", "l.-1", "l.9", "x"];
        assert.equal(csv(nested, paths), "1,5,5,5,,,\n");
        assert.equal(csv(documentsFrom([{ "a.b": 1, x: null }]), ["a.b", "x"]), "1,\n");
        const twice = document([
          ["a", text("first")],
          ["a", text("second")],
        ]);
        assert.equal(csv(one(twice), ["a"]), "first\n");
      },
    },
  },
);
