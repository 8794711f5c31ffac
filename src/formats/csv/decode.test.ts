import assert from "node:assert/strict";
import { test } from "node:test";
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from "bson";
import { decodePieces, decodeSpec, decodeText, documentsOf } from "../../../test/support/csv.ts";
import type { DelimitedDecodeSpec } from "../codec.ts";
import { createCsvDecoder } from "./decode.ts";

// The rows of what mongoimport does, one by one. Where docferry does otherwise the test's name says so.

function documents(
  text: string | Uint8Array,
  columns: string[],
  rest?: Partial<DelimitedDecodeSpec>,
) {
  const decoded = decodeText(text, decodeSpec(columns, rest));
  assert.deepEqual(decoded.rejects, []);
  return documentsOf(decoded);
}

const int = (value: number) => new Int32(value);
const long = (text: string) => Long.fromString(text);
const double = (value: number) => new Double(value);

test("dotted columns make documents, fields in order of first appearance", () => {
  assert.deepEqual(documents("1,2,3\n", ["a.b", "x", "a.c"]), [
    { a: { b: int(1), c: int(3) }, x: int(2) },
  ]);
});

test("indexes are names, unless array index fields are wanted", () => {
  assert.deepEqual(documents("1,2\n", ["a.0", "a.1"]), [{ a: { 0: int(1), 1: int(2) } }]);
  assert.deepEqual(
    documents("1,2,3,4,5,6\n", ["a.0", "a.1", "b.0.c", "m.0.0", "m.0.1", "0"], {
      useArrayIndexFields: true,
    }),
    [{ 0: int(6), a: [int(1), int(2)], b: [{ c: int(3) }], m: [[int(4), int(5)]] }],
  );
  assert.deepEqual(documents("1\n", ["x.00"], { useArrayIndexFields: true }), [
    { x: { "00": int(1) } },
  ]);
});

const cells: [string, unknown][] = [
  ["1", int(1)],
  ["0", int(0)],
  ["-12", int(-12)],
  ["2147483647", int(2147483647)],
  ["-2147483648", int(-2147483648)],
  ["2147483648", long("2147483648")],
  ["-2147483649", long("-2147483649")],
  ["999999999999999", long("999999999999999")],
  ["9007199254740993", long("9007199254740993")],
  ["9223372036854775807", long("9223372036854775807")],
  ["-9223372036854775808", long("-9223372036854775808")],
  ["0.1", double(0.1)],
  ["12.5", double(12.5)],
  ["-3.75", double(-3.75)],
  ["0.00001", double(0.00001)],
  ["1234567.5", double(1234567.5)],
  ["0.30000000000000004", double(0.30000000000000004)],
  ["1e+06", double(1e6)],
  ["1e-05", double(1e-5)],
  ["1.2345675e+06", double(1234567.5)],
  ["5e-324", double(5e-324)],
  ["1.7976931348623157e+308", double(Number.MAX_VALUE)],
  ["-0", double(-0)],
  ["  1 ", int(1)],
  ["\u00a01\u3000", int(1)],
  ['"1"', int(1)],
  ['"  1 "', "  1 "],
  ['""', ""],
  ["true", "true"],
  ["null", "null"],
  ["NULL", "NULL"],
  ["2020-01-02", "2020-01-02"],
  ["0123456789abcdef01234567", "0123456789abcdef01234567"],
  ['"{""a"":1}"', '{"a":1}'],
  ["1e400", "1e400"],
  ["0x10", "0x10"],
  ["-nan", "-nan"],
  ["-", "-"],
  ["é", "é"],
  ["a\0b", "a\0b"],
];
for (const [cell, value] of cells) {
  test(`the cell ${JSON.stringify(cell)} is ${JSON.stringify(value)}`, () => {
    assert.deepEqual(documents(`x,${cell},y\n`, ["a", "b", "c"]), [{ a: "x", b: value, c: "y" }]);
  });
}

const lookAlikes = [
  "01",
  "+1",
  "007",
  "00.5",
  "1.0",
  "1.50",
  "1.",
  ".5",
  "1e5",
  "1E+06",
  "1e+6",
  "1_000",
  "0x1p4",
];
lookAlikes.push(
  "NaN",
  "inf",
  "+Inf",
  "Infinity",
  "INF",
  "nan",
  "9223372036854775808",
  "9007199254740993.5",
  "0.0",
  "1e",
);
for (const cell of lookAlikes) {
  test(`unlike in mongoimport, ${cell} stays text, because as a number it would print otherwise`, () => {
    assert.deepEqual(documents(`${cell}\n"${cell}"\n`, ["a"]), [{ a: cell }, { a: cell }]);
  });
}

