import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize, EJSON } from "bson";
import { documentAt } from "../../bson/documents.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { JsonDecodeSpec } from "../codec.ts";
import { createJsonDecoder } from "./decode.ts";

const plain: JsonDecodeSpec = {
  format: "json",
  layout: "sequence",
  fieldNames: "any",
  derivedId: null,
};

// Numbers: mongo-tools 1.1, and what design.md decides otherwise.
const numbers: [text: string, canonical: string, decidedOtherwise?: string][] = [
  ["0", '{"$numberInt":"0"}'],
  ["-0", '{"$numberDouble":"-0.0"}', "mongoimport loses the sign"],
  ["1.0", '{"$numberDouble":"1.0"}'],
  ["-0.0", '{"$numberDouble":"-0.0"}'],
  ["1e2", '{"$numberDouble":"100.0"}'],
  ["1E2", '{"$numberDouble":"100.0"}'],
  ["3.0e0", '{"$numberDouble":"3.0"}'],
  ["0e5", '{"$numberDouble":"0.0"}'],
  ["12.5e-1", '{"$numberDouble":"1.25"}'],
  ["2147483647", '{"$numberInt":"2147483647"}'],
  ["2147483648", '{"$numberLong":"2147483648"}'],
  ["-2147483648", '{"$numberInt":"-2147483648"}'],
  ["-2147483649", '{"$numberLong":"-2147483649"}'],
  ["999999999", '{"$numberInt":"999999999"}'],
  ["1000000000", '{"$numberInt":"1000000000"}'],
  ["9007199254740993", '{"$numberLong":"9007199254740993"}'],
  ["-9007199254740993", '{"$numberLong":"-9007199254740993"}'],
  ["4294967296000000000", '{"$numberLong":"4294967296000000000"}'],
  ["-4294967296000000000", '{"$numberLong":"-4294967296000000000"}'],
  ["9223372036854775807", '{"$numberLong":"9223372036854775807"}'],
  ["-9223372036854775808", '{"$numberLong":"-9223372036854775808"}'],
  ["9223372036854775808", '{"$numberDouble":"9223372036854775808.0"}'],
  [
    "-9223372036854775809",
    '{"$numberDecimal":"-9223372036854775809"}',
    "mongoimport rounds to a double",
  ],
  ["18446744073709551616", '{"$numberDouble":"18446744073709551616.0"}'],
  [
    "18446744073709551615",
    '{"$numberDecimal":"18446744073709551615"}',
    "mongoimport rounds to a double",
  ],
  [
    `1${"0".repeat(400)}`,
    '{"$numberDecimal":"1.000000000000000000000000000000000E+400"}',
    "mongoimport refuses",
  ],
  ["1e-400", '{"$numberDouble":"0.0"}'],
  ["5e-324", '{"$numberDouble":"5e-324"}'],
  ["0.1", '{"$numberDouble":"0.1"}'],
  ["0.30000000000000004", '{"$numberDouble":"0.30000000000000004"}'],
  ["9007199254740993.0", '{"$numberDouble":"9007199254740992.0"}'],
  ["0.1000000000000000055511151231257827", '{"$numberDouble":"0.1"}'],
  ["1.7976931348623157e308", '{"$numberDouble":"1.7976931348623157e+308"}'],
];
for (const [text, canonical, otherwise] of numbers) {
  test(`the number ${shown(text)} becomes ${canonical}${otherwise ? ` (${otherwise})` : ""}`, () => {
    for (const around of ["", " ", "\n"]) {
      const batch = decode(`{"v":${around}${text}${around}}`);
      assert.deepEqual(batch.rejects, []);
      assert.equal(canonicalOf(batch), `{"v":${canonical}}`);
    }
  });
}

