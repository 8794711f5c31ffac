import assert from "node:assert/strict";
import { decodePieces, fileStart } from "../support/csv.ts";
import type { JsonDecodeSpec, JsonEncodeSpec } from "../../src/formats/codec.ts";
import { createDecoder, createEncoder } from "../../src/formats/formats.ts";
import { type Row, testTable } from "./table.ts";

// Sections 1.1 to 1.3. "✗" is a reject here: mongoimport stops at it, docferry goes on behind it (design.md section 6).

const strict: JsonDecodeSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "any",
  derivedId: null,
};
const legacy: JsonDecodeSpec = { ...strict, legacy: true };
const array: JsonDecodeSpec = { ...strict, layout: "array" };

/** The records as canonical lines, a reject as `✗ code`, in file order. */
function read(text: string | Buffer, spec: JsonDecodeSpec = strict): string[] {
  const { records, rejects } = decodePieces(createDecoder(spec, fileStart), [Buffer.from(text)]);
  const out: { offset: number; line: string }[] = [];
  for (const { offset, bson } of records) out.push({ offset, line: canonical(bson) });
  for (const { offset, code } of rejects) out.push({ offset, line: `✗ ${code}` });
  return out.sort((a, b) => a.offset - b.offset).map(({ line }) => line);
}

function canonical(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  const spec: JsonEncodeSpec = { format: "json", form: "canonical", array: false, pretty: false };
  const starts = Uint32Array.of(0, bytes.length);
  return Buffer.from(createEncoder(spec).encode({ bytes, starts, count: 1 }, true))
    .toString()
    .trimEnd();
}

/** Texts of values and what they become; `✗` for a reject, `✗ code` for one of that code. */
type Values = Record<string, string>;

/** By default, and with --legacy where nothing else is said. */
function values(both: Values, only: { strict?: Values; legacy?: Values } = {}): () => void {
  return () => {
    check({ ...both, ...only.strict }, strict);
    check({ ...both, ...only.legacy }, legacy);
  };
}

function check(expected: Values, spec: JsonDecodeSpec): void {
  for (const [text, becomes] of Object.entries(expected)) {
    // A record behind it is read, whatever this one is.
    const [first = "", ...rest] = read(`{"v":${text}}\n{"w":true}\n`, spec);
    const where = `${text}${spec.legacy ? " with --legacy" : ""}`;
    if (becomes === "✗") assert.match(first, /^✗ /, where);
    else assert.equal(first, becomes.startsWith("✗") ? becomes : `{"v":${becomes}}`, where);
    assert.deepEqual(rest, ['{"w":true}'], where);
  }
}

function reads(expected: Record<string, string[]>, spec: JsonDecodeSpec = strict): void {
  for (const [text, lines] of Object.entries(expected)) {
    assert.deepEqual(read(text, spec), lines, JSON.stringify(text));
  }
}

const int = (value: number) => `{"$numberInt":"${value}"}`;
const long = (value: string) => `{"$numberLong":"${value}"}`;
const double = (value: string) => `{"$numberDouble":"${value}"}`;
const decimal = (value: string) => `{"$numberDecimal":"${value}"}`;
const date = (ms: number) => `{"$date":{"$numberLong":"${ms}"}}`;
const binary = (base64: string, subType: string) =>
  `{"$binary":{"base64":"${base64}","subType":"${subType}"}}`;
const regex = (pattern: string, options: string) =>
  `{"$regularExpression":{"pattern":"${pattern}","options":"${options}"}}`;
const all = (texts: string[], becomes: string): Values =>
  Object.fromEntries(texts.map((text) => [text, becomes]));

