import assert from "node:assert/strict";
import { test } from "node:test";
import { DocferryError } from "../../job/errors.ts";
import { checkColumns, readHeader } from "./header.ts";

const header = (text: string, format: "csv" | "tsv" = "csv") =>
  readHeader(Buffer.from(text), format);

const headers: [string, string, string[], { offset: number; line: number }][] = [
  ["a line", "a,b\n1,2\n", ["a", "b"], { offset: 4, line: 2 }],
  ["CRLF", "a,b\r\n1,2\r\n", ["a", "b"], { offset: 5, line: 2 }],
  ["a byte order mark", "\ufeffa,b\n", ["a", "b"], { offset: 7, line: 2 }],
  [
    "quotes, commas and line breaks in them",
    '"a,b","c\nd","e""f"\n',
    ["a,b", "c\nd", 'e"f'],
    { offset: 19, line: 3 },
  ],
  [
    "white space around names, quoted or not",
    ' a , "b" ," c "\n',
    ["a", "b", "c"],
    { offset: 16, line: 2 },
  ],
  ["blank lines before it", "\n\r\na\n", ["a"], { offset: 5, line: 4 }],
  ["an empty last name", "a,\n", ["a", ""], { offset: 3, line: 2 }],
];
for (const [name, text, columns, end] of headers) {
  test(`reads a header with ${name}`, () => assert.deepEqual(header(text), { columns, end }));
}

test("reads a TSV header as it is, CRs at the end aside", () => {
  assert.deepEqual(header('a\t b \t"c"\r\n', "tsv"), {
    columns: ["a", " b ", '"c"'],
    end: { offset: 11, line: 2 },
  });
});

test("a header without line break has not ended", () => {
  assert.equal(header("a,b"), null);
  assert.equal(header('a,"b\n'), null);
  assert.equal(header(""), null);
});

test("a header with broken quotes or bytes is refused", () => {
  assert.throws(() => header('a,b"c\n'), { code: "invalid_file", message: /line 1, column 4/ });
  assert.throws(() => readHeader(Buffer.from([0x61, 0x2c, 0xff, 0x0a]), "csv"), {
    code: "invalid_file",
    message: /Column 2 .* not UTF-8/,
  });
});

const plain = { columnsHaveTypes: false, useArrayIndexFields: false };
const arrays = { ...plain, useArrayIndexFields: true };
const typed = { ...plain, columnsHaveTypes: true };

const good: [string[], typeof plain][] = [
  [["a.b", "x", "a.c"], plain],
  [["a.0", "a.1"], plain],
  [["a.1", "a.0"], plain],
  [["a.0", "a.1", "b.0.c", "b.0.d", "m.0.0", "m.0.1", "0", "x.00"], arrays],
  [["a.$b"], plain],
  [["", "b"], plain],
  [["a.int32()", "b.c.date(2006-01-02)", "d.binary(base64)"], typed],
];
for (const [columns, options] of good) {
  test(`takes the columns ${columns.join(",")}`, () => checkColumns(columns, options));
}

const bad: [string[], typeof plain, string][] = [
  [["a", "a.b"], plain, "Fields `a` and `a.b` are incompatible"],
  [["a.b", "a"], plain, "Fields `a.b` and `a` are incompatible"],
  [["a.b.c", "a.b"], plain, "Fields `a.b.c` and `a.b` are incompatible"],
  [["a", "b", "a"], plain, "Fields cannot be identical: `a` and `a`"],
  [["a.b", "a.b"], plain, "Fields cannot be identical: `a.b` and `a.b`"],
  [["a."], plain, "Field `a.` cannot end with a `.`"],
  [[".a"], plain, "Field `.a` cannot start with a `.`"],
  [["a..b"], plain, "Field `a..b` cannot have consecutive `.`"],
  [["$a"], plain, "Field `$a` cannot start with a `$`"],
  [["a\0b"], plain, "Field `a\\0b` cannot have a NUL"],
  [[], plain, "There are no columns"],
  [
    ["a.1", "a.0"],
    arrays,
    "Array index error with field `a.1`: array indexes in fields must start from 0 and increase sequentially",
  ],
  [
    ["a.0", "a.2"],
    arrays,
    "Array index error with field `a.2`: array indexes in fields must start from 0 and increase sequentially",
  ],
  [
    ["a.0", "a.0"],
    arrays,
    "Array index error with field `a.0`: array indexes in fields must start from 0 and increase sequentially",
  ],
  [["a.0", "a.b"], arrays, "Fields `a.0` and `a.b` are incompatible"],
  [["a.b", "a.0"], arrays, "Fields `a.b` and `a.0` are incompatible"],
  [["_id.0"], arrays, "Field `_id` cannot be an array"],
  [["a"], typed, "Could not parse type from header `a`"],
  [["a.int32"], typed, "Could not parse type from header `a.int32`"],
  [["a.int()"], typed, "Unknown type `int` in header `a.int()`"],
  [["a.Int32()"], typed, "Unknown type `Int32` in header `a.Int32()`"],
  [["a.int32(x)"], typed, "Type `int32` takes no argument, but header `a.int32(x)` has one"],
  [["a.auto(x)"], typed, "Type `auto` takes no argument, but header `a.auto(x)` has one"],
  [["a.string(x)"], typed, "Type `string` takes no argument, but header `a.string(x)` has one"],
  [
    ["a.binary(x)"],
    typed,
    "Binary encoding `x` in header `a.binary(x)` is none of base64, base32, hex",
  ],
  [
    ["a.binary()"],
    typed,
    "Binary encoding `` in header `a.binary()` is none of base64, base32, hex",
  ],
  [["a.int32()", "a.string()"], typed, "Fields cannot be identical: `a` and `a`"],
];
for (const [columns, options, message] of bad) {
  test(`refuses the columns ${JSON.stringify(columns)}`, () => {
    assert.throws(() => checkColumns(columns, options), new DocferryError("invalid_file", message));
  });
}
