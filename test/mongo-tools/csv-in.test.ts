import assert from "node:assert/strict";
import { Binary, Decimal128, type Document, Double, Int32, Long } from "bson";
import { decodeSpec, decodeText, documentsOf } from "../support/csv.ts";
import type { DelimitedDecodeSpec } from "../../src/formats/codec.ts";
import { checkColumns, readHeader } from "../../src/formats/csv/header.ts";
import { testTable } from "./table.ts";

// Section 2. "✗" is a reject of the row here, or of the file where its header is wrong.

type Rest = Partial<DelimitedDecodeSpec>;

/** The documents of these rows. */
function rows(text: string | Buffer, columns: string[], rest: Rest = {}): Document[] {
  const decoded = decodeText(text, decodeSpec(columns, rest));
  assert.deepEqual(decoded.rejects, [], JSON.stringify(String(text)));
  return documentsOf(decoded);
}

/** Codes of the rejects of these rows. */
function faults(text: string, columns: string[], rest: Rest = {}): string[] {
  return decodeText(text, decodeSpec(columns, rest)).rejects.map(({ code }) => code);
}

function header(names: string[], rest: Partial<Parameters<typeof checkColumns>[1]> = {}): void {
  checkColumns(names, { columnsHaveTypes: false, useArrayIndexFields: false, ...rest });
}

const refused = (names: string[], message: RegExp, rest = {}) =>
  assert.throws(() => header(names, rest), { code: "invalid_file", message });

const int = (value: number) => new Int32(value);
const double = (value: number) => new Double(value);
const arrays = { useArrayIndexFields: true };
const tsv = { format: "tsv" } as const;

/** What an untyped cell becomes, in quotes and without. */
function cells(expected: Record<string, unknown>, quoted = expected): void {
  for (const [cell, value] of Object.entries(expected)) {
    assert.deepEqual(rows(`x,${cell}\n`, ["x", "v"]), [{ x: "x", v: value }], cell);
  }
  for (const [cell, value] of Object.entries(quoted)) {
    const text = `x,"${cell.replaceAll('"', '""')}"\n`;
    assert.deepEqual(rows(text, ["x", "v"]), [{ x: "x", v: value }], `"${cell}"`);
  }
}

const asText = (texts: string[]) => Object.fromEntries(texts.map((text) => [text, text]));

/** What cells of a type become; those that are not of it. */
function typed(type: string, taken: Record<string, unknown>, wrong: string[] = []): void {
  const columns = ["x.string()", `v.${type}`];
  const rest = { columnsHaveTypes: true };
  for (const [cell, value] of Object.entries(taken)) {
    assert.deepEqual(rows(`x,${cell}\n`, columns, rest), [{ x: "x", v: value }], `${type} ${cell}`);
  }
  for (const cell of wrong) {
    assert.deepEqual(faults(`x,${cell}\n`, columns, rest), ["csv_type"], `${type} ${cell}`);
  }
}

const badType = (type: string) => refused([`a.${type}`], /./, { columnsHaveTypes: true });