testTable(
  { section: "1.1", table: 1, paired: true },
  {
    "`0` `-0`": {
      otherwise: "-0 is the double -0.0, so that its sign stays",
      check: values({ "0": int(0), "-0": double("-0.0") }),
    },
    "`1e-400`": values({ "1e-400": double("0.0") }),
    "`1.0` `-0.0` `1e2` `3.0e0`": values({
      "1.0": double("1.0"),
      "-0.0": double("-0.0"),
      "1e2": double("100.0"),
      "1E2": double("100.0"),
      "3.0e0": double("3.0"),
    }),
    "`1E400`": values({ "1E400": "✗ number_range", "-1E400": "✗ number_range" }),
    "−2147483648…2147483647": values({
      "-2147483648": int(-2147483648),
      "-1": int(-1),
      "2147483647": int(2147483647),
    }),
    "`01` `1.` `1e` `-` `1_000`": values(all(["01", "1.", "1e", "-", "1_000"], "✗")),
    "beyond, up to ±2^63": values({
      "2147483648": long("2147483648"),
      "-2147483649": long("-2147483649"),
      "9007199254740993": long("9007199254740993"),
      "9223372036854775807": long("9223372036854775807"),
      "-9223372036854775808": long("-9223372036854775808"),
    }),
    "`+1` `.5` `0x10`": values(
      {},
      {
        strict: all(["+1", ".5", "0x10"], "✗"),
        legacy: { "+1": int(1), ".5": double("0.5"), "0x10": int(16) },
      },
    ),
    "9223372036854775808 …": {
      otherwise: "a double only where it is exact, else a decimal up to 34 digits, else a reject",
      check: values({
        "9223372036854775808": double("9.223372036854776E+18"),
        "9223372036854775809": decimal("9223372036854775809"),
        "-9223372036854775809": decimal("-9223372036854775809"),
        "1234567890123456789012345678901234": decimal("1234567890123456789012345678901234"),
        "12345678901234567890123456789012345": "✗ number_range",
      }),
    },
    "`NaN` `Infinity` `-Infinity` `undefined`": values(
      {},
      {
        strict: all(["NaN", "Infinity", "-Infinity", "undefined"], "✗"),
        legacy: {
          NaN: double("NaN"),
          Infinity: double("Infinity"),
          "-Infinity": double("-Infinity"),
          undefined: '{"$undefined":true}',
        },
      },
    ),
  },
);

const oid = '{"$oid":"0123456789abcdef01234567"}';
const uuid = "00112233-4455-6677-8899-aabbccddeeff";

/** Of both kinds of integers in quotes. */
const integers = (name: string, tooLarge: string): { taken: Values; refused: string[] } => {
  const of = (text: string) => `{"${name}":${text}}`;
  return {
    taken: {
      [of('"5"')]: of('"5"'),
      [of('"007"')]: of('"7"'),
      [of('"+7"')]: of('"7"'),
      [of('"-0"')]: of('"0"'),
    },
    refused: ["5", '"1.0"', '"0x10"', '""', `"${tooLarge}"`].map(of),
  };
};
const [int32s, int64s] = [
  integers("$numberInt", "2147483648"),
  integers("$numberLong", "9223372036854775808"),
];

