import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Documents } from "../../bson/documents.ts";
import { bsonType } from "../../bson/types.ts";
import { fromHex } from "../../../test/support/bson-corpus.ts";
import {
  array,
  binary,
  date,
  decimal,
  document,
  double,
  int32,
  int64,
  objectId,
  randomDocument,
  text,
} from "../../../test/support/random-bson.ts";
import type { BsonValue } from "../../../test/support/random-bson.ts";
import type { JsonEncodeSpec } from "../codec.ts";
import { createJsonEncoder } from "./encode.ts";

const nothing = (type: number): BsonValue => ({ type, bytes: new Uint8Array(0) });
const bytesOf = (type: number, bytes: Uint8Array | Buffer): BsonValue => ({
  type,
  bytes: Uint8Array.from(bytes),
});
const raw = (type: number, hex: string): BsonValue => bytesOf(type, Buffer.from(hex, "hex"));
const object = (...fields: [string, BsonValue][]): BsonValue => ({
  type: bsonType.document,
  bytes: document(fields),
});
const regex = (pattern: string, options: string): BsonValue =>
  bytesOf(bsonType.regex, Buffer.from(`${pattern}\0${options}\0`));
const badText = (hex: string): BsonValue => {
  const data = Buffer.from(`${hex}00`, "hex");
  return bytesOf(bsonType.string, Buffer.concat([int32(data.length).bytes, data]));
};
const scoped = (code: string, scope: BsonValue): BsonValue => {
  const rest = Buffer.concat([text(code).bytes, scope.bytes]);
  return bytesOf(bsonType.codeWithScope, Buffer.concat([int32(rest.length + 4).bytes, rest]));
};
const oidBytes = fromHex("56e1fc72e0c917e9c4714161");
const oidText = '{"$oid":"56e1fc72e0c917e9c4714161"}';

/** Value, relaxed text, canonical text where it differs, lossless text where it differs, how many values each form retypes. */
interface Row {
  value: BsonValue;
  relaxed: string;
  canonical?: string;
  lossless?: string;
  retyped?: [relaxed: number, canonical: number, lossless: number];
}

