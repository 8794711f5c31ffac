import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { randomDocument } from "../../test/support/random-bson.ts";
import { ContentDigest } from "./digest.ts";
import { kernels } from "../wasm/kernels.ts";
import type { Documents } from "./documents.ts";
import { hashLanes, murmur3 } from "./murmur3.ts";

const specification = readFileSync(new URL("../../docs/digest.md", import.meta.url), "utf8");
const vectors = [...specification.matchAll(/\| `([0-9a-f]+)` \| `(docferry1:\S+)` \|/g)].map(
  ([, hex, digest]) => ({ bytes: Uint8Array.from(Buffer.from(hex!, "hex")), digest: digest! }),
);

test("the hash is the published MurmurHash3_x86_128", () => {
  assert.equal(
    hashOf("I will not buy this record, it is scratched."),
    "a0a9683b25ac5e40d9af2895890dddf5",
  );
  assert.equal(
    hashOf("The quick brown fox jumps over the lazy dog"),
    "2f1583c3ecee2c675d7bf66ce5e91d2c",
  );
  assert.equal(hashOf(""), "0".repeat(32));
});

test("the test vectors of docs/digest.md hold", () => {
  assert.equal(vectors.length, 5);
  for (const { bytes, digest } of vectors) {
    assert.equal(digestOf([bytes]), digest);
    assert.equal(batchDigestOf([bytes]), digest);
  }
  const together = /All five together, in any order: `(\S+)`/.exec(specification)![1];
  const all = vectors.map(({ bytes }) => bytes);
  assert.equal(digestOf(all), together);
  assert.equal(batchDigestOf(all), together);
  assert.equal(digestOf(all.reverse()), together);
  const twice = /The first one twice: `(\S+)`/.exec(specification)![1];
  assert.equal(digestOf([vectors[0]!.bytes, vectors[0]!.bytes]), twice);
  assert.ok(specification.includes(`\`${new ContentDigest().toString()}\``));
});

test("the digest is the count and the sum of the hashes modulo 2^128, in whatever pieces and order", () => {
  fc.assert(
    fc.property(fc.array(randomDocument(), { maxLength: 20 }), fc.nat(20), (documents, cut) => {
      let sum = 0n;
      for (const bytes of documents) {
        murmur3(new DataView(bytes.buffer), 0, bytes.length);
        for (const [lane, word] of hashLanes.entries()) sum += BigInt(word) << BigInt(32 * lane);
      }
      const hex = BigInt.asUintN(128, sum).toString(16).padStart(32, "0");
      const expected = `docferry1:${documents.length}:${hex}`;

      assert.equal(digestOf(documents), expected);
      const merged = new ContentDigest();
      const other = new ContentDigest();
      merged.add(joined(documents.slice(cut).reverse()));
      other.add(joined(documents.slice(0, cut)));
      merged.merge(ContentDigest.parse(other.toString()));
      assert.equal(merged.toString(), expected);
      assert.equal(merged.count, documents.length);
    }),
  );
});

const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 9000 }),
  fc.constantFrom(65_535, 65_536, 65_537, 200_000),
);

test("a batch has the sum of its documents' hashes: few and many, short and longer than what is hashed together", () => {
  assert.ok(kernels());
  fc.assert(
    fc.property(
      fc.array(fc.tuple(lengths, fc.constantFrom(1, 1, 3, 40)), { maxLength: 30 }),
      fc.nat(200_000),
      fc.nat(),
      (groups, before, seed) => {
        const sizes = groups.flatMap(([size, times]) => Array.from({ length: times }, () => size));
        checkBatch(sizes, before, seed);
      },
    ),
    { numRuns: 150 },
  );
  checkBatch(
    Array.from({ length: 10_000 }, (_, i) => i % 9),
    3,
    1,
  );
});

/** Documents of these sizes, of any bytes, the first of which begins `before` bytes from the array's begin. */
function checkBatch(sizes: number[], before: number, seed: number): void {
  const starts = new Uint32Array(sizes.length + 1);
  starts[0] = before;
  for (const [i, size] of sizes.entries()) starts[i + 1] = starts[i]! + size;
  const bytes = new Uint8Array(starts.at(-1)!);
  let state = seed;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  const one = new ContentDigest();
  for (let i = 0; i < sizes.length; i++) one.addBytes(bytes, starts[i], starts[i + 1]);
  const all = new ContentDigest();
  all.add({ bytes, starts, count: sizes.length });
  assert.equal(all.toString(), one.toString());
}

test("carries go through all lanes and fall off at the top", () => {
  const digest = ContentDigest.parse(`docferry1:1:${"f".repeat(32)}`);
  digest.merge(ContentDigest.parse(`docferry1:2:${"1".padStart(32, "0")}`));
  assert.equal(digest.toString(), `docferry1:3:${"0".repeat(32)}`);
});

test("only the digest's own text is parsed", () => {
  const zeros = "0".repeat(32);
  for (const text of [
    "",
    `docferry2:1:${zeros}`,
    `docferry1:01:${zeros}`,
    `docferry1:-1:${zeros}`,
    `docferry1:1:${zeros}0`,
    `docferry1:1:${"A".repeat(32)}`,
    `docferry1:9999999999999999:${zeros}`,
    `docferry1:1:${zeros}\n`,
  ]) {
    assert.throws(() => ContentDigest.parse(text), RangeError, text);
  }
});

function digestOf(documents: Uint8Array[]): string {
  const digest = new ContentDigest();
  for (const bytes of documents) digest.addBytes(bytes);
  return digest.toString();
}

function batchDigestOf(documents: Uint8Array[]): string {
  const digest = new ContentDigest();
  digest.add(joined(documents));
  return digest.toString();
}

function joined(documents: Uint8Array[]): Documents {
  const starts = new Uint32Array(documents.length + 1);
  for (const [i, bytes] of documents.entries()) starts[i + 1] = starts[i]! + bytes.length;
  return { bytes: Uint8Array.from(Buffer.concat(documents)), starts, count: documents.length };
}

function hashOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  murmur3(new DataView(bytes.buffer), 0, bytes.length);
  return Array.from(hashLanes, (word) => word.toString(16).padStart(8, "0")).join("");
}