const badNumbers: [string, string, number][] = [
  ["1E400", "number_range", 6],
  ["-1e309", "number_range", 6],
  [`1${"0".repeat(34)}1`, "number_range", 6],
  ["01", "json_syntax", 7],
  ["-01", "json_syntax", 8],
  ["1.", "json_syntax", 8],
  ["1.e5", "json_syntax", 8],
  ["1e", "json_syntax", 8],
  ["1e+", "json_syntax", 9],
  ["-", "json_syntax", 7],
  ["1_000", "json_syntax", 7],
  ["+1", "json_syntax", 6],
  [".5", "json_syntax", 6],
  ["0x10", "json_syntax", 7],
  ["NaN", "json_syntax", 6],
  ["Infinity", "json_syntax", 6],
  ["-Infinity", "json_syntax", 7],
  ["undefined", "json_syntax", 6],
];
for (const [text, code, column] of badNumbers) {
  test(`the number ${shown(text)} is a reject`, () => {
    const { rejects, count } = decode(`{"v":${text}}\n{"w":1}`);
    assert.equal(count, 1);
    assert.deepEqual(
      rejects.map((r) => [r.code, r.line, r.column, r.path, r.length]),
      [[code, 1, column, "v", text.length + 6]],
    );
  });
}

test("doubles are the nearest ones, as the engine's own reader gives them", () => {
  const texts: string[] = [];
  for (let i = 0; i < 3000; i++) {
    // A fixed walk through mantissas of 1 to 19 digits and exponents to both sides of the exact range.
    const digits = String((BigInt(i) * 6364136223846793005n) % 10n ** BigInt((i % 19) + 1));
    texts.push(
      `${digits}e${(i % 61) - 30}`,
      `0.${digits}`,
      `-${digits}.5`,
      `${digits}.0e-${i % 23}`,
    );
  }
  const batch = decode(texts.map((text) => `{"v":${text}}`).join("\n"));
  assert.equal(batch.count, texts.length);
  for (const [i, text] of texts.entries()) {
    const bytes = documentAt(batch, i);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    assert.equal(bytes[4], 1, text);
    assert.equal(view.getFloat64(7, true), Number(text), text);
  }
});

test("integers of every length keep their value", () => {
  const texts: string[] = [];
  for (let length = 1; length <= 19; length++) {
    for (let i = 0n; i < 60n; i++) {
      const value = 10n ** BigInt(length - 1) + i * (10n ** BigInt(length) / 67n);
      texts.push(String(value), String(-value));
    }
  }
  const fitting = texts.filter((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text));
  const batch = decode(fitting.map((text) => `{"v":${text}}`).join(""));
  assert.equal(batch.count, fitting.length);
  for (const [i, text] of fitting.entries()) {
    const value = deserialize(documentAt(batch, i), { useBigInt64: true })["v"] as number | bigint;
    assert.equal(BigInt(value), BigInt(text));
  }
});

// Syntax: mongo-tools 1.3.
const strings: [string, string][] = [
  ['"\\u0041\\n\\t\\"\\\\\\/\\b\\f\\r"', 'A\n\t"\\/\b\f\r'],
  ['"\\u00e9\\u20ac\\ud83d\\ude00"', "é€😀"],
  ['"é€😀ßЖ中"', "é€😀ßЖ中"],
  ['"\\ud800"', "\ufffd"],
  ['"\\ud800x"', "\ufffdx"],
  ['"\\udc00\\ud800"', "\ufffd\ufffd"],
  ['"\\ud800\\ud83d\\ude00"', "\ufffd😀"],
  ['"a\\u0000b"', "a\0b"],
  ['"\\ufeff\u007f"', "\ufeff\u007f"],
];
for (const [text, value] of strings) {
  test(`the string ${shown(text)} becomes ${JSON.stringify(value)}`, () => {
    const batch = decode(`{"v":${text}}`);
    assert.deepEqual(deserialize(documentAt(batch, 0)), { v: value });
  });
}

