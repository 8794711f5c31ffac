import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fileStart, piecesOf, scanPieces } from "../../../test/support/csv.ts";
import type { Chunk } from "../../job/chunk.ts";
import { kernels } from "../../wasm/kernels.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { RowReader } from "./row-reader.ts";
import { createCsvScanner } from "./scan.ts";

// The scanner that passes over plain rows by the kernel cuts where the row reader, which reads every byte, ends its rows.

/** Rows, most of them plain: `"` is the dialect's quote, `,` its separator. Blocks of 64 bytes are cut in all places. */
const rows = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(',"a"', ',""', ',"x""y"', "\n", "\r\n", '"\n"', ","),
      },
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 130 }).map((size) => "t".repeat(size)) },
      {
        weight: 2,
        arbitrary: fc.integer({ min: 0, max: 130 }).map((size) => `,"${"q".repeat(size)}"\n`),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('"', ' "b"', '"c" ', "\r", '"\r', '""', '\n"', "\ufeff", "ÿ"),
      },
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

const dialects = fc.constantFrom(
  dialectOf({}),
  dialectOf({ separator: ";", quote: "'" }),
  dialectOf({ separator: " ", quote: "|" }),
);

test("the kernel is there to be tested", () => {
  assert.ok(kernels());
});

for (const format of ["csv", "tsv"] as const) {
  test(`${format}: cuts where the row reader ends its rows`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(rows, fc.constantFrom(1, 1, 2, 50)), { maxLength: 8 }),
        dialects,
        fc.constantFrom(0, 5),
        fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100_000 })),
        fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 4 }),
        (blocks, dialect, offset, chunkBytes, cuts) => {
          const text = blocks.map(([block, times]) => block.repeat(times)).join("");
          const bytes = inDialect(text, dialect);
          const options = { format, dialect, chunkBytes, start: { offset, line: 3 } };
          const expected = chunksByRows(options, bytes);
          assert.deepEqual(scanPieces(createCsvScanner(options), [bytes]), expected);
          assert.deepEqual(scanPieces(createCsvScanner(options), piecesOf(bytes, cuts)), expected);
        },
      ),
      { numRuns: 1500 },
    );
  });
}

test("a fault behind many plain rows, and plain rows behind it, are cut as the row reader cuts them", () => {
  const plain = 'one,"two, ""three""",4\n'.repeat(10_000);
  for (const fault of [
    'a"b\n',
    '"a"b\n',
    '"a\nb',
    ' "a" ,b\n',
    `"${"\n".repeat(200_000)}"\n`,
    '"',
  ]) {
    const bytes = Buffer.from(plain + fault + plain);
    const options = {
      format: "csv",
      chunkBytes: 70_000,
      start: fileStart,
      dialect: dialectOf({}),
    } as const;
    assert.deepEqual(
      scanPieces(createCsvScanner(options), [bytes]),
      chunksByRows(options, bytes),
      JSON.stringify(fault.slice(0, 9)),
    );
  }
});

test("a fault at any place of the blocks that the kernel looks at ends its row with its first line", () => {
  const start = { offset: 5, line: 3 };
  for (const fault of ['"q"x,"\n"', '"q"\rx,"\n"', '"q"\r,"\n"', 'a"b\n"', ' "b\n"', '"b\r\n"']) {
    for (let before = 0; before < 140; before++) {
      const text = `${"t".repeat(before)},${fault},5\n${'"a\nb",2\n'.repeat(9)}`;
      const options = { format: "csv", chunkBytes: 1, start, dialect: dialectOf({}) } as const;
      const chunks = scanPieces(createCsvScanner(options), [Buffer.from(text)]);
      assert.deepEqual(chunks, chunksByRows(options, Buffer.from(text)), JSON.stringify(text));
    }
  }
});

function inDialect(text: string, { separator, quote }: Dialect): Buffer {
  const bytes = Buffer.from(text);
  return bytes.map((byte) => (byte === 0x2c ? separator : byte === 0x22 ? quote : byte)) as Buffer;
}

function chunksByRows(
  options: Required<Parameters<typeof createCsvScanner>[0]>,
  bytes: Uint8Array,
): Chunk[] {
  const { format, dialect, chunkBytes, start } = options;
  const reader = new RowReader(format, start, { cells: false, dialect });
  const chunks: Chunk[] = [];
  let from = start;
  const cut = (): void => {
    const { offset, line } = reader.position;
    if (offset > from.offset) chunks.push({ from: from.offset, to: offset, line: from.line });
    from = { offset, line };
  };
  reader.feed(bytes, true);
  while (reader.next() !== "end") {
    if (reader.offsetToCome - from.offset >= chunkBytes) cut();
  }
  cut();
  return chunks;
}
