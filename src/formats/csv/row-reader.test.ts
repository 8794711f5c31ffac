import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { piecesOf } from "../../../test/support/csv.ts";
import { maxRowBytes, RowReader } from "./row-reader.ts";

/** What a reader with a small limit gives, row by row. */
function outcomes(pieces: Uint8Array[], maxBytes: number, format: "csv" | "tsv" = "csv") {
  const rows = new RowReader(format, { offset: 0, line: 1 }, { cells: true, maxBytes });
  const all: object[] = [];
  for (const [index, piece] of pieces.entries()) {
    rows.feed(piece, index === pieces.length - 1);
    for (let state = rows.next(); state !== "end"; state = rows.next()) {
      if (state === "blank") continue;
      const { offset, length, line, column, fault } = rows;
      all.push(
        state === "row" ? { offset, length, line } : { offset, length, line, column, fault },
      );
    }
    rows.release();
  }
  return all;
}

test("a row of as many bytes as allowed is a row, one more is too long", () => {
  const text = Buffer.from("12345\n123456\n12345\n12345");
  assert.deepEqual(outcomes([text], 5), [
    { offset: 0, length: 5, line: 1 },
    { offset: 6, length: 6, line: 2, column: 0, fault: "too_long" },
    { offset: 13, length: 5, line: 3 },
    { offset: 19, length: 5, line: 4 },
  ]);
});

test("a quote that is open beyond the limit breaks the line it stands on only", () => {
  const text = Buffer.from('"a\nb\nc\nd\ne\n"x\nf\n');
  assert.deepEqual(outcomes([text], 6), [
    { offset: 0, length: 2, line: 1, column: 1, fault: "open_quote" },
    { offset: 3, length: 1, line: 2 },
    { offset: 5, length: 1, line: 3 },
    { offset: 7, length: 1, line: 4 },
    { offset: 9, length: 1, line: 5 },
    { offset: 11, length: 2, line: 6, column: 1, fault: "open_quote" },
    { offset: 14, length: 1, line: 7 },
  ]);
});

test("with any limit, pieces of any size give what the whole gives", () => {
  const text = fc
    .array(fc.constantFrom('"', ",", "\n", "\r\n", "a", " ", '""'), { maxLength: 50 })
    .map((parts) => Buffer.from(parts.join("")));
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
  const property = fc.property(
    text,
    sizes,
    fc.integer({ min: 1, max: 12 }),
    (bytes, cuts, limit) => {
      for (const format of ["csv", "tsv"] as const) {
        assert.deepEqual(
          outcomes(piecesOf(bytes, cuts), limit, format),
          outcomes([bytes], limit, format),
        );
      }
    },
  );
  fc.assert(property, { numRuns: 3000 });
});

test("a line longer than the limit is passed over without being kept", () => {
  const rows = new RowReader("csv", { offset: 0, line: 1 }, { cells: false, maxBytes: 1000 });
  const piece = Buffer.alloc(4096, "x");
  for (let i = 0; i < 64; i++) {
    rows.feed(piece, false);
    assert.equal(rows.next(), "end");
    rows.release();
    assert.ok(rows.bytes.length <= 4096);
  }
  rows.feed(Buffer.from("\r\nok\n"), true);
  assert.equal(rows.next(), "broken");
  assert.deepEqual([rows.offset, rows.length, rows.fault], [0, 64 * 4096, "too_long"]);
  assert.equal(rows.next(), "row");
  assert.deepEqual([rows.offset, rows.length, rows.line], [64 * 4096 + 2, 2, 2]);
});

test("an open quote at the head of a file of 100 MB keeps 48 MiB at most and loses one line", () => {
  const rows = new RowReader("csv", { offset: 0, line: 1 }, { cells: false });
  const lines = Buffer.from(`${"x".repeat(1023)}\n`.repeat(1024));
  rows.feed(Buffer.from('a,"b\n'), false);
  let good = 0;
  let broken = 0;
  let kept = 0;
  for (let i = 0; i <= 100; i++) {
    for (let state = rows.next(); state !== "end"; state = rows.next()) {
      if (state === "row") good++;
      else broken++;
    }
    rows.release();
    kept = Math.max(kept, rows.bytes.length);
    rows.feed(i < 100 ? lines : new Uint8Array(0), i === 100);
  }
  assert.equal(rows.next(), "end");
  assert.deepEqual({ good, broken }, { good: 100 * 1024, broken: 1 });
  assert.ok(kept <= maxRowBytes + lines.length);
});