const accepted: [string, string][] = [
  ['{"":1,"a.b":2,"$x":3}', '{"":1,"a.b":2,"$x":3}'],
  ['{"a":1}{"a":2}', '{"a":1} {"a":2}'],
  ['{\n "a" :\t1 ,\r\n "b" : [ ] , "c" : { } }', '{"a":1,"b":[],"c":{}}'],
  [
    '\n\n {"a":1}\r\n\r\n{"b":true,"c":false,"d":null}\r\n',
    '{"a":1} {"b":true,"c":false,"d":null}',
  ],
  ["{}", "{}"],
  ["", ""],
  [" \n\t\r\n", ""],
  ['\ufeff{"a":1}', '{"a":1}'],
  ['{"a":1},\n{"b":2},\n', '{"a":1} {"b":2}'],
  ['{"$oid":"0123456789abcdef01234567"}', '{"$oid":"0123456789abcdef01234567"}'],
  [
    `{"a":[${Array.from({ length: 120 }, (_, i) => i).join(",")}]}`,
    `{"a":[${Array.from({ length: 120 }, (_, i) => i).join(",")}]}`,
  ],
  ['{"_id":1,"x":{"_id":2}}', '{"_id":1,"x":{"_id":2}}'],
];
for (const [text, documents] of accepted) {
  test(`${shown(text)} is read`, () => {
    const batch = decode(text);
    assert.deepEqual(batch.rejects, []);
    const found = Array.from({ length: batch.count }, (_, i) =>
      EJSON.stringify(deserialize(documentAt(batch, i), { promoteValues: false })),
    );
    assert.equal(found.join(" "), documents);
  });
}