const rows: [string, string, string[], object[]][] = [
  ["too few cells are missing fields", "1\n", ["a", "b"], [{ a: int(1) }]],
  [
    "too many cells are named by index from 0",
    "1,2,3,x\n",
    ["a", "b"],
    [{ a: int(1), b: int(2), field2: int(3), field3: "x" }],
  ],
  [
    "a comma at the end is one more cell",
    "1,2,\n",
    ["a", "b"],
    [{ a: int(1), b: int(2), field2: "" }],
  ],
  ["blank lines are passed over", "\n1\n\r\n2\n\n", ["a"], [{ a: int(1) }, { a: int(2) }]],
  ["a line of spaces is a row", "  \n", ["a"], [{ a: "" }]],
  ["a quoted empty cell alone is a row", '""\n', ["a"], [{ a: "" }]],
  [
    "white space around unquoted cells is cut, tab and NBSP too",
    " x\t,\u00a0y\u00a0 \n",
    ["a", "b"],
    [{ a: "x", b: "y" }],
  ],
  ["white space inside stays", "x  y\n", ["a"], [{ a: "x  y" }]],
  [
    "white space around quoted cells is passed over",
    '"x" , "y"\n',
    ["a", "b"],
    [{ a: "x", b: "y" }],
  ],
  [
    "doubled quotes are one",
    '"a""b","""",""""""\n',
    ["a", "b", "c"],
    [{ a: 'a"b', b: '"', c: '""' }],
  ],
  [
    "a line break in quotes stays",
    '"a\nb",2\n3,4\n',
    ["a", "b"],
    [
      { a: "a\nb", b: int(2) },
      { a: int(3), b: int(4) },
    ],
  ],
  [
    "a CRLF in quotes stays, where mongoimport makes LF of it",
    '"a\r\nb"\r\n',
    ["a"],
    [{ a: "a\r\nb" }],
  ],
  [
    "CRLF ends rows",
    "1,2\r\n3,4\r\n",
    ["a", "b"],
    [
      { a: int(1), b: int(2) },
      { a: int(3), b: int(4) },
    ],
  ],
  [
    "a CR alone stays inside a cell and is cut at its end",
    "a\rb\r,c\n",
    ["a", "b"],
    [{ a: "a\rb", b: "c" }],
  ],
  [
    "the last line needs no line break",
    "1,2\n3,4",
    ["a", "b"],
    [
      { a: int(1), b: int(2) },
      { a: int(3), b: int(4) },
    ],
  ],
  [
    "the last cell may be empty or quoted at the file's end",
    '1,\n2,"x"',
    ["a", "b"],
    [
      { a: int(1), b: "" },
      { a: int(2), b: "x" },
    ],
  ],
  ["a semicolon and a hash mean nothing", "#a;b\n", ["a"], [{ a: "#a;b" }]],
  ["nothing at all is no row", "", ["a"], []],
  [
    "a byte order mark before the first row is passed over",
    "\ufeff1,2\n",
    ["a", "b"],
    [{ a: int(1), b: int(2) }],
  ],
];
for (const [name, text, columns, expected] of rows) {
  test(name, () => assert.deepEqual(documents(text, columns), expected));
}

test("ignoreBlanks leaves out empty cells and documents of nothing else, but not blanks in quotes", () => {
  const columns = ["a", "b.c", "b.d", "e"];
  const rest = { ignoreBlanks: true };
  assert.deepEqual(documents('1,,2,\n,,,\n  ,"",x,"  "\n', columns, rest), [
    { a: int(1), b: { d: int(2) } },
    {},
    { b: { d: "x" }, e: "  " },
  ]);
});

test("a blank before an array's later element is a reject", () => {
  const rest = { ignoreBlanks: true, useArrayIndexFields: true };
  const { rejects, records } = decodeText("1,\n,2\n", decodeSpec(["a.0", "a.1"], rest));
  assert.equal(records.length, 1);
  assert.equal(rejects[0]?.code, "csv_cells");
  assert.equal(rejects[0]?.path, "a.1");
});

// TSV

