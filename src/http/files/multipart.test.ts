import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { DocferryError } from "../../job/errors.ts";
import { boundaryOf, readParts } from "./multipart.ts";

interface Sent {
  name: string;
  bytes: Buffer;
  headers?: string[];
}

function bodyOf(parts: Sent[], boundary = "AaB03x"): Buffer {
  const pieces = parts.flatMap(({ name, bytes, headers = [] }) => [
    [`--${boundary}`, `Content-Disposition: form-data; name="${name}"`, ...headers, "", ""].join(
      "\r\n",
    ),
    bytes,
    "\r\n",
  ]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

async function* inPieces(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (let at = 0; from < bytes.length; at++) {
    const to = from + (sizes[at % sizes.length] ?? 1);
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function read(bytes: Buffer, sizes = [bytes.length], boundary = "AaB03x") {
  const parts: { name: string; contentType: string | null; bytes: string }[] = [];
  for await (const { name, contentType, bytes: pieces } of readParts(
    inPieces(bytes, sizes),
    boundary,
  )) {
    const kept = [];
    for await (const piece of pieces) kept.push(Buffer.from(piece));
    parts.push({ name, contentType, bytes: Buffer.concat(kept).toString("latin1") });
  }
  return parts;
}

function isInvalid(error: unknown): boolean {
  return error instanceof DocferryError && error.code === "invalid_form";
}

test("gives names, types and bytes, whatever the pieces in which a body comes", async () => {
  const bytes = fc.array(
    fc.constantFrom(
      "\r",
      "\n",
      "-",
      "--",
      "\r\n",
      "\r\n--",
      "\r\n--AaB03",
      "--AaB03x",
      "x",
      "\0",
      "é",
    ),
    { maxLength: 12 },
  );
  const part = fc.record({ name: fc.constantFrom("a", "file", "键"), bytes });
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      async (parts, sizes) => {
        const sent = parts.map(({ name, bytes: texts }) => ({
          name,
          bytes: Buffer.from(texts.join("")),
        }));
        fc.pre(
          sent.every(
            (one) => !`\r\n${one.bytes.toString("latin1")}\r\n--`.includes("\r\n--AaB03x"),
          ),
        );
        const got = await read(bodyOf(sent), sizes);
        assert.deepEqual(
          got,
          sent.map((one) => ({
            name: one.name,
            contentType: null,
            bytes: one.bytes.toString("latin1"),
          })),
        );
      },
    ),
  );
});

test("a part that its reader leaves in the middle, or never looks at, is passed over", async () => {
  const big = Buffer.alloc(10_000, "x");
  const body = bodyOf([
    { name: "one", bytes: big },
    { name: "two", bytes: big },
    { name: "three", bytes: Buffer.from("end") },
  ]);
  const names = [];
  for await (const part of readParts(inPieces(body, [1000]), "AaB03x")) {
    names.push(part.name);
    if (part.name === "one") {
      for await (const _ of part.bytes) break;
    }
  }
  assert.deepEqual(names, ["one", "two", "three"]);
});

test("reads no more of a body than is asked for", async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n');
    for (;;) {
      given++;
      yield Buffer.alloc(1000, "x");
    }
  }
  const [part] = await firstOf(readParts(endless(), "b"), 1);
  await firstOf(part?.bytes ?? [], 5);
  assert.ok(given <= 6, `${given} pieces taken`);
});

test("takes headers as clients write them", async () => {
  const body = Buffer.from(
    [
      "preamble",
      "--AaB03x  \t",
      'content-disposition:form-data; filename="x; name=wrong"; NAME=key',
      "Content-Type: text/plain; charset=ISO-8859-1",
      "Content-Transfer-Encoding: 8bit",
      "",
      "one",
      "--AaB03x",
      'Content-Disposition: form-data; name="a\\"b"',
      "",
      "two",
      "--AaB03x",
      "",
      "no headers",
      "--AaB03x--",
      "epilogue",
    ].join("\r\n"),
  );
  assert.deepEqual(await read(body, [7]), [
    { name: "key", contentType: "text/plain; charset=ISO-8859-1", bytes: "one" },
    { name: 'a"b', contentType: null, bytes: "two" },
    { name: "", contentType: null, bytes: "no headers" },
  ]);
});

test("a body that ends before its form does is refused, wherever it ends", async () => {
  const body = bodyOf([
    { name: "key", bytes: Buffer.from("value") },
    { name: "file", bytes: Buffer.from("content") },
  ]);
  const whole = body.length - "\r\n".length;
  for (let length = 0; length < whole; length++) {
    await assert.rejects(read(body.subarray(0, length), [5]), isInvalid, `at ${length}`);
  }
  assert.equal((await read(body.subarray(0, whole), [5])).length, 2);
});

test("what is no form is refused without being kept", async () => {
  const refused: [string, Buffer][] = [
    ["endless headers", Buffer.from(`--AaB03x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)],
    ["text behind a boundary", Buffer.from("--AaB03xyz\r\n\r\nx\r\n--AaB03x--")],
    ["a line that is no header", Buffer.from("--AaB03x\r\nnonsense\r\n\r\nx\r\n--AaB03x--")],
    [
      "too many parts",
      bodyOf(Array.from({ length: 101 }, () => ({ name: "a", bytes: Buffer.from("") }))),
    ],
    ["plain text", Buffer.from("just some text")],
  ];
  for (const [what, body] of refused) await assert.rejects(read(body, [64]), isInvalid, what);
  const most = bodyOf(Array.from({ length: 100 }, () => ({ name: "a", bytes: Buffer.from("") })));
  assert.equal((await read(most)).length, 100);
});

test("finds the boundary in a content type, and only in that of a form", () => {
  for (const [type, boundary] of [
    ["multipart/form-data; boundary=abc", "abc"],
    ['Multipart/Form-Data; charset=utf-8; BOUNDARY="a b:c"', "a b:c"],
    ["multipart/form-data;boundary=----WebKit7MA4YWxk", "----WebKit7MA4YWxk"],
    ["multipart/form-data", null],
    ["multipart/form-data; boundary=", null],
    ["multipart/form-data-not; boundary=abc", null],
    ["multipart/mixed; boundary=abc", null],
    ["application/json", null],
    [undefined, null],
  ] as const) {
    assert.equal(boundaryOf(type), boundary, type);
  }
});

async function firstOf<T>(items: AsyncIterable<T> | Iterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  while (taken.length < count) {
    const next = await iterator.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