testTable(
  { section: "2", table: 1 },
  {
    "`a.b,x,a.c`": () =>
      assert.deepEqual(rows("1,2,3\n", ["a.b", "x", "a.c"]), [
        { a: { b: int(1), c: int(3) }, x: int(2) },
      ]),
    "`a.0,a.1`": () => {
      assert.deepEqual(rows("1,2\n", ["a.0", "a.1"]), [{ a: { 0: int(1), 1: int(2) } }]);
      const names = ["a.0", "a.1", "b.0.c", "m.0.0", "m.0.1", "0", "x.00"];
      assert.deepEqual(rows("1,2,3,4,5,6,7\n", names, arrays), [
        {
          a: [int(1), int(2)],
          b: [{ c: int(3) }],
          m: [[int(4), int(5)]],
          0: int(6),
          x: { "00": int(7) },
        },
      ]);
    },
    "`a.1,a.0`; `a.0,a.2` with the flag": () => {
      header(["a.1", "a.0"]);
      refused(["a.1", "a.0"], /^Array index error with field `a\.1`/, arrays);
      refused(["a.0", "a.2"], /^Array index error with field `a\.2`/, arrays);
    },
    "`a,a.b` (either order); `a,a`": () => {
      refused(["a", "a.b"], /^Fields `a` and `a\.b` are incompatible$/);
      refused(["a.b", "a"], /^Fields `a\.b` and `a` are incompatible$/);
      refused(["a", "a"], /^Fields cannot be identical/);
    },
    "`a.`, `.a`, `a..b`, `$a`": () => {
      for (const name of ["a.", ".a", "a..b", "$a"]) refused([name], /^Field `/);
      for (const name of ["a.$b", ""]) header([name]);
    },
  },
);

testTable(
  { section: "2", table: 2, paired: true },
  {
    "`1` `01` `+1` `007` `-0`": {
      otherwise: "a number only where it prints the same: 01, +1, 007 stay text, -0 is the double",
      check: () => cells({ "1": int(1), "-0": double(-0), ...asText(["01", "+1", "007"]) }),
    },
    '`true` `null` `NULL` dates, oids, `{"a":1}`': () => {
      const texts = ["true", "null", "NULL", "2020-01-02", "0123456789abcdef01234567"];
      cells(asText(texts), asText([...texts, '{"a":1}']));
    },
    "> int32": {
      otherwise: "beyond int64 it stays text, where mongoimport rounds to a double",
      check: () =>
        cells({
          "2147483648": Long.fromString("2147483648"),
          "9223372036854775807": Long.MAX_VALUE,
          ...asText(["9223372036854775808"]),
        }),
    },
    'empty, `""`': () => cells({ "": "" }),
    "`1.0` `1.` `.5` `1e5` `1_000` (!) `0x1p4`": {
      otherwise: "all text, since none of these prints like that; 1.5 and 1e+06 are doubles",
      check: () =>
        cells({
          ...asText(["1.0", "1.", ".5", "1e5", "1_000", "0x1p4"]),
          "1.5": double(1.5),
          "1e+06": double(1e6),
        }),
    },
    "`1e400` `0x10` `-nan`": () => cells(asText(["1e400", "0x10", "-nan"])),
    "`NaN` `inf` `+Inf` `Infinity`, any case": {
      otherwise: "text: names of people and places are among them",
      check: () => cells(asText(["NaN", "nan", "inf", "+Inf", "Infinity", "INFINITY"])),
    },
    "`  1 `": () => cells({ "  1 ": int(1) }, { "  1 ": "  1 " }),
  },
);

const bytes = (...values: number[]) => new Binary(Uint8Array.from(values), 0);

testTable(
  { section: "2", table: 3 },
  {
    "`auto()` `string()`": {
      otherwise: "auto() is as without types: 01 stays text",
      check: () => {
        typed("auto()", { "1": int(1), "01": "01", x: "x", "": "" });
        typed("string()", { "1": "1", x: "x", "": "" });
        for (const type of ["auto(x)", "string(x)"]) badType(type);
      },
    },
    "`boolean()`": () =>
      typed("boolean()", { true: true, TRUE: true, "1": true, False: false, "0": false }, [
        "yes",
        "t",
        "on",
        "",
      ]),
    "`int32()` `int64()`": () => {
      const wrong = ["1.0", "1e2", "0x10", ""];
      typed("int32()", { "1": int(1), "01": int(1), "+1": int(1) }, [...wrong, "2147483648"]);
      const one = Long.fromInt(1);
      typed("int64()", { "1": one, "01": one, "+1": one }, [...wrong, "9223372036854775808"]);
    },
    "`double()`; `decimal()`": () => {
      typed(
        "double()",
        {
          "1": double(1),
          "01": double(1),
          "1.": double(1),
          ".5": double(0.5),
          "1e5": double(1e5),
          "1_000": double(1000),
          "0x1p4": double(16),
          inf: double(Infinity),
          NaN: double(NaN),
        },
        ["1e400", "", "0x10", "-nan"],
      );
      const taken = ["1.10", "NaN", "-Infinity", "1E6144"];
      typed(
        "decimal()",
        Object.fromEntries(taken.map((text) => [text, Decimal128.fromString(text)])),
        ["1E6145", "1".repeat(35), ""],
      );
    },
    "`binary(base64)` `(base32)` `(hex)`": () => {
      typed("binary(base64)", { "AQI=": bytes(1, 2), "": bytes() }, ["AQI", "_-8="]);
      typed("binary(base32)", { "AEBA====": bytes(1, 2), "": bytes() }, ["AEBA", "aeba===="]);
      typed("binary(hex)", { "01fF": bytes(1, 255), "": bytes() }, ["0"]);
      for (const type of ["binary()", "binary(x)"]) badType(type);
    },
    "`date(L)` = `date_go(L)`": () => {
      for (const type of ["date", "date_go"]) {
        typed(`${type}(2006-01-02)`, { "2020-01-02": new Date("2020-01-02") }, ["", "2020-1-2"]);
        typed(`${type}(2006-01-02T15:04:05)`, {
          "2020-01-02T03:04:05.6789": new Date("2020-01-02T03:04:05.678Z"),
        });
        typed(`${type}(2006-01-02 MST)`, { "2020-01-02 CET": new Date("2020-01-02") });
      }
      typed("date()", { "": new Date("0000-01-01T00:00:00Z") }, ["2020-01-02"]);
    },
    "`date_ms(L)`": () => {
      typed("date_ms(yyyy-MM-dd HH:mm:ss)", {
        "2020-01-02 03:04:05": new Date("2020-01-02T03:04:05Z"),
      });
      typed("date_ms(dddd d MMMM yy h tt)", {
        "Thursday 2 January 20 3 PM": new Date("2020-01-02T15:00:00Z"),
      });
      typed("date_ms(yyyy fff)", {}, ["2020 123"]);
    },
    "`date_oracle(L)`": () => {
      typed("date_oracle(YYYY-MM-DD HH24:MI:SS)", {
        "2020-01-02 03:04:05": new Date("2020-01-02T03:04:05Z"),
      });
      typed("date_oracle(DD-MON-YYYY HH12:MI AM TZH:TZM)", {
        "02-jan-2020 03:04 PM +01:00": new Date("2020-01-02T14:04:00Z"),
      });
    },
  },
);

testTable(
  { section: "2", table: 4 },
  {
    "too few, too many cells": () => {
      assert.deepEqual(rows("1\n", ["a", "b"]), [{ a: int(1) }]);
      const two = { a: int(1), b: int(2) };
      assert.deepEqual(rows("1,2,3,x\n1,2,\n", ["a", "b"]), [
        { ...two, field2: int(3), field3: "x" },
        { ...two, field2: "" },
      ]);
      assert.deepEqual(faults("1,2,3\n", ["a", "field2"]), ["csv_cells"]);
    },
    "blank line": {
      otherwise:
        'as there, and an export writes `""` for a single empty cell, so that no row is lost',
      check: () => {
        assert.deepEqual(rows("\n1\n\n", ["a"]), [{ a: int(1) }]);
        assert.deepEqual(rows('  \n""\n', ["a"]), [{ a: "" }, { a: "" }]);
      },
    },
    "unquoted cell": () =>
      assert.deepEqual(rows('\tx\u00a0,"\tx "\n', ["a", "b"]), [{ a: "x", b: "\tx " }]),
    quotes: {
      otherwise: "a wrong quote costs the line it stands on",
      check: () => {
        assert.deepEqual(rows('"a""b","a\nb"\n"x" , "y"\n', ["a", "b"]), [
          { a: 'a"b', b: "a\nb" },
          { a: "x", b: "y" },
        ]);
        for (const wrong of ['x"y,1', '"x"y,1', '"a\\"b",1', '"x,1']) {
          const { records, rejects } = decodeText(`${wrong}\nok,2\n`, decodeSpec(["a", "b"]));
          assert.deepEqual(
            [records.length, rejects.map(({ code, line }) => [code, line])],
            [1, [["csv_quote", 1]]],
            wrong,
          );
        }
      },
    },
    CRLF: {
      otherwise: "a CRLF inside quotes stays one; a file of lone CRs is refused and said why",
      check: () => {
        assert.deepEqual(rows('1,"a\nb"\r\n2,"a\r\nb"\r\n3,a\rb\r\n4,a\r,\r\n', ["a", "b"]), [
          { a: int(1), b: "a\nb" },
          { a: int(2), b: "a\r\nb" },
          { a: int(3), b: "a\rb" },
          { a: int(4), b: "a", field2: "" },
        ]);
        // All of it would be one header; the step that reads headers refuses it (test/e2e/engine.test.ts).
        assert.deepEqual(readHeader(Buffer.from("a,b\r1,2\r\n"), "csv")?.columns, [
          "a",
          "b\r1",
          "2",
        ]);
      },
    },
    "header only; empty file": () => {
      assert.deepEqual(readHeader(Buffer.from("a,b\n"), "csv"), {
        columns: ["a", "b"],
        end: { offset: 4, line: 2 },
      });
      assert.deepEqual(rows("", ["a", "b"]), []);
      // What has no header is refused by the step that reads it (test/e2e/engine.test.ts).
      assert.equal(readHeader(Buffer.from(""), "csv"), null);
    },
    other: {
      otherwise: "invalid UTF-8 is a reject, where mongoimport makes U+FFFD of it",
      check: () => {
        assert.deepEqual(rows("\ufeff#1;2,a\0b\n", ["a", "b"]), [{ a: "#1;2", b: "a\0b" }]);
        const bad = decodeText(Buffer.from("\xff,1\n", "latin1"), decodeSpec(["a", "b"]));
        assert.deepEqual(
          bad.rejects.map(({ code }) => code),
          ["invalid_utf8"],
        );
      },
    },
    "`--ignoreBlanks`": {
      otherwise: "a blank a.0 before a.1 costs its row alone",
      check: () => {
        const blanks = { ignoreBlanks: true };
        assert.deepEqual(rows('1,,\n,,\n2,"  ",\n', ["a", "b.c", "b.d"], blanks), [
          { a: int(1) },
          {},
          { a: int(2), b: { c: "  " } },
        ]);
        const text = "1,2\n,2\n3,4\n";
        const decoded = decodeText(text, decodeSpec(["a.0", "a.1"], { ...blanks, ...arrays }));
        assert.deepEqual(
          [decoded.records.length, decoded.rejects.map(({ code, line }) => [code, line])],
          [2, [["csv_cells", 2]]],
        );
      },
    },
  },
);

const grace = ["a.int32()", "b.string()"];
const graceOf = (parseGrace: DelimitedDecodeSpec["parseGrace"]) => ({
  columnsHaveTypes: true,
  parseGrace,
});

testTable(
  { section: "2", table: 0 },
  {
    "one of --headerline (CSV cells trimmed), --fields, --fieldFile (not trimmed)": () => {
      assert.deepEqual(readHeader(Buffer.from(' a ," b "\n'), "csv")?.columns, ["a", "b"]);
      assert.deepEqual(rows("1\n", [" a "]), [{ " a ": int(1) }]);
    },
    "every name needs name.type(arg), in exact case": () => {
      refused(["a"], /^Could not parse type from header/, { columnsHaveTypes: true });
      for (const type of ["int32", "Int32()", "int()"]) badType(type);
      // A comma in a layout; brackets and backslashes are escaped.
      typed("date(Jan 2, 2006)", { '"Jan 2, 2020"': new Date("2020-01-02") });
      typed("date(\\(2006\\)\\\\)", { "(2020)\\": new Date("2020-01-01") });
    },
    "--parseGrace": {
      otherwise: "stop and skipRow make the row a reject, which is counted and comes back",
      check: () => {
        const text = "x,q\n1,r\n";
        const good = { a: int(1), b: "r" };
        assert.deepEqual(rows(text, grace, graceOf("autoCast")), [{ a: "x", b: "q" }, good]);
        assert.deepEqual(rows(text, grace, graceOf("skipField")), [{ b: "q" }, good]);
        for (const how of ["stop", "skipRow"] as const) {
          assert.deepEqual(faults(text, grace, graceOf(how)), ["csv_type"]);
        }
      },
    },
    TSV: {
      otherwise:
        "a blank line is none, a last line without line break is a row, invalid UTF-8 a reject",
      check: () => {
        const text = '  1\t"a"\\n\r\r\n\n2\tb';
        assert.deepEqual(rows(text, ["a", "b"], tsv), [
          { a: "  1", b: '"a"\\n' },
          { a: int(2), b: "b" },
        ]);
        const bad = decodeText(Buffer.from("\xff\t1\n", "latin1"), decodeSpec(["a", "b"], tsv));
        assert.deepEqual(
          bad.rejects.map(({ code }) => code),
          ["invalid_utf8"],
        );
      },
    },
  },
);