// text; rejects as `code line:column +length path`; how many records are read besides
const refused: [string, string[], number][] = [
  ['{"a":1,"a":2}', ["duplicate_key 1:8 +13 "], 0],
  ['{"_id":1,"_id":2}', ["duplicate_key 1:10 +17 "], 0],
  ['{"x":{"a":1,"\\u0061":2}}', ["duplicate_key 1:13 +24 x"], 0],
  ['{"a":1,"a":2} {"b":1}', ["duplicate_key 1:8 +13 "], 1],
  ['{"a\\u0000":1}', ["nul_byte 1:2 +13 "], 0],
  ['{"a":"x\ty"}', ["json_syntax 1:8 +11 a"], 0],
  ['{"a":"x\ny"}\n{"b":1}', ["json_syntax 1:8 +11 a"], 1],
  ['{"a\u0001":1}', ["json_syntax 1:4 +8 "], 0],
  ['{"a":1 /* c */}', ["json_syntax 1:8 +15 a"], 0],
  ['{"a":1,}', ["json_syntax 1:8 +8 "], 0],
  ['{"a":[1,,2]}', ["json_syntax 1:9 +12 a.1"], 0],
  ['{"a":[1,2,]}', ["json_syntax 1:11 +12 a.2"], 0],
  ["{'a':1}", ["json_syntax 1:2 +7 "], 0],
  ["{a:1}", ["json_syntax 1:2 +5 "], 0],
  ['{"a":"\\q"}', ["json_syntax 1:8 +10 a"], 0],
  ['{"a":"\\x41"}', ["json_syntax 1:8 +12 a"], 0],
  ['{"a":"\\u12g4"}', ["json_syntax 1:11 +14 a"], 0],
  ['{"a":tru}', ["json_syntax 1:9 +9 a"], 0],
  ['{"a":truex}', ["json_syntax 1:10 +11 a"], 0],
  ['{"a" 1}', ["json_syntax 1:6 +7 a"], 0],
  ['{"a":}', ["json_syntax 1:6 +6 a"], 0],
  ['{"a":1 "b":2} {"c":3}', ["json_syntax 1:8 +13 a"], 1],
  ['{"a":01} {"b":1}', ["json_syntax 1:7 +8 a"], 1],
  ['{"a":{"b":[1,{"c":x}]}}', ["json_syntax 1:19 +23 a.b.1.c"], 0],
  ['{"a":1', ["json_unfinished 1:7 +6 "], 0],
  ['{"a":1\n\n', ["json_unfinished 1:7 +6 "], 0],
  ['{"a":"x\n', ["json_unfinished 1:8 +7 "], 0],
  ['{"a":{"b":1}\n{"c":1}\n', ["json_unfinished 1:13 +12 "], 1],
  ['{"a":[1,\n  {"b":1},\n{"c":1}\n{"d":1}', ["json_unfinished 1:11 +19 "], 2],
  ['{"a":\n{"b":1}\n{"c":1}\n', ["json_unfinished 1:6 +5 "], 2],
  ['  {"a":[1}\n {"b":1}\n', ["json_syntax 1:10 +8 a.0"], 1],
  ['{"a":[1}\n {"b":1}\n{"c":1}', ["json_syntax 1:8 +17 a.0"], 1],
  ['{"a":1}}\n{"b":1}', ["json_syntax 1:1 +1 "], 2],
  ['{"a":1},{"b":2}\n{"c":3}', ["json_syntax 1:1 +8 "], 2],
  [
    '5\ntrue\nfalse\nnull\n"x"\n[1,{"a":1}]\n-1.5e3\n{"a":1}',
    [
      "not_an_object 1:1 +1 ",
      "not_an_object 2:1 +4 ",
      "not_an_object 3:1 +5 ",
      "not_an_object 4:1 +4 ",
      "not_an_object 5:1 +3 ",
      "not_an_object 6:1 +11 ",
      "not_an_object 7:1 +6 ",
    ],
    1,
  ],
  ["  foo bar  \r\n{}", ["json_syntax 1:3 +7 "], 1],
  ['"x\n"y"', ["json_syntax 1:1 +2 ", "not_an_object 2:1 +3 "], 0],
  ['{"a":1}\n[\n{"b":1}\n]\n', ["json_syntax 2:1 +1 ", "json_syntax 4:1 +1 "], 2],
];
for (const [text, rejects, records] of refused) {
  test(`${shown(text)} is refused`, () => {
    const batch = decode(text);
    assert.deepEqual(batch.rejects.map(briefly), rejects);
    assert.equal(batch.count, records);
    for (const { message } of batch.rejects) assert.match(message, /^["A-Z$].*[^.]$/);
  });
}

test("a message says what was expected and what was found, in words", () => {
  const texts = ['{"a":}', '{"a":1 "b"}', "{a}", '{"a":"\n"', '{"a":\x01}', "x", "5"];
  const messages = texts.map((text) => decode(text).rejects[0]!.message);
  assert.deepEqual(messages, [
    'Expected a value, found "}"',
    'Expected a comma or "}", found a quote',
    'Expected a key in quotes, found "a"',
    "Within a string a line break must be escaped",
    "Expected a value, found the control character 01",
    'Expected an object, found "x"',
    "A record must be an object, this is a number",
  ]);
});

test("invalid UTF-8 is a reject, in keys and strings, wherever it stands", () => {
  const bad = [
    "ff",
    "80",
    "c0af",
    "c3",
    "c328",
    "e0809f",
    "eda080",
    "f0808080",
    "f4908080",
    "e282",
  ];
  for (const hex of bad) {
    for (const [before, after] of [
      ['{"a":"é', '"}\n{"b":1}'],
      ['{"é', '":1}\n{"b":1}'],
    ]) {
      const text = Buffer.concat([
        Buffer.from(before!),
        Buffer.from(hex, "hex"),
        Buffer.from(after!),
      ]);
      const batch = decode(text);
      assert.deepEqual(
        batch.rejects.map(({ code, column }) => [code, column]),
        [["invalid_utf8", Buffer.byteLength(before!) + 1]],
        hex,
      );
      assert.equal(batch.count, 1);
    }
  }
});

test("UTF-16 gives rejects and no record", () => {
  for (const text of ['\ufeff{"a":1}\n', '{"a":1}\n{"b":2}']) {
    const little = Buffer.from(text, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const batch = decode(bytes);
      assert.equal(batch.count, 0);
      assert.ok(batch.rejects.length > 0);
    }
  }
});

test("a byte order mark is passed over at the begin of the file only", () => {
  const text = Buffer.from('\ufeff{"a":1}\n\ufeff{"b":1}');
  assert.deepEqual(decode(text).rejects.map(briefly), ["json_syntax 2:1 +10 "]);
  const later = createJsonDecoder(plain, { offset: 3, line: 1 });
  assert.equal(later.push(Buffer.from('\ufeff{"a":1}'), true).rejects.length, 1);
});

// Arrays: mongo-tools 1.3; where it stops at the first fault, one bad record costs one record.
const arrays: [string, string[], number][] = [
  ['[{"a":1},{"b":2}]', [], 2],
  [' \n,,[{"a":1}\n,\n{"b":2}]\n \n', [], 2],
  ["[]", [], 0],
  ["[", [], 0],
  ["[ ]\n", [], 0],
  ['[{"a":1},]', [], 1],
  ['[{"a":1}\n{"b":2}]', [], 2],
  ['[{"a":1},,{"b":2}]', [], 2],
  ['[{"a":1}', [], 1],
  ['[{"a":1}]x\n{"b":1}', ["json_syntax 1:1 +9 "], 1],
  ['[{"a":1}]\n  ]\n', ["json_syntax 2:3 +1 "], 1],
  ["[null]", ["not_an_object 1:1 +4 "], 0],
  [
    '[5,{"a":1},"x,]{",[1,[2]],true]',
    [
      "not_an_object 1:1 +1 ",
      "not_an_object 1:1 +6 ",
      "not_an_object 1:1 +7 ",
      "not_an_object 1:1 +4 ",
    ],
    1,
  ],
  [
    '[5 {"a":1}, foo bar\n,"x\n,{"b":1}]',
    ["not_an_object 1:1 +1 ", "json_syntax 1:2 +7 ", "json_syntax 2:1 +2 "],
    2,
  ],
  ['[\n  [\n    {"x":1}\n  ],\n  {"a":1}\n]', ["not_an_object 2:3 +17 "], 1],
  ['[\n  {"a":{"b":1},\n  {"c":1},\n  {"d":1}\n]', ["json_unfinished 2:16 +13 "], 2],
  ['[\n  {"a":01},\n  {"b":1}\n]', ["json_syntax 2:9 +8 a"], 1],
  ['[\n  {"a":[\n    {"x":1},\n  {"c":1}\n]', ["json_unfinished 2:13 +19 "], 1],
];
for (const [text, rejects, records] of arrays) {
  test(`the array ${shown(text)} gives ${records} records and ${rejects.length} rejects`, () => {
    const batch = decode(text, { ...plain, layout: "array" });
    assert.deepEqual(batch.rejects.map(briefly), rejects);
    assert.equal(batch.count, records);
  });
}

test("records have their offset, length and line; the batch ends where the file does", () => {
  const batch = decode('{"a":1}  {"b":\n2}\n\n {"c":3}\n');
  assert.deepEqual(
    [[...batch.offsets], [...batch.lengths], [...batch.lines], batch.end],
    [[0, 9, 20], [7, 8, 7], [1, 1, 4], { offset: 28, line: 5 }],
  );
});

test("a batch owns its memory, and no more than it needs", () => {
  const decoder = createJsonDecoder(plain, { offset: 0, line: 1 });
  const first = decoder.push(Buffer.from('{"a":1}{"b":'), false);
  const before = Buffer.from(first.bytes);
  decoder.push(Buffer.from("2}".repeat(1)), true);
  assert.deepEqual(Buffer.from(first.bytes), before);
  assert.equal(first.bytes.buffer.byteLength, first.bytes.length);
  const moved = structuredClone(first, { transfer: [first.bytes.buffer as ArrayBuffer] });
  assert.deepEqual(Buffer.from(moved.bytes), before);
});

test("a record without _id gets one of submit time, job and offset, first", () => {
  const spec = { ...plain, derivedId: { seconds: 0x65666768, jobKey: "a1b2c3" } };
  const start = { offset: 0x0102030405, line: 9 };
  const texts = ['{"a":1}', '{"a":1,"_id":5}', '{"_id":null}', '{"x":{"_id":1}}', "{}", '{"b":2}'];
  const batch = createJsonDecoder(spec, start).push(Buffer.from(texts.join("\n")), true);
  const found = Array.from({ length: batch.count }, (_, i) =>
    EJSON.stringify(deserialize(documentAt(batch, i))),
  );
  assert.deepEqual(found, [
    `${idOf("0102030405")},"a":1}`,
    '{"a":1,"_id":5}',
    '{"_id":null}',
    `${idOf("010203042a")},"x":{"_id":1}}`,
    `${idOf("010203043a")}}`,
    `${idOf("010203043d")},"b":2}`,
  ]);
});

const names: [string, boolean][] = [
  ['{"a.b":1}', true],
  ['{"a.b":1,"a.c":2}', true],
  ['{"a.b":1,"ab":2,"a.bc":3}', true],
  ['{"$a":1,"":2}', true],
  ['{"a":{"b":1},"c":{"a.b":1}}', true],
  ['{".a":1}', false],
  ['{"a.":1}', false],
  ['{"a..b":1}', false],
  ['{".":1}', false],
  ['{"a":{"b":1},"a.b":2}', false],
  ['{"a.b":2,"a":1}', false],
  ['{"a.b":1,"a.b.c":2}', false],
  ['{"a.b.c":1,"a.b":2}', false],
  ['{"x":[{"a.b.c":1,"a":2}]}', false],
];
for (const [text, fine] of names) {
  test(`an environment ${fine ? "takes" : "rejects"} the field names of ${text}`, () => {
    // Twice: what is known from the first record must not hide the fault in the second.
    const batch = decode(`${text}\n${text}`, { ...plain, fieldNames: "environment" });
    assert.deepEqual(
      batch.rejects.map(({ code }) => code),
      fine ? [] : ["field_name", "field_name"],
    );
    assert.equal(decode(text).count, 1, "other databases take all");
  });
}

test("a field name of thousands of dots costs little and is refused by an environment", () => {
  const text = `{"${"a.".repeat(500_000)}b":1}`;
  assert.equal(
    decode(text, { ...plain, fieldNames: "environment" }).rejects[0]!.code,
    "field_name",
  );
  assert.equal(decode(text).count, 1);
});

test("duplicates are found in objects of any number of keys, whatever came before", () => {
  for (const keys of [2, 255, 256, 257, 5000]) {
    const fields = Array.from({ length: keys }, (_, i) => `"k${i}":${i}`);
    const twice = [...fields, '"k1":0'];
    const text = [fields, twice, fields, twice].map((list) => `{${list.join(",")}}`).join("\n");
    const batch = decode(text);
    assert.equal(batch.count, 2);
    assert.deepEqual(
      batch.rejects.map(({ code, line }) => [code, line]),
      [
        ["duplicate_key", 2],
        ["duplicate_key", 4],
      ],
    );
  }
});

test("a file of ever new keys is read as any other", () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, i) => `{"key${i}":1,"x":{"y${i % 7}":2},"_id":${i}}`,
  );
  const batch = decode(lines.join("\n"));
  assert.equal(batch.count, lines.length);
  for (const i of [0, 1, 4095, 4096, 8191, 12_345, 19_999]) {
    assert.equal(EJSON.stringify(deserialize(documentAt(batch, i))), lines[i]);
  }
});

