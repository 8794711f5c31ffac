import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  decodeChunks,
  decodePieces,
  decodeSpec,
  fileStart,
  piecesOf,
  scanPieces,
} from "../../../test/support/csv.ts";
import { createCsvDecoder } from "./decode.ts";
import { createCsvScanner } from "./scan.ts";

// A file decoded whole, in pieces and chunk by chunk gives the same records, rejects, offsets and lines.

/** Texts in which quotes, separators, line ends and blanks of all kinds meet, most of them broken. */
const garbledText = fc
  .array(
    fc.constantFrom(
      '"',
      '""',
      ",",
      "\t",
      "\n",
      "\r\n",
      "\r",
      " ",
      "a",
      "1",
      "é",
      "\u00a0",
      "\u3000",
      '"x"',
      ',"',
      '",',
      '\n"',
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join("")));

/** As above, with bytes that are not UTF-8. */
const garbledBytes = fc
  .array(fc.constantFrom(0x22, 0x2c, 0x0a, 0x0d, 0x20, 0x61, 0xc2, 0xa0, 0xe2, 0x80, 0x09), {
    maxLength: 60,
  })
  .map((bytes) => Buffer.from(bytes));

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

for (const format of ["csv", "tsv"] as const) {
  test(`${format}: pieces of any size give what the whole gives`, () => {
    const spec = decodeSpec(["a", "b"], { format });
    fc.assert(
      fc.property(fc.oneof(garbledText, garbledBytes), sizes, (bytes, cuts) => {
        const whole = decodePieces(createCsvDecoder(spec, fileStart), [bytes]);
        const pieces = decodePieces(createCsvDecoder(spec, fileStart), piecesOf(bytes, cuts));
        assert.deepEqual(pieces, whole);
      }),
      { numRuns: 3000 },
    );
  });

  test(`${format}: chunk by chunk gives what the whole gives, and chunks cover the file`, () => {
    const spec = decodeSpec(["a", "b"], { format });
    fc.assert(
      fc.property(
        fc.oneof(garbledText, garbledBytes),
        sizes,
        fc.integer({ min: 1, max: 30 }),
        (bytes, cuts, chunkBytes) => {
          const whole = decodePieces(createCsvDecoder(spec, fileStart), [bytes]);
          const scan = { format, chunkBytes, start: fileStart };
          const chunks = scanPieces(createCsvScanner(scan), piecesOf(bytes, cuts));
          assert.deepEqual(chunks, scanPieces(createCsvScanner(scan), [bytes]));
          assert.deepEqual(decodeChunks(spec, bytes, chunks), whole);
          let end = 0;
          for (const chunk of chunks) {
            assert.equal(chunk.from, end);
            assert.equal(
              chunk.line,
              1 + bytes.subarray(0, end).filter((byte) => byte === 10).length,
            );
            end = chunk.to;
          }
          assert.equal(end, bytes.length);
        },
      ),
      { numRuns: 3000 },
    );
  });
}

test("chunks end at the first row's end from which they have the wished size", () => {
  const row = "12345678\n";
  const bytes = Buffer.from(row.repeat(10));
  const scanner = createCsvScanner({ format: "csv", chunkBytes: 20, start: fileStart });
  assert.deepEqual(scanPieces(scanner, [bytes]), [
    { from: 0, to: 27, line: 1 },
    { from: 27, to: 54, line: 4 },
    { from: 54, to: 81, line: 7 },
    { from: 81, to: 90, line: 10 },
  ]);
});

test("a chunk never ends inside a quoted cell", () => {
  const bytes = Buffer.from('a,"1\n2\n3\n4"\nb,c\n');
  const scanner = createCsvScanner({
    format: "csv",
    chunkBytes: 2,
    start: { offset: 100, line: 7 },
  });
  assert.deepEqual(scanPieces(scanner, [bytes]), [
    { from: 100, to: 112, line: 7 },
    { from: 112, to: 116, line: 11 },
  ]);
});
