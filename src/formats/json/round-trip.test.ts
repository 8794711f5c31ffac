import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Documents } from "../../bson/documents.ts";
import {
  array,
  document,
  double,
  int64,
  randomDocument,
} from "../../../test/support/random-bson.ts";
import type { JsonEncodeSpec } from "../codec.ts";
import { createJsonDecoder } from "./decode.ts";
import { createJsonEncoder } from "./encode.ts";

const layouts = [
  { array: false, pretty: false },
  { array: true, pretty: false },
  { array: false, pretty: true },
  { array: true, pretty: true },
];

for (const form of ["canonical", "lossless"] as const) {
  test(`${form} text of random documents, in every layout, reads back byte for byte`, () => {
    fc.assert(
      fc.property(
        fc.array(randomDocument({ textSafe: true }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...layouts),
        (documents, layout) => {
          const { text, retyped } = encode(documents, { form, ...layout });
          assert.equal(retyped, 0);
          assert.deepEqual(decode(text, layout.array), documents.map(hex));
        },
      ),
      { numRuns: 700 },
    );
  });
}

test("documents whose text says nothing is retyped read back the same, in every form", () => {
  let same = 0;
  fc.assert(
    fc.property(
      randomDocument(),
      fc.constantFrom("relaxed", "canonical", "lossless"),
      (bytes, form) => {
        const { text, retyped } = encode([bytes], { form });
        const back = decode(text, false);
        assert.equal(back.length, 1);
        assert.equal(retyped === 0, back[0] === hex(bytes));
        if (retyped === 0) same++;
      },
    ),
    { numRuns: 1500 },
  );
  assert.ok(same > 300, `only ${same} documents were the same`);
});

test("100,000 doubles and Int64 of random bits read back", () => {
  let state = 0x2545f491;
  const random = (): bigint => {
    let bits = 0n;
    for (let i = 0; i < 2; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bits = (bits << 32n) | BigInt(state >>> 0);
    }
    return bits;
  };
  const view = new DataView(new ArrayBuffer(8));
  const values = Array.from({ length: 100_000 }, (_, i) => {
    const bits = random();
    if (i % 2 === 0) return int64(BigInt.asIntN(64, bits) >> BigInt(i % 64));
    view.setBigUint64(0, bits);
    const value = view.getFloat64(0);
    return double(Number.isFinite(value) ? value : 0);
  });
  const bytes = document([["v", { type: 4, bytes: array(values) }]]);
  for (const form of ["canonical", "lossless"] as const) {
    assert.ok(decode(encode([bytes], { form }).text, false)[0] === hex(bytes), form);
  }
});

function encode(
  documents: Uint8Array[],
  options: Partial<JsonEncodeSpec>,
): { text: Uint8Array; retyped: number } {
  const encoder = createJsonEncoder({
    format: "json",
    form: "lossless",
    array: false,
    pretty: false,
    ...options,
  });
  const body = encoder.encode(joined(documents), true);
  return {
    text: Buffer.concat([encoder.head, body, encoder.tail]),
    retyped: encoder.retyped,
  };
}

/** The documents in hex; a reject as its message. */
function decode(text: Uint8Array, isArray: boolean): string[] {
  const decoder = createJsonDecoder(
    {
      format: "json",
      layout: isArray ? "array" : "sequence",
      fieldNames: "any",
      derivedId: null,
    },
    { offset: 0, line: 1 },
  );
  const { bytes, starts, count, rejects } = decoder.push(text, true);
  const documents = Array.from({ length: count }, (_, i) =>
    hex(bytes.subarray(starts[i], starts[i + 1])),
  );
  return [...documents, ...rejects.map(({ message }) => message)];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

function joined(documents: Uint8Array[]): Documents {
  const starts = new Uint32Array(documents.length + 1);
  for (const [i, bytes] of documents.entries()) starts[i + 1] = starts[i]! + bytes.length;
  return { bytes: Uint8Array.from(Buffer.concat(documents)), starts, count: documents.length };
}