test("keys with escapes are the keys they stand for, and are no model for the next record", () => {
  const batch = decode('{"a\\"":1,"b":2}\n{"a"":1,"b":2}\n{"a\\"":3,"b":4}\n{"\\u0062":5,"c":6}');
  assert.deepEqual(
    Array.from({ length: batch.count }, (_, i) => deserialize(documentAt(batch, i))),
    [
      { 'a"': 1, b: 2 },
      { 'a"': 3, b: 4 },
      { b: 5, c: 6 },
    ],
  );
  assert.deepEqual(batch.rejects.map(briefly), ["json_syntax 2:5 +14 a"]);
});

function idOf(offset: string): string {
  return `{"_id":{"$oid":"65666768a1b2c3${offset}"}`;
}

function decode(text: string | Buffer, spec: JsonDecodeSpec = plain): RecordBatch {
  return createJsonDecoder(spec, { offset: 0, line: 1 }).push(Buffer.from(text), true);
}

function canonicalOf(batch: RecordBatch): string {
  assert.equal(batch.count, 1);
  const document = deserialize(documentAt(batch, 0), { promoteValues: false });
  return EJSON.stringify(document, { relaxed: false });
}

function briefly({ code, line, column, length, path }: RecordBatch["rejects"][number]): string {
  return `${code} ${line}:${column} +${length} ${path}`;
}

function shown(text: string): string {
  const json = JSON.stringify(text).slice(1, -1);
  return json.length > 70 ? `${json.slice(0, 70)}…` : json;
}