const tsvRows: [string, string, object[]][] = [
  [
    "splits at tabs, without quotes and escapes",
    'x\t"y"\n\\t\tz\n',
    [
      { a: "x", b: '"y"' },
      { a: "\\t", b: "z" },
    ],
  ],
  ["trims nothing", "  1\t x \n", [{ a: "  1", b: " x " }]],
  ["cuts all CRs at a line's end", "1\tx\r\r\n", [{ a: int(1), b: "x" }]],
  [
    "passes over blank lines, where mongoimport makes an empty cell",
    "1\t2\n\n\r\n3\t4\n",
    [
      { a: int(1), b: int(2) },
      { a: int(3), b: int(4) },
    ],
  ],
  [
    "keeps a last line without line break, which mongoimport drops",
    "1\t2\n3\t4",
    [
      { a: int(1), b: int(2) },
      { a: int(3), b: int(4) },
    ],
  ],
  ["keeps empty cells", "\t\n", [{ a: "", b: "" }]],
];
for (const [name, text, expected] of tsvRows) {
  test(`TSV ${name}`, () =>
    assert.deepEqual(documents(text, ["a", "b"], { format: "tsv" }), expected));
}

// Types

const binary = (...bytes: number[]) => new Binary(Uint8Array.from(bytes), 0);
const typedCells: [string, [string, unknown][], string[]][] = [
  [
    "auto()",
    [
      ["1", int(1)],
      ["01", "01"],
      ["x", "x"],
      ["", ""],
    ],
    [],
  ],
  [
    "string()",
    [
      ["1", "1"],
      ["", ""],
      ["é", "é"],
    ],
    [],
  ],
  [
    "boolean()",
    [
      ["true", true],
      ["TRUE", true],
      ["1", true],
      ["False", false],
      ["0", false],
    ],
    ["yes", "t", "on", ""],
  ],
  [
    "int32()",
    [
      ["1", int(1)],
      ["01", int(1)],
      ["+1", int(1)],
      ["-2147483648", int(-2147483648)],
    ],
    ["1.0", "1e2", "0x10", "2147483648", "", "1_0", "x"],
  ],
  [
    "int64()",
    [
      ["1", long("1")],
      ["+01", long("1")],
      ["-9223372036854775808", long("-9223372036854775808")],
    ],
    ["1.0", "1e2", "0x10", "9223372036854775808", "-9223372036854775809", "", "x"],
  ],
  [
    "double()",
    [
      ["1", double(1)],
      ["1.", double(1)],
      [".5", double(0.5)],
      ["1e5", double(1e5)],
      ["1_000", double(1000)],
      ["0x1p4", double(16)],
      ["-0", double(-0)],
      ["inf", double(Infinity)],
      ["+Inf", double(Infinity)],
      ["-Infinity", double(-Infinity)],
      ["nAn", double(NaN)],
    ],
    ["1e400", "", "0x10", "-nan", "1__0", "x"],
  ],
  [
    "decimal()",
    [
      ["1.10", Decimal128.fromString("1.10")],
      ["NaN", Decimal128.fromString("NaN")],
      ["-inf", Decimal128.fromString("-Infinity")],
      ["1E6144", Decimal128.fromString("1E6144")],
    ],
    ["1E6145", "12345678901234567890123456789012345", "", "x"],
  ],
  [
    "binary(base64)",
    [
      ["AQI=", binary(1, 2)],
      ["", binary()],
      ["AQJ=", binary(1, 2)],
    ],
    ["AQI", "A-I=", "x"],
  ],
  [
    "binary(base32)",
    [
      ["AEBA====", binary(1, 2)],
      ["", binary()],
      ["MZXW6===", binary(0x66, 0x6f, 0x6f)],
    ],
    ["aeba====", "AEBA", "A=======", "1EBA===="],
  ],
  [
    "binary(hex)",
    [
      ["01fF", binary(1, 255)],
      ["", binary()],
    ],
    ["1", "0x01", "zz"],
  ],
  [
    "date(2006-01-02)",
    [
      ["2020-01-02", new Date("2020-01-02")],
      ["0001-01-01", new Date("0001-01-01")],
    ],
    ["", "2020-1-2", "x"],
  ],
  [
    "date_go(2006-01-02T15:04:05)",
    [["2020-01-02T03:04:05.6789", new Date("2020-01-02T03:04:05.678Z")]],
    [""],
  ],
  [
    "date_ms(yyyy-MM-dd HH:mm:ss)",
    [["2020-01-02 03:04:05", new Date("2020-01-02T03:04:05Z")]],
    ["2020-01-02"],
  ],
  [
    "date_oracle(YYYY-MM-DD HH24:MI:SS)",
    [["2020-01-02 03:04:05", new Date("2020-01-02T03:04:05Z")]],
    ["2020-01-02"],
  ],
  ["date()", [["", new Date("0000-01-01T00:00:00Z")]], ["2020"]],
  ["date(\\(2006\\)\\\\)", [["(2020)\\", new Date("2020-01-01")]], ["2020"]],
];
for (const [type, accepted, refused] of typedCells) {
  const columns = ["x.string()", `v.${type}`];
  const typed = { columnsHaveTypes: true };
  test(`a column of type ${type} takes what mongoimport takes`, () => {
    for (const [cell, value] of accepted) {
      assert.deepEqual(documents(`a,${cell}\n`, columns, typed), [{ x: "a", v: value }], cell);
    }
    for (const cell of refused) {
      const { records, rejects } = decodeText(`a,${cell}\n`, decodeSpec(columns, typed));
      assert.equal(records.length, 0, cell);
      assert.equal(rejects[0]?.code, "csv_type", cell);
      assert.equal(rejects[0]?.path, "v");
      assert.equal(rejects[0]?.column, 3);
    }
  });
}