const rows: Record<string, Row[]> = {
  integers: [
    { value: int32(1), relaxed: "1", canonical: '{"$numberInt":"1"}' },
    { value: int32(0), relaxed: "0", canonical: '{"$numberInt":"0"}' },
    {
      value: int32(-1234567890),
      relaxed: "-1234567890",
      canonical: '{"$numberInt":"-1234567890"}',
    },
    {
      value: int32(-2147483648),
      relaxed: "-2147483648",
      canonical: '{"$numberInt":"-2147483648"}',
    },
    {
      value: int64(5n),
      relaxed: "5",
      canonical: '{"$numberLong":"5"}',
      lossless: '{"$numberLong":"5"}',
      retyped: [1, 0, 0],
    },
    {
      value: int64(-2147483648n),
      relaxed: "-2147483648",
      canonical: '{"$numberLong":"-2147483648"}',
      lossless: '{"$numberLong":"-2147483648"}',
      retyped: [1, 0, 0],
    },
    {
      value: int64(2147483648n),
      relaxed: "2147483648",
      canonical: '{"$numberLong":"2147483648"}',
    },
    {
      value: int64(-2147483649n),
      relaxed: "-2147483649",
      canonical: '{"$numberLong":"-2147483649"}',
    },
    {
      value: int64(9007199254740993n),
      relaxed: "9007199254740993",
      canonical: '{"$numberLong":"9007199254740993"}',
    },
    {
      value: int64(-(2n ** 63n)),
      relaxed: "-9223372036854775808",
      canonical: '{"$numberLong":"-9223372036854775808"}',
    },
    {
      value: int64(1000000000n * 1000000n),
      relaxed: "1000000000000000",
      canonical: '{"$numberLong":"1000000000000000"}',
    },
  ],
  doubles: [
    [1, "1.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [100, "100.0"],
    [-12.34, "-12.34"],
    [999999, "999999.0"],
    [999999.9, "999999.9"],
    [0.0001, "0.0001"],
    [0.00012345, "0.00012345"],
    [1e6, "1E+06"],
    [-1e6, "-1E+06"],
    [1234567.5, "1.2345675E+06"],
    [123456789012, "1.23456789012E+11"],
    [1e21, "1E+21"],
    [0.00001, "1E-05"],
    [0.00009999, "9.999E-05"],
    [5e-324, "5E-324"],
    [1.7976931348623157e308, "1.7976931348623157E+308"],
  ].map(([value, shown]) => ({
    value: double(value as number),
    relaxed: shown as string,
    canonical: `{"$numberDouble":"${shown}"}`,
  })),
  "doubles that are no numbers": [
    { value: double(NaN), relaxed: '{"$numberDouble":"NaN"}' },
    { value: double(Infinity), relaxed: '{"$numberDouble":"Infinity"}' },
    { value: double(-Infinity), relaxed: '{"$numberDouble":"-Infinity"}' },
    {
      value: raw(bsonType.double, "120000000000f87f"),
      relaxed: '{"$numberDouble":"NaN"}',
      retyped: [1, 1, 1],
    },
    {
      value: raw(bsonType.double, "000000000000f8ff"),
      relaxed: '{"$numberDouble":"NaN"}',
      retyped: [1, 1, 1],
    },
  ],
  decimals: [
    { value: decimal(false, 110n, -2), relaxed: '{"$numberDecimal":"1.10"}' },
    { value: decimal(true, 0n, 0), relaxed: '{"$numberDecimal":"-0"}' },
    { value: decimal(false, 0n, 3), relaxed: '{"$numberDecimal":"0E+3"}' },
    { value: decimal(false, 1n, -7), relaxed: '{"$numberDecimal":"1E-7"}' },
    { value: decimal(false, 1n, -6), relaxed: '{"$numberDecimal":"0.000001"}' },
    {
      value: decimal(true, 10n ** 34n - 1n, 6111),
      relaxed: '{"$numberDecimal":"-9.999999999999999999999999999999999E+6144"}',
    },
    {
      value: raw(bsonType.decimal, "00000000000000000000000000000078"),
      relaxed: '{"$numberDecimal":"Infinity"}',
    },
    {
      value: raw(bsonType.decimal, "0000000000000000000000000000007c"),
      relaxed: '{"$numberDecimal":"NaN"}',
    },
    {
      value: raw(bsonType.decimal, "120000000000000000000000000000fc"),
      relaxed: '{"$numberDecimal":"NaN"}',
      retyped: [1, 1, 1],
    },
    {
      value: raw(bsonType.decimal, "01000000000000000000000000000078"),
      relaxed: '{"$numberDecimal":"Infinity"}',
      retyped: [1, 1, 1],
    },
    {
      // A coefficient over 34 digits counts as zero.
      value: raw(bsonType.decimal, "00000000648e8d37c087adbe09ed4130"),
      relaxed: '{"$numberDecimal":"0"}',
      retyped: [1, 1, 1],
    },
  ],
  dates: [
    [0n, "1970-01-01T00:00:00Z"],
    [1n, "1970-01-01T00:00:00.001Z"],
    [1577934245678n, "2020-01-02T03:04:05.678Z"],
    [1577934245600n, "2020-01-02T03:04:05.6Z"],
    [1577934245670n, "2020-01-02T03:04:05.67Z"],
    [1582977599999n, "2020-02-29T11:59:59.999Z"],
    [951782400000n, "2000-02-29T00:00:00Z"],
    [4107542399000n, "2100-02-28T23:59:59Z"],
    [4107542400000n, "2100-03-01T00:00:00Z"],
    [253402300799999n, "9999-12-31T23:59:59.999Z"],
  ].map(([value, shown]) => ({
    value: date(value as bigint),
    relaxed: `{"$date":"${shown}"}`,
    canonical: `{"$date":{"$numberLong":"${value}"}}`,
  })),
  "dates outside 1970 to 9999": [-1n, 253402300800000n, -(2n ** 63n), 2n ** 63n - 1n].map(
    (value) => ({ value: date(value), relaxed: `{"$date":{"$numberLong":"${value}"}}` }),
  ),
  binaries: [
    {
      value: binary(4, fromHex("01 02 ff".replaceAll(" ", ""))),
      relaxed: '{"$binary":{"base64":"AQL/","subType":"04"}}',
    },
    { value: binary(0, fromHex("")), relaxed: '{"$binary":{"base64":"","subType":"00"}}' },
    { value: binary(0, fromHex("01")), relaxed: '{"$binary":{"base64":"AQ==","subType":"00"}}' },
    {
      value: binary(0xfe, fromHex("fbff")),
      relaxed: '{"$binary":{"base64":"+/8=","subType":"fe"}}',
    },
    { value: binary(2, fromHex("ffff")), relaxed: '{"$binary":{"base64":"//8=","subType":"02"}}' },
  ],
  "regular expressions": [
    {
      value: regex("a", "imsx"),
      relaxed: '{"$regularExpression":{"pattern":"a","options":"imsx"}}',
    },
    {
      value: regex('a"/', "xi"),
      relaxed: '{"$regularExpression":{"pattern":"a\\"/","options":"ix"}}',
      retyped: [1, 1, 1],
    },
  ],
  code: [
    { value: text("f", bsonType.code), relaxed: '{"$code":"f"}' },
    { value: scoped("f", object()), relaxed: '{"$code":"f","$scope":{}}' },
    {
      value: scoped('"', object(["a", int32(1)], ["b", object(["c", int64(7n)])])),
      relaxed: '{"$code":"\\"","$scope":{"a":1,"b":{"c":7}}}',
      canonical: '{"$code":"\\"","$scope":{"a":{"$numberInt":"1"},"b":{"c":{"$numberLong":"7"}}}}',
      lossless: '{"$code":"\\"","$scope":{"a":1,"b":{"c":{"$numberLong":"7"}}}}',
      retyped: [1, 0, 0],
    },
  ],
  others: [
    { value: objectId(oidBytes), relaxed: oidText },
    {
      value: bytesOf(bsonType.timestamp, Buffer.concat([int32(7).bytes, int32(5).bytes])),
      relaxed: '{"$timestamp":{"t":5,"i":7}}',
    },
    {
      value: bytesOf(bsonType.timestamp, Buffer.alloc(8, 255)),
      relaxed: '{"$timestamp":{"t":4294967295,"i":4294967295}}',
    },
    { value: nothing(bsonType.minKey), relaxed: '{"$minKey":1}' },
    { value: nothing(bsonType.maxKey), relaxed: '{"$maxKey":1}' },
    { value: nothing(bsonType.undefined), relaxed: '{"$undefined":true}' },
    { value: text("s", bsonType.symbol), relaxed: '{"$symbol":"s"}' },
    {
      value: bytesOf(bsonType.dbPointer, Buffer.concat([text("c").bytes, oidBytes])),
      relaxed: `{"$dbPointer":{"$ref":"c","$id":${oidText}}}`,
    },
    { value: nothing(bsonType.null), relaxed: "null" },
    { value: raw(bsonType.boolean, "01"), relaxed: "true" },
    { value: raw(bsonType.boolean, "00"), relaxed: "false" },
    { value: object(), relaxed: "{}" },
    { value: bytesOf(bsonType.array, array([])), relaxed: "[]" },
    {
      // An array's names are not looked at.
      value: bytesOf(
        bsonType.array,
        document([
          ["7", nothing(bsonType.null)],
          ["x", object()],
        ]),
      ),
      relaxed: "[null,{}]",
    },
  ],
  texts: [
    { value: text(""), relaxed: '""' },
    { value: text('"\\\b\f\n\r\t'), relaxed: '"\\"\\\\\\b\\f\\n\\r\\t"' },
    { value: text("\u0000\u0001\u001f\u007f"), relaxed: '"\\u0000\\u0001\\u001f\u007f"' },
    { value: text("\u2027\u2028\u2029\u202a"), relaxed: '"\u2027\\u2028\\u2029\u202a"' },
    { value: text("/<>&é中\u{1f600}"), relaxed: '"/<>&é中\u{1f600}"' },
    { value: badText("61ff62"), relaxed: '"a\\ufffdb"', retyped: [1, 1, 1] },
    // A cut-off character, a surrogate, an overlong slash: one mark for each byte, one value retyped.
    { value: badText("e280"), relaxed: '"\\ufffd\\ufffd"', retyped: [1, 1, 1] },
    { value: badText("eda080"), relaxed: '"\\ufffd\\ufffd\\ufffd"', retyped: [1, 1, 1] },
    { value: badText("c0af41"), relaxed: '"\\ufffd\\ufffdA"', retyped: [1, 1, 1] },
  ],
  "documents that look like a value of another type": [
    {
      value: object(["$oid", text("x")]),
      relaxed: '{"$oid":"x"}',
      retyped: [1, 1, 1],
    },
    {
      value: object(["a", nothing(bsonType.null)], ["b", text("$oid")]),
      relaxed: '{"a":null,"b":"$oid"}',
    },
    {
      // A scope is read as a document whatever its names; what stands in it is not.
      value: scoped("f", object(["$oid", object(["$date", text("x")])])),
      relaxed: '{"$code":"f","$scope":{"$oid":{"$date":"x"}}}',
      retyped: [1, 1, 1],
    },
    { value: object(["$ref", text("c")]), relaxed: '{"$ref":"c"}' },
  ],
};

for (const [name, cases] of Object.entries(rows)) {
  test(`writes ${name} as mongoexport does, in each form`, () => {
    for (const { value, relaxed, canonical, lossless, retyped = [0, 0, 0] } of cases) {
      const bytes = document([["v", value]]);
      for (const [i, [form, expected]] of (
        [
          ["relaxed", relaxed],
          ["canonical", canonical ?? relaxed],
          ["lossless", lossless ?? relaxed],
        ] as const
      ).entries()) {
        const encoder = createJsonEncoder({ format: "json", form, array: false, pretty: false });
        assert.equal(asText(encoder.encode(joined([bytes]), true)), `{"v":${expected}}\n`);
        assert.equal(encoder.retyped, retyped[i], `retyped by ${form}: ${expected}`);
      }
    }
  });
}

test("keys keep order and duplicates, and are escaped like texts", () => {
  const bytes = document([
    ["b", int32(1)],
    ['a.$"\n', int32(2)],
    ["b", int32(3)],
    ["", int32(4)],
  ]);
  assert.equal(encoded([bytes]), '{"b":1,"a.$\\"\\n":2,"b":3,"":4}\n');
});

test("a document at the top may look like a wrapper: there it reads back as it is", () => {
  const encoder = createJsonEncoder({
    format: "json",
    form: "relaxed",
    array: false,
    pretty: false,
  });
  encoder.encode(joined([document([["$oid", text("x")]])]), true);
  assert.equal(encoder.retyped, 0);
});

const one = document([
  ["a", int32(1)],
  ["b", object()],
  ["c", { type: bsonType.array, bytes: array([]) }],
  ["d", { type: bsonType.array, bytes: array([int32(1), object(["e", text('{"[,:]}\\')])]) }],
  ["f", objectId(oidBytes)],
]);
const two = document([["z", text("é")]]);
const onePretty = `{
\t"a": 1,
\t"b": {},
\t"c": [],
\t"d": [
\t\t1,
\t\t{
\t\t\t"e": "{\\"[,:]}\\\\"
\t\t}
\t],
\t"f": {
\t\t"$oid": "56e1fc72e0c917e9c4714161"
\t}
}`;
const oneCompact = `{"a":1,"b":{},"c":[],"d":[1,{"e":"{\\"[,:]}\\\\"}],"f":${oidText}}`;
const twoPretty = '{\n\t"z": "é"\n}';
const twoCompact = '{"z":"é"}';

for (const [name, options, none, both] of [
  ["lines", { array: false, pretty: false }, "", `${oneCompact}\n${twoCompact}\n`],
  ["an array", { array: true, pretty: false }, "[]\n", `[${oneCompact},${twoCompact}]\n`],
  ["pretty", { array: false, pretty: true }, "\n", `${onePretty}\n${twoPretty}\n`],
  ["a pretty array", { array: true, pretty: true }, "[]\n\n", `[${onePretty},\n${twoPretty}]\n\n`],
] as const) {
  test(`writes ${name} with the frame of mongoexport, whole or in parts`, () => {
    assert.equal(encoded([], options), none);
    assert.equal(encoded([one, two], options), both);
    const encoder = createJsonEncoder({ format: "json", form: "relaxed", ...options });
    const parts = [
      encoder.head,
      encoder.encode(joined([one]), true).slice(),
      encoder.encode(joined([]), false).slice(),
      encoder.encode(joined([two]), false).slice(),
      encoder.tail,
    ];
    assert.equal(asText(Buffer.concat(parts)), both);
  });
}

test("pretty text is what JSON.stringify makes of the compact text", () => {
  fc.assert(
    fc.property(randomDocument({ textSafe: true }), (bytes) => {
      // Keys that are numbers or __proto__ change place or vanish in JavaScript's objects.
      const compact = encoded([bytes]).replaceAll(/"(\d+|__proto__)":/g, '"_$1":');
      const pretty = encoded([bytes], { pretty: true }).replaceAll(/"(\d+|__proto__)":/g, '"_$1":');
      const again = JSON.stringify(JSON.parse(compact), null, "\t");
      assert.equal(neutral(pretty.trimEnd()), neutral(again));
    }),
  );
});

test("100,000 doubles of random bits read back as the same double, in the layout of mongoexport", () => {
  let state = 0x2545f491;
  const random = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  const view = new DataView(new ArrayBuffer(8));
  const values: number[] = [];
  while (values.length < 100_000) {
    view.setInt32(0, random());
    view.setInt32(4, random());
    const value = view.getFloat64(0);
    // Half of them of everyday size, where the layout changes.
    const near = (random() >>> 8) * 10 ** ((random() & 15) - 12);
    for (const chosen of [value, near]) if (Number.isFinite(chosen)) values.push(chosen);
  }
  const bytes = document([["v", { type: bsonType.array, bytes: array(values.map(double)) }]]);
  const written = encoded([bytes]).slice('{"v":['.length, -"]}\n".length).split(",");
  assert.equal(written.length, values.length);
  for (const [i, shown] of written.entries()) {
    const value = values[i]!;
    assert.ok(Object.is(Number(shown), value), `${value} became ${shown}`);
    const magnitude = Math.abs(value);
    const plain = value === 0 || (magnitude >= 1e-4 && magnitude < 1e6);
    assert.match(shown, plain ? /^-?\d+\.\d+$/ : /^-?\d(\.\d*[1-9])?E[+-]\d\d\d?$/);
  }
});

test("days of all years from 1970 to 9999 are written as JavaScript writes it", () => {
  const days = Array.from({ length: 2_932_897 / 61 }, (_, i) => i * 61);
  const bytes = document([
    [
      "v",
      { type: bsonType.array, bytes: array(days.map((day) => date(BigInt(day) * 86_400_000n))) },
    ],
  ]);
  const written = encoded([bytes]).matchAll(/\{"\$date":"(.*?)T00:00:00Z"\}/g);
  for (const day of days) {
    const expected = new Date(day * 86_400_000).toISOString().slice(0, 10);
    assert.equal(written.next().value![1], expected);
  }
});

test("a document as deep as bytes allow is written without overflowing the stack", () => {
  const depth = 100_000;
  const bytes = new Uint8Array(7 * depth - 2);
  const view = new DataView(bytes.buffer);
  for (let level = 0; level < depth; level++) {
    view.setInt32(level * 6, 5 + 7 * (depth - 1 - level), true);
    if (level < depth - 1) bytes[level * 6 + 4] = bsonType.document;
  }
  assert.equal(encoded([bytes]), `${'{"":'.repeat(depth - 1)}{${"}".repeat(depth)}\n`);
});

test("texts of many megabytes and many documents grow the buffer as they need", () => {
  const long = "ab\u0001é".repeat(500_000);
  const documents = [document([["v", text(long)]]), ...Array.from({ length: 5000 }, () => one)];
  const actual = encoded(documents);
  assert.equal(actual, `{"v":${JSON.stringify(long)}}\n${`${oneCompact}\n`.repeat(5000)}`);
});

function encoded(documents: Uint8Array[], options: Partial<JsonEncodeSpec> = {}): string {
  const encoder = createJsonEncoder({
    format: "json",
    form: "relaxed",
    array: false,
    pretty: false,
    ...options,
  });
  const body = encoder.encode(joined(documents), true);
  return asText(Buffer.concat([encoder.head, body, encoder.tail]));
}

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function joined(documents: Uint8Array[]): Documents {
  const starts = new Uint32Array(documents.length + 1);
  for (const [i, bytes] of documents.entries()) starts[i + 1] = starts[i]! + bytes.length;
  return { bytes: Uint8Array.from(Buffer.concat(documents)), starts, count: documents.length };
}

/** Less the escapes and the numbers' text, which JSON.stringify has no say in here. */
function neutral(json: string): string {
  return json
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029")
    .replaceAll(/(?<=^\t*(?:"(?:[^"\\]|\\.)*": )?)-?\d[\d.eE+-]*(?=,?$)/gm, "0");
}