testTable(
  { section: "1.2", table: 1 },
  {
    "`$numberInt` `$numberLong`": values({
      ...int32s.taken,
      ...int64s.taken,
      ...all([...int32s.refused, ...int64s.refused], "✗ extended_json"),
    }),
    "`$numberDouble`": {
      otherwise:
        "--legacy reads it too, where mongoimport stores a document: the form is no other dialect's",
      check: values({
        [double("1.0")]: double("1.0"),
        [double("-0.0")]: double("-0.0"),
        [double("NaN")]: double("NaN"),
        [double("Infinity")]: double("Infinity"),
        [double("inf")]: double("Infinity"),
        [double("0x1p4")]: double("16.0"),
        [double("1_0")]: double("10.0"),
        ...all(['{"$numberDouble":1.0}', double("1e400"), double("")], "✗ extended_json"),
      }),
    },
    "`$numberDecimal`": values({
      [decimal("1.10")]: decimal("1.10"),
      [decimal("NaN")]: decimal("NaN"),
      [decimal("inf")]: decimal("Infinity"),
      [decimal("-Infinity")]: decimal("-Infinity"),
      [decimal("1E6144")]: decimal(`1.${"0".repeat(33)}E+6144`),
      [decimal(`5${"0".repeat(39)}`)]: decimal(`5.${"0".repeat(33)}E+39`),
      ...all(
        [decimal("1E6145"), decimal("1".repeat(35)), '{"$numberDecimal":1}'],
        "✗ extended_json",
      ),
    }),
    "`$date` text": values(
      {
        '{"$date":"2020-01-02T03:04:05.678999Z"}': date(1577934245678),
        '{"$date":"2020-01-02T03:04:05,678999Z"}': date(1577934245678),
        '{"$date":"2020-01-02T03:04:05+01:00"}': date(1577930645000),
        '{"$date":"2020-01-02T03:04:05+0100"}': date(1577930645000),
        '{"$date":"2020-01-02T3:04:05Z"}': date(1577934245000),
        '{"$date":"0000-01-01T00:00:00Z"}': date(-62167219200000),
        '{"$date":"9999-12-31T23:59:59.999Z"}': date(253402300799999),
        ...all(
          [
            "2020-01-02T03:04:05",
            "2020-01-02T03:04:05+01",
            "2020-01-02",
            "2020-01-02 03:04:05Z",
            "2020-01-02T03:04:05z",
            "2020-01-02T24:00:00Z",
            "2020-01-02T03:04:60Z",
            "2020-02-30T00:00:00Z",
          ].map((text) => `{"$date":"${text}"}`),
          "✗ extended_json",
        ),
      },
      {
        strict: { '{"$date":"2020-01-02T03:04Z"}': "✗ extended_json" },
        legacy: { '{"$date":"2020-01-02T03:04Z"}': date(1577934240000) },
      },
    ),
    "`$date` other": {
      otherwise:
        "a bare integer is an error of the specification's corpus, so a reject but with --legacy",
      check: values(
        {
          [date(-1)]: date(-1),
          ...all(
            ["null", '{"$numberInt":"5"}', '{"$numberLong":5}'].map((text) => `{"$date":${text}}`),
            "✗ extended_json",
          ),
        },
        {
          strict: all(['{"$date":5}', '{"$date":1.5}'], "✗ extended_json"),
          legacy: { '{"$date":5}': date(5), '{"$date":1.5}': date(1) },
        },
      ),
    },
    "`$oid`": values({
      [oid]: oid,
      '{"$oid":"0123456789ABCDEF01234567"}': oid,
      ...all(
        ['"0123456789abcdef0123456"', '"0123456789abcdef0123456g"', "5"].map(
          (text) => `{"$oid":${text}}`,
        ),
        "✗ extended_json",
      ),
    }),
    "`$binary` v2": {
      otherwise: "--legacy reads it too, where mongoimport stores a document",
      check: values({
        [binary("AQI=", "0")]: binary("AQI=", "00"),
        '{"$binary":{"subType":"80","base64":"AQI="}}': binary("AQI=", "80"),
        [binary("AQI=", "FF")]: binary("AQI=", "ff"),
        [binary("AQI=", "02")]: binary("AQI=", "02"),
        [binary("A\\nQI=", "00")]: binary("AQI=", "00"),
        [binary("AQJ=", "00")]: binary("AQI=", "00"),
        ...all(
          [
            binary("AQI", "00"),
            binary("_-8=", "00"),
            '{"$binary":{"base64":"AQI=","subType":0}}',
            binary("AQI=", "zz"),
            binary("AQI=", "100"),
          ],
          "✗ extended_json",
        ),
      }),
    },
    "`$binary` old": values(
      {
        '{"$binary":"AQI=","$type":"00"}': binary("AQI=", "00"),
        ...all(['{"$binary":"AQI=","$type":0}', '{"$binary":"AQI="}'], "✗ extended_json"),
      },
      {
        strict: {
          '{"$binary":"AQI=","$type":"0"}': binary("AQI=", "00"),
          '{"$type":"00","$binary":"AQI="}': '{"$type":"00","$binary":"AQI="}',
        },
        legacy: { '{"$type":"00","$binary":"AQI="}': binary("AQI=", "00") },
      },
    ),
    "`$uuid`": {
      otherwise: "--legacy reads it too, where mongoimport stores a document",
      check: values({
        [`{"$uuid":"${uuid}"}`]: binary("ABEiM0RVZneImaq7zN3u/w==", "04"),
        [`{"$uuid":"${uuid.toUpperCase()}"}`]: binary("ABEiM0RVZneImaq7zN3u/w==", "04"),
        [`{"$uuid":"${uuid.replaceAll("-", "")}"}`]: "✗ extended_json",
      }),
    },
    "`$regularExpression`": {
      otherwise: "--legacy reads it too, where mongoimport stores a document",
      check: values({
        [regex("a", "zq")]: regex("a", "qz"),
        '{"$regularExpression":{"options":"xi","pattern":"a"}}': regex("a", "ix"),
        ...all(
          [
            '{"$regularExpression":{"pattern":"a"}}',
            '{"$regularExpression":{"options":"i"}}',
            '{"$regularExpression":{"pattern":"a","options":"","x":1}}',
            regex("a\\u0000", ""),
          ],
          "✗",
        ),
      }),
    },
    "`$regex`+`$options`": values(
      {},
      {
        strict: { '{"$regex":"a","$options":"i"}': '{"$regex":"a","$options":"i"}' },
        legacy: {
          '{"$regex":"a","$options":"i"}': regex("a", "i"),
          '{"$options":"i","$regex":"a"}': regex("a", "i"),
          '{"$regex":"a"}': '{"$regex":"a"}',
        },
      },
    ),
    "`$timestamp`": {
      otherwise:
        "--legacy refuses 4294967296 and -1, which mongoimport wraps around to 0 and 4294967295",
      check: values({
        '{"$timestamp":{"t":5,"i":7}}': '{"$timestamp":{"t":5,"i":7}}',
        '{"$timestamp":{"i":4294967295,"t":0}}': '{"$timestamp":{"t":0,"i":4294967295}}',
        ...all(
          [
            '{"$timestamp":{"t":4294967296,"i":0}}',
            '{"$timestamp":{"t":-1,"i":0}}',
            '{"$timestamp":{"t":"5","i":7}}',
            '{"$timestamp":{"t":1.5,"i":7}}',
            '{"$timestamp":{"t":5}}',
          ],
          "✗ extended_json",
        ),
      }),
    },
    "`$minKey` `$maxKey`; `$undefined`": {
      otherwise:
        "--legacy takes any value of $undefined, but not of the keys: errors of the corpus",
      check: values(
        {
          '{"$minKey":1}': '{"$minKey":1}',
          '{"$maxKey":1}': '{"$maxKey":1}',
          '{"$undefined":true}': '{"$undefined":true}',
          ...all(['{"$minKey":2}', '{"$minKey":"1"}', '{"$maxKey":true}'], "✗ extended_json"),
        },
        {
          strict: { '{"$undefined":5}': "✗ extended_json" },
          legacy: { '{"$undefined":5}': '{"$undefined":true}' },
        },
      ),
    },
    "`$code`, `$code`+`$scope`": values(
      {
        '{"$code":"f"}': '{"$code":"f"}',
        '{"$code":"f","$scope":{"$oid":1}}': `{"$code":"f","$scope":{"$oid":${int(1)}}}`,
        '{"$code":"f","x":1}': "✗ extended_json",
      },
      {
        strict: all(['{"$scope":{},"$code":"f"}', '{"$scope":{}}'], "✗ extended_json"),
        legacy: { '{"$scope":{},"$code":"f"}': '{"$code":"f","$scope":{}}' },
      },
    ),
    "`$symbol`; `$dbPointer`": {
      otherwise: "--legacy reads them too, where mongoimport stores documents",
      check: values({
        '{"$symbol":"s"}': '{"$symbol":"s"}',
        [`{"$dbPointer":{"$ref":"c","$id":${oid}}}`]: `{"$dbPointer":{"$ref":"c","$id":${oid}}}`,
        [`{"$dbPointer":{"$id":${oid},"$ref":"c"}}`]: `{"$dbPointer":{"$ref":"c","$id":${oid}}}`,
        '{"$dbPointer":{"$ref":"c","$id":"x"}}': "✗ extended_json",
      }),
    },
  },
);

