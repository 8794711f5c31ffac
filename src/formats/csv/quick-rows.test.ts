import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodePieces, decodeSpec, fileStart, piecesOf } from "../../../test/support/csv.ts";
import { createCsvDecoder } from "./decode.ts";

// Rows that are taken the quick way are those that the long way gives. In pieces of a few bytes every row goes the long way: the
// quick one stops four bytes before the end of what is there.

const derivedId = { seconds: 1_600_000_000, jobKey: "0a0b0c" };

/** Cells of all kinds, most of them fine, for a separator and a quote. */
function cellsOf(separator: string, quote: string): fc.Arbitrary<string> {
  const quoted = (text: string) => quote + text + quote;
  return fc.oneof(
    fc.constantFrom("", " ", "x", " padded ", "é", "张三", "\u00a0x\u3000", "a\rb", "\r", "\0"),
    fc.constantFrom(
      "0",
      "-0",
      "7",
      "007",
      "123456789",
      "1234567890",
      "-5",
      "12 ",
      " 12",
      "1.5",
      "1.50",
    ),
    fc.constantFrom("9223372036854775807", "9223372036854775808", "1e+06", "0.1234567890123456"),
    fc.constantFrom(
      "text of more than a word",
      quoted("7"),
      quoted(""),
      quoted(` in ${separator} `),
    ),
    fc.constantFrom(
      quoted(`a${quote}${quote}b`),
      quoted("two\nlines"),
      quoted("three\r\n\nlines"),
      ` ${quoted("x")} `,
    ),
    fc.integer().map(String),
    fc.double({ noNaN: true }).map(String),
  );
}

/** What breaks a row, or makes it another than its neighbours. */
const oddRows = (separator: string, quote: string) =>
  fc.constantFrom(
    "",
    "\r",
    " ",
    `x${quote}`,
    `${quote}x${quote}y`,
    separator.repeat(9),
    `${quote}open`,
  );

for (const [separator, quote] of [
  [",", '"'],
  [";", '"'],
  ["\t", "'"],
  ["|", "~"],
] as const) {
  for (const ignoreBlanks of [false, true]) {
    const name = JSON.stringify(separator + quote);
    test(`the quick way gives what the long way gives, dialect ${name}${ignoreBlanks ? ", blanks ignored" : ""}`, () => {
      const row = fc
        .array(cellsOf(separator, quote), { minLength: 1, maxLength: 4 })
        .map((cells) => cells.join(separator));
      const rows = fc.array(
        fc.oneof(
          { weight: 9, arbitrary: row },
          { weight: 1, arbitrary: oddRows(separator, quote) },
        ),
        { maxLength: 30 },
      );
      fc.assert(
        fc.property(
          rows,
          fc.constantFrom("\n", "\r\n"),
          fc.boolean(),
          fc.boolean(),
          (lines, end, ids, own) => {
            const spec = decodeSpec([own ? "_id" : "first", "second", "third"], {
              separator,
              quote,
              ignoreBlanks,
              derivedId: ids ? derivedId : null,
            });
            const bytes = Buffer.from(lines.join(end));
            const whole = decodePieces(createCsvDecoder(spec, fileStart), [bytes]);
            assert.deepEqual(
              whole,
              decodePieces(createCsvDecoder(spec, fileStart), piecesOf(bytes, [3, 1])),
            );
          },
        ),
        { numRuns: 2000 },
      );
    });
  }
}

test("cells longer than the memory that was thought enough are taken all the same", () => {
  const spec = decodeSpec(["a", "b"]);
  const rows = Array.from({ length: 60 }, (_, n) => `${"x".repeat(n * 400)},"${'""'.repeat(n)}"`);
  const bytes = Buffer.from(`${rows.join("\n")}\n`);
  const whole = decodePieces(createCsvDecoder(spec, fileStart), [bytes]);
  assert.equal(whole.records.length, 60);
  assert.deepEqual(whole, decodePieces(createCsvDecoder(spec, fileStart), piecesOf(bytes, [3, 1])));
});

test("rows behind one that is broken are taken, and the broken one is told of", () => {
  const spec = decodeSpec(["a", "b"]);
  const lines = Array.from({ length: 500 }, (_, n) =>
    n % 50 === 7 ? `${n},x"y` : `${n},"y,${n}"`,
  );
  const { records, rejects } = decodePieces(createCsvDecoder(spec, fileStart), [
    Buffer.from(lines.join("\n")),
  ]);
  assert.deepEqual([records.length, rejects.length], [490, 10]);
  assert.deepEqual(
    rejects.map(({ line }) => line),
    [8, 58, 108, 158, 208, 258, 308, 358, 408, 458],
  );
  assert.equal(records.at(-1)?.line, 500);
});
