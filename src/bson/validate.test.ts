import assert from "node:assert/strict";
import { test } from "node:test";
import { bsonCorpus, corpusMissing, fromHex } from "../../test/support/bson-corpus.ts";
import { BsonError } from "./types.ts";
import { maxDepth, validate } from "./validate.ts";

test("every valid case of the corpus is taken", { skip: corpusMissing }, () => {
  let cases = 0;
  for (const { valid = [] } of bsonCorpus()) {
    for (const { canonical_bson, degenerate_bson } of valid) {
      validate(fromHex(canonical_bson));
      if (degenerate_bson) validate(fromHex(degenerate_bson));
      cases++;
    }
  }
  assert.equal(cases, 728);
});

test("every decode error of the corpus is refused", { skip: corpusMissing }, () => {
  let cases = 0;
  for (const { name, decodeErrors = [] } of bsonCorpus()) {
    for (const { description, bson } of decodeErrors) {
      assert.throws(() => validate(fromHex(bson)), BsonError, `${name}: ${description}`);
      cases++;
    }
  }
  assert.equal(cases, 75);
});

test("every valid case cut off anywhere is refused", { skip: corpusMissing }, () => {
  for (const { valid = [] } of bsonCorpus()) {
    for (const { canonical_bson } of valid) {
      const bytes = fromHex(canonical_bson);
      for (let to = 0; to < bytes.length; to++) {
        assert.throws(() => validate(bytes, { to }), BsonError);
        // The same with a length that claims to be right.
        const lying = bytes.slice(0, to);
        if (to >= 4) {
          new DataView(lying.buffer).setInt32(0, to, true);
          assert.throws(() => validate(lying), BsonError);
        }
      }
    }
  }
});

test("documents are taken to the depth of MongoDB and no deeper, whatever the stack", () => {
  validate(nested(maxDepth));
  assert.throws(() => validate(nested(maxDepth + 1)), /Nested deeper than 200 at byte/);
  validate(nested(300_000), { depth: 300_000 });
});

test("a document within other bytes is checked where it stands", () => {
  const bytes = fromHex("FFFF0500000000FF");
  validate(bytes, { from: 2, to: 7 });
  assert.throws(() => validate(bytes, { from: 2 }), /says 5 bytes and has 6 at byte 2/);
});

/** `{"":{"":…{}}}` */
function nested(depth: number): Uint8Array {
  const bytes = new Uint8Array(7 * depth - 2);
  const view = new DataView(bytes.buffer);
  for (let level = 0; level < depth; level++) {
    const at = level * 6;
    view.setInt32(at, 5 + 7 * (depth - 1 - level), true);
    if (level < depth - 1) bytes[at + 4] = 0x03;
  }
  return bytes;
}