// What stands around that table.
const wrapped: Record<string, Row> = {
  "only the first key of an object below the top level is looked at": values({
    '{"x":1,"$oid":"5"}': `{"x":${int(1)},"$oid":"5"}`,
    '{"$foo":1}': `{"$foo":${int(1)}}`,
    [`{"$ref":"c","$id":${oid}}`]: `{"$ref":"c","$id":${oid}}`,
    '{"\\u0024oid":"0123456789abcdef01234567"}': oid,
  }),
  "at the top it is a plain document": () => reads({ [oid]: [oid] }),
  "the right first key with an extra one": {
    otherwise:
      "a reject with --legacy too, where mongoimport stores a document: an error of the corpus",
    check: values({
      '{"$oid":"0123456789abcdef01234567","x":1}': "✗ extended_json",
      '{"$date":{"$numberLong":"5"},"x":1}': "✗ extended_json",
    }),
  },
  "what only legacy takes": values(
    {},
    {
      strict: all(["{a:1}", "'x'", "/a/i", "MinKey", "NumberInt(5)", 'ObjectId("x")'], "✗"),
      legacy: {
        'ISODate("2020-01-02T03:04:05Z")': date(1577934245000),
        "new Date(5)": date(5),
        'Date("2020-01-02T03:04:05Z")': date(1577934245000),
        'ObjectId("0123456789abcdef01234567")': oid,
        "NumberLong(5)": long("5"),
        "NumberInt(5)": int(5),
        'BinData(0,"AQI=")': binary("AQI=", "00"),
        "Timestamp(5,7)": '{"$timestamp":{"t":5,"i":7}}',
        MinKey: '{"$minKey":1}',
        "/a/i": regex("a", "i"),
        'RegExp("a","i")': regex("a", "i"),
        "Boolean(1)": "true",
        'DBPointer("c",ObjectId("0123456789abcdef01234567"))': `{"$dbPointer":{"$ref":"c","$id":${oid}}}`,
        "'x'": '"x"',
        "{a:1}": `{"a":${int(1)}}`,
      },
    },
  ),
  "what legacy refuses too": values(
    all(
      [
        "ObjectId()",
        'ISODate("2020-01-02")',
        'NumberDecimal("1")',
        `UUID("${uuid}")`,
        'HexData(0,"00")',
        'DBRef("c","x")',
        'Code("f")',
      ],
      "✗",
    ),
  ),
};
testTable({ section: "1.2", table: 0 }, wrapped);

