import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSpec, decodeText, documentsOf, fileStart } from "../../../test/support/csv.ts";
import { createCsvDecoder } from "./decode.ts";

/** Column, code and bytes of each reject, and the documents' first fields. */
function outcome(text: string | Uint8Array, columns = ["a", "b"]) {
  const bytes = Buffer.from(text);
  const decoded = decodeText(bytes, decodeSpec(columns));
  const rejects = decoded.rejects.map(({ offset, length, line, column, code }) => ({
    at: `${line}:${column}`,
    code,
    raw: bytes.subarray(offset, offset + length).toString("latin1"),
  }));
  return { rejects, good: documentsOf(decoded).map(({ a }) => String(a)) };
}

const broken: [string, string, { at: string; raw: string }[], string[]][] = [
  ["a quote in an unquoted cell", 'x"y,1\nok,2\n', [{ at: "1:2", raw: 'x"y,1' }], ["ok"]],
  [
    "text behind the closing quote",
    'ok,1\n"x"y,1\r\nok2,2\n',
    [{ at: "2:4", raw: '"x"y,1' }],
    ["ok", "ok2"],
  ],
  ["a backslash before a quote", '"a\\"b",1\nok,2\n', [{ at: "1:5", raw: '"a\\"b",1' }], ["ok"]],
  ["two quoted texts in a cell", '"a" "b"\nok,2\n', [{ at: "1:5", raw: '"a" "b"' }], ["ok"]],
  ["a quote that nothing ends", '1,"x\n2,y\n3,z', [{ at: "1:3", raw: '1,"x' }], ["2", "3"]],
  ["a quote that the file's end leaves open", 'ok,1\n1,"x', [{ at: "2:3", raw: '1,"x' }], ["ok"]],
  [
    "a quote that only the next row's quote ends",
    '"a,1\n"b",2\nc,3\n',
    [{ at: "1:1", raw: '"a,1' }],
    ["b", "c"],
  ],
  [
    "a fault lines below the row's start",
    '1,"x\ny",2,"z\n" w\nok,3\n',
    [
      { at: "1:3", raw: '1,"x' },
      { at: "2:2", raw: 'y",2,"z' },
      { at: "3:1", raw: '" w' },
    ],
    ["ok"],
  ],
];
for (const [name, text, rejects, good] of broken) {
  test(`${name} costs the line it stands on and no more`, () => {
    const expected = rejects.map((reject) => ({ ...reject, code: "csv_quote" }));
    assert.deepEqual(outcome(text), { rejects: expected, good });
  });
}

test("an extra cell whose name a column has is a reject", () => {
  assert.deepEqual(outcome("1,2\n1,2,3\n", ["a", "field2"]), {
    rejects: [{ at: "2:5", code: "csv_cells", raw: "1,2,3" }],
    good: ["1"],
  });
});

test("bytes that are not UTF-8 are rejects, with the place and the column's name", () => {
  const bytes = Buffer.from("ok,1\nx,a\xffb\nok2,\xe9\n\xc3\xa9,2\n", "latin1");
  assert.deepEqual(outcome(bytes), {
    rejects: [
      { at: "2:4", code: "invalid_utf8", raw: "x,a\xffb" },
      { at: "3:5", code: "invalid_utf8", raw: "ok2,\xe9" },
    ],
    good: ["ok", "é"],
  });
  const { rejects } = decodeText(bytes, decodeSpec(["a", "b"]));
  assert.equal(rejects[0]?.path, "b");
  assert.equal(rejects[0]?.message, "Byte 0xff is not part of UTF-8 text");
});

test("a document over 16 MiB is a reject", () => {
  const text = Buffer.concat([Buffer.alloc(16 * 1024 * 1024, "x"), Buffer.from("\nok\n")]);
  const { records, rejects } = decodeText(text, decodeSpec(["a"]));
  assert.equal(records.length, 1);
  assert.deepEqual(
    rejects.map(({ code, length }) => ({ code, length })),
    [{ code: "too_large", length: 16 * 1024 * 1024 }],
  );
});

test("a fault in a quoted cell's later line has its column on that line", () => {
  const text = '"a\nb",x\n';
  const { rejects } = decodeText(
    text,
    decodeSpec(["a.string()", "b.int32()"], { columnsHaveTypes: true }),
  );
  assert.deepEqual(rejects, [
    {
      offset: 0,
      length: 7,
      line: 1,
      column: 4,
      code: "csv_type",
      message: "`x` is not of type int32",
      path: "b",
    },
  ]);
});

test("a batch may be handed over whole: later ones share no memory with it", () => {
  const decoder = createCsvDecoder(decodeSpec(["a"]), fileStart);
  const batch = decoder.push(Buffer.from("1\n2\nx"), false);
  const memory = [batch.bytes, batch.starts, batch.offsets, batch.lengths, batch.lines];
  structuredClone(batch, { transfer: memory.map(({ buffer }) => buffer as ArrayBuffer) });
  assert.equal(batch.bytes.length, 0);
  const empty = decoder.push(Buffer.from("y"), false);
  assert.deepEqual([empty.count, empty.starts.length, empty.end], [0, 1, { offset: 4, line: 3 }]);
  const last = decoder.push(Buffer.from("z"), true);
  assert.deepEqual([last.count, last.offsets[0], last.lines[0]], [1, 4, 3]);
});

test("a long cell is cut in the message, at a character's end", () => {
  const columns = ["a.int32()", "b.string()"];
  const { rejects } = decodeText(
    `${"é".repeat(40)}x,\n`,
    decodeSpec(columns, { columnsHaveTypes: true }),
  );
  assert.equal(rejects[0]?.message, `\`${"é".repeat(30)}…\` is not of type int32`);
  const odd = decodeText(`x${"é".repeat(40)},\n`, decodeSpec(columns, { columnsHaveTypes: true }));
  assert.equal(odd.rejects[0]?.message, `\`x${"é".repeat(29)}…\` is not of type int32`);
});
