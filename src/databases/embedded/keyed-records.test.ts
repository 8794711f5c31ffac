import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Document, ObjectId } from "bson";
import * as fc from "fast-check";
import { sinkSpec } from "../../../test/contract/database-harness.ts";
import { batchOf } from "../../../test/support/record-batch.ts";
import { KeyedRecords } from "./keyed-records.ts";

function keyed(records: Document[]): KeyedRecords {
  return new KeyedRecords(batchOf(records), sinkSpec());
}

function allOf(records: KeyedRecords): Uint32Array {
  return Uint32Array.from({ length: records.batch.count }, (_, i) => i);
}

describe("KeyedRecords", () => {
  it("leaves records alone whose keys ascend", () => {
    const records = keyed([{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: "a" }]);
    const all = allOf(records);
    assert.equal(records.sorted(all), all);
  });

  it("sorts by key, and records with one key by their place in the file", () => {
    const id = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.string({ maxLength: 3 }),
      // Long common beginnings.
      fc.constantFrom("", "a", "b", "aaaaaaaaaaaaaaaab").map((end) => `${"x".repeat(20)}${end}`),
      fc.nat(300).map((n) => new ObjectId(n.toString(16).padStart(24, "0"))),
    );
    fc.assert(
      fc.property(fc.array(id, { maxLength: 60 }), (ids) => {
        const records = keyed(ids.map((_id) => ({ _id })));
        const sorted = [...records.sorted(allOf(records))];
        const expected = [...allOf(records)].toSorted(
          (a, b) => Buffer.compare(records.key(a), records.key(b)) || a - b,
        );
        assert.deepEqual(sorted, expected);
      }),
    );
  });

  it("frees its keys, and leaves the batch", () => {
    const documents = Array.from({ length: 2000 }, (_, n) => ({ _id: `${n}`.padEnd(50) }));
    const { batch } = keyed(documents);
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 20; round++) {
      using records = new KeyedRecords(batch, sinkSpec());
      assert.equal(records.key(0).length, 52);
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 200_000);
    assert.ok(batch.bytes.length > 0);
  });

  it("sorts some of the records only", () => {
    const records = keyed([{ _id: 9 }, { _id: [1] }, { _id: 5 }, { _id: 7 }]);
    assert.deepEqual(records.invalid, [1]);
    assert.deepEqual([...records.sorted(Uint32Array.of(0, 2))], [2, 0]);
    assert.deepEqual([...records.sorted(new Uint32Array(0))], []);
  });

  it("knows which records came without _id, and gives them one", () => {
    const records = keyed([{ a: 1, _id: 5 }, { a: 1 }]);
    assert.equal(records.lacksId(0), false);
    assert.equal(records.lacksId(1), true);
    assert.equal(records.idText(0), "5");
    assert.match(records.idText(1), /^6553f100[0-9a-f]{6}0000000064$/);
    assert.equal(
      records.document(1).length,
      records.batch.bytes.length - records.document(0).length + 17,
    );
  });
});