const one = `{"a":${int(1)}}`;
const two = `{"a":${int(2)}}`;

testTable(
  { section: "1.3", table: 1 },
  {
    "duplicate keys, also two `_id`": {
      otherwise: "a reject, since one of the two values would be lost in most programs",
      check: () =>
        reads({
          '{"a":1,"a":2}': ["✗ duplicate_key"],
          '{"_id":1,"_id":2}': ["✗ duplicate_key"],
        }),
    },
    '`""`, `a.b`, `$x` as key': () =>
      reads({ '{"":1,"a.b":1,"$x":1}': [`{"":${int(1)},"a.b":${int(1)},"$x":${int(1)}}`] }),
    "key with `\\u0000`": () =>
      reads({
        '{"a\\u0000":1}': ["✗ nul_byte"],
        '{"a":"x\\u0000"}': ['{"a":"x\\u0000"}'],
      }),
    "`\\ud800` alone; invalid UTF-8": {
      otherwise: "invalid UTF-8 is a reject, where mongoimport stores the bytes",
      check: () => {
        reads({ '{"a":"\\ud800"}': ['{"a":"\ufffd"}'] });
        for (const spec of [strict, legacy]) {
          assert.deepEqual(read(Buffer.from('{"a":"\xff"}', "latin1"), spec), ["✗ invalid_utf8"]);
          assert.deepEqual(read(Buffer.from('{"\xff":1}', "latin1"), spec), ["✗ invalid_utf8"]);
        }
      },
    },
    "raw control character in a string (tab, newline), comments, trailing comma, `[1,,2]`, `'x'`, `{a:1}`, `\\q`, `\\x41`":
      () => {
        const refused = ['"\t"', "1/* c */", "1 // c", "[1,]", "[1,,2]", "'x'", "{a:1}"];
        check(all([...refused, '"\\q"', '"\\x41"'], "✗ json_syntax"), strict);
        reads({ '{"v":"\n"}\n{"a":1}': ["✗ json_syntax", one] });
        reads({ '{"a":1,}': ["✗ json_syntax"] });
      },
    '`{"a":1}{"a":2}`, pretty objects, CRLF, blank lines': () =>
      reads({
        '{"a":1}{"a":2}': [one, two],
        '{\n  "a": 1\n}\n{\n  "a": 2\n}\n': [one, two],
        '{"a":1}\r\n\r\n\n{"a":2}\r\n': [one, two],
      }),
    '`{"a":1},{"a":2}`': {
      otherwise: "the rest of that line is the reject; a comma at a line's end is passed over",
      check: () =>
        reads({
          '{"a":1},{"a":2}\n{"a":2}': [one, "✗ json_syntax", two],
          '{"a":1},\n{"a":2},\n': [one, two],
        }),
    },
    "top-level array without `--jsonArray`, `5`, `true`; `null`": {
      otherwise:
        "an array is found out and read; null is a reject like 5 and true, not passed over in silence",
      check: () => {
        reads({ "5\ntrue\nnull\n": Array(3).fill("✗ not_an_object") as string[] });
        reads({ '[{"a":1},{"a":2}]': [one, two] }, array);
      },
    },
    "`{}`": {
      otherwise: "a record with --legacy too, where mongoimport drops it in silence",
      check: () => {
        reads({ "{}": ["{}"] });
        reads({ "{}": ["{}"] }, legacy);
      },
    },
    'empty input; cut off (`{"a":1`)': () => reads({ "": [], '{"a":1': ["✗ json_unfinished"] }),
    "UTF-8 BOM": () => {
      reads({ '\ufeff{"a":1}\n': [one], '{"a":1}\n\ufeff{"a":2}\n': [one, "✗ json_syntax"] });
      for (const little of [true, false]) {
        const bytes = Buffer.from('\ufeff{"a":1}', "utf16le");
        const lines = read(little ? bytes : bytes.swap16());
        assert.ok(lines.length > 0 && lines.every((line) => line.startsWith("✗")));
      }
    },
    depth: {
      otherwise:
        "arrays count as levels, too, and --legacy has the same 200: MongoDB stores no more",
      check: () => {
        const objects = (levels: number) =>
          `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
        const arrays = (levels: number) =>
          `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
        for (const spec of [strict, legacy]) {
          for (const make of [objects, arrays]) {
            assert.equal(read(make(200), spec).length, 1);
            assert.doesNotMatch(read(make(200), spec)[0]!, /✗/);
            assert.deepEqual(read(make(201), spec), ["✗ too_deep"]);
          }
        }
      },
    },
    "> 16 MiB": {
      otherwise: "a reject: no server behind the codec would take it",
      check: () => {
        const text = `{"a":"${"x".repeat(16 << 20)}"}\n{"a":1}\n`;
        reads({ [text]: ["✗ too_large", one] });
      },
    },
  },
);

testTable(
  { section: "1.3", table: 0 },
  {
    "blanks or commas may precede `[`": () => reads({ ' ,\n,[{"a":1}]': [one] }, array),
    "`[]`, `[` and an empty file": {
      otherwise: "no record and no fault, `[` aside, which the job tells of: export writes `[]`",
      check: () => reads({ "[]": [], "[": [], "": [] }, array),
    },
    "no `]`; `[{…}]x`; `[{…},]`; `[{…}\\n{…}]`": {
      otherwise: "one bad place costs one reject, a comma too many or too few none",
      check: () =>
        reads(
          {
            '[{"a":1}': [one],
            '[{"a":1}]x': [one, "✗ json_syntax"],
            '[{"a":1},]': [one],
            '[{"a":1}\n{"a":2}]': [one, two],
          },
          array,
        ),
    },
    "`[null]`": {
      otherwise: "a reject, where mongoimport passes over it",
      check: () => reads({ "[null]": ["✗ not_an_object"] }, array),
    },
  },
);
