import assert from "node:assert/strict";
import { test } from "node:test";
import { type Document, Double, Int32, Long, serialize } from "bson";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import {
  decodeChunks,
  decodeSpec,
  decodeText,
  documentsFrom,
  documentsOf,
  fileStart,
  scanPieces,
} from "../../../test/support/csv.ts";
import { createCsvEncoder } from "./encode.ts";
import { readHeader } from "./header.ts";
import { createCsvScanner } from "./scan.ts";

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', ",", "\n", "\r\n", "\r", " ", "\t", "\\.", "\u00a0", ";", "'"),
      fc.string({ unit: "grapheme", maxLength: 5 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const int64 = fc
  .bigInt(-(2n ** 63n), 2n ** 63n - 1n)
  .filter((value) => BigInt.asIntN(32, value) !== value)
  .map((value) => Long.fromBigInt(value));
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value))
  .map((value) => new Double(value));

/** What plain CSV can hold: all but text that looks like a number or ends in blanks. */
const value = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((number) => new Int32(number)),
  int64,
  double,
  anyText.filter((text) => !/[\s\u0085]$|^-?\d/.test(text)),
);

test("what plain CSV can hold comes back as it was, in one piece and in chunks, and nothing counts as retyped", () => {
  const document = fc.record({ _id: value, "a b": value, n: fc.record({ x: value, y: value }) });
  const documents = fc.array(document, { maxLength: 20 });
  const property = fc.property(
    documents,
    fc.integer({ min: 1, max: 200 }),
    (objects, chunkBytes) => {
      const columns = ["_id", "a b", "n.x", "n.y"];
      const encoder = createCsvEncoder({ format: "csv", columns, header: true });
      const rows = encoder.encode(documentsFrom(objects), true);
      const file = Buffer.concat([encoder.head, rows]);
      assert.equal(encoder.retyped, 0);
      const header = readHeader(file, "csv");
      assert.deepEqual(header?.columns, columns);
      const scanner = createCsvScanner({ format: "csv", chunkBytes, start: header.end });
      const chunks = scanPieces(scanner, [file.subarray(header.end.offset)]);
      const decoded = decodeChunks(decodeSpec(columns), file, chunks);
      assert.deepEqual(decoded.rejects, []);
      assert.deepEqual(
        decoded.records.map(({ bson }) => bson),
        objects.map((object) => Buffer.from(serialize(object)).toString("hex")),
      );
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test("whatever is not counted as retyped comes back as it was, whatever comes back otherwise is counted", () => {
  const property = fc.property(
    fc.oneof(
      anyText,
      value,
      fc.double().map((number) => new Double(number)),
    ),
    (v) => {
      const encoder = createCsvEncoder({ format: "csv", columns: ["x", "v"], header: false });
      const objects: Document[] = [{ x: "y", v }];
      const text = Uint8Array.from(encoder.encode(documentsFrom(objects), true));
      const { records } = decodeText(text, decodeSpec(["x", "v"]));
      const same = records[0]?.bson === Buffer.from(serialize(objects[0]!)).toString("hex");
      assert.equal(encoder.retyped, same ? 0 : 1);
    },
  );
  fc.assert(property, { numRuns: 3000 });
});

test("a single column gives as many rows back as documents went out", () => {
  const property = fc.property(
    fc.array(fc.option(anyText, { nil: null }), { maxLength: 20 }),
    (texts) => {
      const encoder = createCsvEncoder({ format: "csv", columns: ["a"], header: false });
      const text = Uint8Array.from(encoder.encode(documentsFrom(texts.map((a) => ({ a }))), true));
      assert.equal(decodeText(text, decodeSpec(["a"])).records.length, texts.length);
    },
  );
  fc.assert(property, { numRuns: 300 });
});

/** A cell of RFC 4180 text, quoted where it must be and sometimes where it need not be. */
const cell = fc.tuple(anyText, fc.boolean()).map(([text, always]) => {
  const must = /[",\r\n]|^[\s\u0085]|[\s\u0085]$/u.test(text);
  return must || always ? `"${text.replaceAll('"', '""')}"` : text;
});

test("csv-parse reads the same cells out of any RFC 4180 text", () => {
  const table = fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.constantFrom("\n", "\r\n"), fc.boolean())
    .chain(([width, lineEnd, last]) =>
      fc
        .array(fc.array(cell, { minLength: width, maxLength: width }), {
          minLength: 1,
          maxLength: 10,
        })
        .map((rows) => ({
          width,
          text: rows.map((row) => row.join(",")).join(lineEnd) + (last ? lineEnd : ""),
        })),
    );
  const property = fc.property(table, ({ width, text }) => {
    const columns = Array.from({ length: width }, (_, index) => `c${index}.string()`);
    const spec = decodeSpec(columns, { columnsHaveTypes: true });
    const decoded = decodeText(text, spec);
    assert.deepEqual(decoded.rejects, []);
    const ours = documentsOf(decoded).map((document) => Object.values(document));
    // Without being told, csv-parse takes a CR at the first line's end for the line end of all.
    assert.deepEqual(
      ours,
      parse(text, { record_delimiter: ["\r\n", "\n"], skip_empty_lines: true }),
    );
    const chunks = scanPieces(
      createCsvScanner({ format: "csv", chunkBytes: 7, start: fileStart }),
      [Buffer.from(text)],
    );
    assert.deepEqual(decodeChunks(spec, Buffer.from(text), chunks), decoded);
  });
  fc.assert(property, { numRuns: 1000 });
});