test("parseGrace says what becomes of a cell that is not of its type; a skipped row is a reject", () => {
  const text = "1,x\n2,3\n4,01\n";
  const columns = ["a.int32()", "b.int32()"];
  const typed = { columnsHaveTypes: true } as const;
  const auto = documents(text, columns, { ...typed, parseGrace: "autoCast" });
  assert.deepEqual(auto, [
    { a: int(1), b: "x" },
    { a: int(2), b: int(3) },
    { a: int(4), b: int(1) },
  ]);
  const skipped = documents(text, columns, { ...typed, parseGrace: "skipField" });
  assert.deepEqual(skipped, [{ a: int(1) }, { a: int(2), b: int(3) }, { a: int(4), b: int(1) }]);
  for (const parseGrace of ["skipRow", "stop"] as const) {
    const { records, rejects } = decodeText(text, decodeSpec(columns, { ...typed, parseGrace }));
    assert.equal(records.length, 2);
    assert.deepEqual(rejects, [
      {
        offset: 0,
        length: 3,
        line: 1,
        column: 3,
        code: "csv_type",
        message: "`x` is not of type int32",
        path: "b",
      },
    ]);
  }
});

test("ignoreBlanks goes before types", () => {
  const rest = { columnsHaveTypes: true, ignoreBlanks: true };
  assert.deepEqual(documents(",2\n", ["a.int32()", "b.int32()"], rest), [{ b: int(2) }]);
});

// Ids

const derivedId = { seconds: 0x01020304, jobKey: "0a0b0c" };

test("a row without _id gets one made of time, job and byte offset, first in the document", () => {
  const decoded = decodeText("1\n2\n", decodeSpec(["a"], { derivedId }));
  assert.deepEqual(documentsOf(decoded), [
    { _id: new ObjectId("010203040a0b0c0000000000"), a: int(1) },
    { _id: new ObjectId("010203040a0b0c0000000002"), a: int(2) },
  ]);
});

test("offsets beyond 4 GiB fit into the id", () => {
  const start = { offset: 0xfffffffffe, line: 1 };
  const decoder = createCsvDecoder(decodeSpec(["a"], { derivedId }), start);
  const decoded = decodePieces(decoder, [Buffer.from("1\n")]);
  assert.deepEqual(documentsOf(decoded), [
    { _id: new ObjectId("010203040a0b0cfffffffffe"), a: int(1) },
  ]);
});

test("a given _id stays in its place; an absent one is made up for", () => {
  const spec = decodeSpec(["a", "_id"], { derivedId, ignoreBlanks: true });
  const decoded = documentsOf(decodeText("1,x\n2,\n3\n", spec));
  assert.deepEqual(
    decoded.map((document) => Object.keys(document)),
    [
      ["a", "_id"],
      ["_id", "a"],
      ["_id", "a"],
    ],
  );
  assert.deepEqual(decoded[1], { _id: new ObjectId("010203040a0b0c0000000004"), a: int(2) });
});

test("a part of _id is a given _id", () => {
  const spec = decodeSpec(["_id.x", "_id.y"], { derivedId });
  assert.deepEqual(documentsOf(decodeText("1,2\n", spec)), [{ _id: { x: int(1), y: int(2) } }]);
});
