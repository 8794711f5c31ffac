import assert from "node:assert/strict";
import { it } from "node:test";
import { BSON, Binary, Double, Int32, Long, ObjectId } from "bson";
import type { Database, Databases } from "../../src/databases/database.ts";
import type { RecordBatch } from "../../src/job/record-batch.ts";
import { batchOf, documentsOf, positionOf } from "../support/record-batch.ts";
import {
  continueWriting,
  query,
  readObjects,
  readTexts,
  rejectsOf,
  sinkSpec,
  uniqueName,
  writeAll,
} from "./database-harness.ts";

const noneCounted = {
  records: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  rejected: 0,
};

export function sinkTests(databases: () => Databases, reopen: () => Promise<Databases>): void {
  const open = (): Promise<Database> => databases().open("sinks");

  it("begins where the task begins, with nothing counted", async () => {
    const database = await open();
    await using sink = await database.openSink(sinkSpec({ start: positionOf(7) }));
    assert.deepEqual(sink.progress, {
      position: positionOf(7),
      counts: noneCounted,
      stopped: false,
    });
  });

  it("writes documents, rejects, position and counts at once", async () => {
    const database = await open();
    const spec = sinkSpec();
    const progress = await writeAll(database, spec, [
      { _id: 2, name: "b" },
      { reject: "json_syntax" },
      { _id: 1, name: "a" },
    ]);
    assert.deepEqual(progress, {
      position: positionOf(3),
      counts: { ...noneCounted, records: 3, inserted: 2, rejected: 1 },
      stopped: false,
    });
    assert.deepEqual(await readObjects(database, query(spec.collection)), [
      { _id: 1, name: "a" },
      { _id: 2, name: "b" },
    ]);
    assert.deepEqual(
      (await rejectsOf(database, spec.jobKey)).map(({ line, code }) => ({ line, code })),
      [{ line: 2, code: "json_syntax" }],
    );
  });

  it("moves on over a stretch without records", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using sink = await database.openSink(spec);
    const empty: RecordBatch = { ...batchOf([]), end: positionOf(9) };
    const progress = await sink.write(empty, positionOf(0));
    assert.deepEqual(progress.position, positionOf(9));
    assert.equal(progress.counts.records, 0);
  });

  it("gives a later attempt what the earlier ones have committed, each write of it", async () => {
    const database = await open();
    const spec = sinkSpec();
    for (let attempt = 1; attempt <= 5; attempt++) {
      await using sink = await database.openSink({ ...spec, attempt });
      assert.deepEqual(sink.progress.position, positionOf(2 * (attempt - 1)));
      assert.equal(sink.progress.counts.inserted, 2 * (attempt - 1));
      await continueWriting(sink, [{ _id: 2 * attempt }, { _id: 2 * attempt + 1 }]);
    }
    assert.equal((await readTexts(database, query(spec.collection))).length, 10);
  });

  it("lets the same attempt open again", async () => {
    const database = await open();
    const spec = sinkSpec({ attempt: 3 });
    const written = await writeAll(database, spec, [{ _id: 1 }]);
    await using again = await database.openSink(spec);
    assert.deepEqual(again.progress, written);
  });

  it("refuses the writes of an earlier attempt, and leaves nothing of them", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using earlier = await database.openSink(spec);
    await using later = await database.openSink({ ...spec, attempt: 2 });
    await assert.rejects(continueWriting(earlier, [{ _id: 1 }]), { code: "lease_lost" });
    assert.deepEqual(await readTexts(database, query(spec.collection)), []);
    assert.equal((await continueWriting(later, [{ _id: 2 }])).counts.inserted, 1);
  });

  it("refuses to open for an earlier attempt, and keeps the fence where it is", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using later = await database.openSink({ ...spec, attempt: 2 });
    await assert.rejects(database.openSink(spec), { code: "lease_lost" });
    assert.equal((await continueWriting(later, [{ _id: 1 }])).counts.inserted, 1);
  });

  it("refuses a write that does not begin where the last one ended", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using sink = await database.openSink(spec);
    await continueWriting(sink, [{ _id: 1 }]);
    for (const from of [0, 2]) {
      const again = sink.write(batchOf([{ _id: 9 }, { reject: "json_syntax" }]), positionOf(from));
      await assert.rejects(again, { code: "lease_lost" });
    }
    assert.deepEqual(await readObjects(database, query(spec.collection)), [{ _id: 1 }]);
    assert.deepEqual(await rejectsOf(database, spec.jobKey), []);
  });

  it("keeps the tasks of a job, and the jobs, apart", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, spec, [{ _id: 1 }]);
    await using other = await database.openSink({ ...spec, task: 1 });
    assert.equal(other.progress.counts.records, 0);
    await using otherJob = await database.openSink({ ...spec, jobKey: sinkSpec().jobKey });
    assert.equal(otherJob.progress.counts.records, 0);
  });

  it("inserts the first of equal _ids in file order and rejects the others", async () => {
    const database = await open();
    const spec = sinkSpec();
    const { counts } = await writeAll(
      database,
      spec,
      [
        { _id: 5, n: 1 },
        { _id: 4, n: 2 },
        { _id: 5, n: 3 },
      ],
      [{ _id: "x" }, { _id: 4, n: 4 }, { _id: "x", n: 5 }],
    );
    assert.deepEqual(counts, { ...noneCounted, records: 6, inserted: 3, rejected: 3 });
    assert.deepEqual(await readObjects(database, query(spec.collection)), [
      { _id: 4, n: 2 },
      { _id: 5, n: 1 },
      { _id: "x" },
    ]);
    assert.deepEqual(await rejectsOf(database, spec.jobKey), [
      duplicate(2, "_id 5 is there already"),
      duplicate(4, "_id 4 is there already"),
      duplicate(5, '_id "x" is there already'),
    ]);
  });

  it("takes equal numbers of different types for one _id", async () => {
    const database = await open();
    const spec = sinkSpec();
    const { counts } = await writeAll(database, spec, [
      { _id: new Int32(1) },
      { _id: new Double(1) },
      { _id: Long.fromNumber(1) },
      { _id: new Double(1.5) },
    ]);
    assert.equal(counts.inserted, 2);
    assert.deepEqual(await readTexts(database, query(spec.collection)), [
      '{"_id":{"$numberInt":"1"}}',
      '{"_id":{"$numberDouble":"1.5"}}',
    ]);
  });

  it("finds every duplicate among many records in any order", async () => {
    const database = await open();
    const spec = sinkSpec();
    const records = Array.from({ length: 3000 }, (_, i) => ({ _id: (i * 7919) % 1000, n: i }));
    const { counts } = await writeAll(database, spec, records);
    assert.deepEqual(counts, { ...noneCounted, records: 3000, inserted: 1000, rejected: 2000 });
    const stored = await readObjects(database, query(spec.collection));
    assert.deepEqual(
      stored.map(({ n }) => n as number).sort((a, b) => a - b),
      Array.from({ length: 1000 }, (_, i) => i),
    );
    assert.deepEqual(
      (await rejectsOf(database, spec.jobKey)).map(({ offset }) => offset),
      Array.from({ length: 2000 }, (_, i) => positionOf(1000 + i).offset),
    );
  });

  for (const mode of ["insert", "upsert", "merge", "delete"] as const) {
    it(`rejects an _id that no document may have (${mode})`, async () => {
      const database = await open();
      const spec = sinkSpec({ mode });
      await using sink = await database.openSink(spec);
      const batch = batchOf([{ _id: [1] }, { _id: /x/ }, { _id: null }, { _id: 1 }]);
      // js-bson writes no undefined.
      batch.bytes[batch.starts[2]! + 4] = 0x06;
      const { counts } = await sink.write(batch, positionOf(0));
      assert.equal(counts.rejected, 3);
      assert.equal(counts.records, 4);
      assert.deepEqual(
        (await rejectsOf(database, spec.jobKey)).map(({ code, path, line }) => [code, path, line]),
        [1, 2, 3].map((line) => ["invalid_id", "_id", line]),
      );
    });
  }

  it("gives an inserted record without _id one made of time, job and offset", async () => {
    const database = await open();
    const spec = sinkSpec({ jobKey: "a1b2c3d4".padEnd(32, "0"), seconds: 0x65000000 });
    await writeAll(database, spec, [{ _id: 1 }], [{ name: "x" }]);
    assert.deepEqual(await readTexts(database, query(spec.collection)), [
      '{"_id":{"$numberInt":"1"}}',
      '{"_id":{"$oid":"65000000a1b2c30000000064"},"name":"x"}',
    ]);
  });

  it("replaces whole documents in upsert mode, and counts equal ones as unchanged", async () => {
    const database = await open();
    const { collection } = sinkSpec();
    await writeAll(database, sinkSpec({ collection }), [
      { _id: 1, a: 1, b: 1 },
      { _id: 2, a: 2 },
    ]);
    const { counts } = await writeAll(database, sinkSpec({ collection, mode: "upsert" }), [
      { _id: 3, a: 3 },
      { _id: 2, a: 2 },
      { _id: 1, c: 1 },
      { _id: 3, a: 4 },
      { _id: 3, a: 4 },
    ]);
    assert.deepEqual(counts, {
      ...noneCounted,
      records: 5,
      inserted: 1,
      updated: 2,
      unchanged: 2,
    });
    assert.deepEqual(await readObjects(database, query(collection)), [
      { _id: 1, c: 1 },
      { _id: 2, a: 2 },
      { _id: 3, a: 4 },
    ]);
  });

  it("keeps the record's own _id when it replaces one that is equal", async () => {
    const database = await open();
    const spec = sinkSpec({ mode: "upsert" });
    const { counts } = await writeAll(
      database,
      spec,
      [{ _id: new Int32(1) }],
      [{ _id: new Double(1) }],
    );
    assert.equal(counts.updated, 1);
    assert.deepEqual(await readTexts(database, query(spec.collection)), [
      '{"_id":{"$numberDouble":"1.0"}}',
    ]);
  });

  it("sets the record's fields in merge mode: in place, new ones behind, none as a path", async () => {
    const database = await open();
    const spec = sinkSpec({ mode: "merge" });
    const { counts } = await writeAll(
      database,
      spec,
      [
        { _id: 1, a: 1, b: { x: 1 }, c: 1 },
        { _id: 2, a: 1 },
      ],
      [
        { _id: 1, d: 9, b: { y: 2 }, "a.z": 5 },
        { _id: 2, a: 1 },
        { _id: 3, a: 1 },
      ],
    );
    assert.deepEqual(counts, {
      ...noneCounted,
      records: 5,
      inserted: 3,
      updated: 1,
      unchanged: 1,
    });
    assert.deepEqual(await readTexts(database, query(spec.collection, { filter: { _id: 1 } })), [
      '{"_id":{"$numberInt":"1"},"a":{"$numberInt":"1"},"b":{"y":{"$numberInt":"2"}},' +
        '"c":{"$numberInt":"1"},"d":{"$numberInt":"9"},"a.z":{"$numberInt":"5"}}',
    ]);
  });

  it("rejects a merge that would make a document too large", async () => {
    const database = await open();
    const spec = sinkSpec({ mode: "merge" });
    const half = new Binary(new Uint8Array(9 * 2 ** 20));
    const { counts } = await writeAll(
      database,
      spec,
      [{ _id: 1, a: half }],
      [
        { _id: 1, b: half },
        { _id: 1, c: 1 },
      ],
    );
    assert.deepEqual(counts, {
      ...noneCounted,
      records: 3,
      inserted: 1,
      updated: 1,
      rejected: 1,
    });
    assert.equal((await database.firstReject(spec.jobKey))?.code, "too_large");
  });

  it("deletes what is there, and counts what is not as unchanged", async () => {
    const database = await open();
    const { collection } = sinkSpec();
    await writeAll(database, sinkSpec({ collection }), [{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    const { counts } = await writeAll(database, sinkSpec({ collection, mode: "delete" }), [
      { _id: 2, more: true },
      { _id: 9 },
      { _id: 2 },
      { _id: 1 },
      { name: "without _id" },
    ]);
    assert.deepEqual(counts, { ...noneCounted, records: 5, deleted: 2, unchanged: 3 });
    assert.deepEqual(await readObjects(database, query(collection)), [{ _id: 3 }]);
  });

  it("writes nothing behind the first failure when it stops on errors, and nothing later", async () => {
    const database = await open();
    const spec = sinkSpec({ stopOnError: true });
    await using sink = await database.openSink(spec);
    await continueWriting(sink, [{ _id: 5 }, { _id: 6 }]);
    const progress = await sink.write(
      batchOf([{ _id: 1 }, { _id: 6 }, { reject: "json_syntax" }, { _id: 0 }], 2),
      positionOf(2),
    );
    assert.deepEqual(progress, {
      position: positionOf(4),
      counts: { ...noneCounted, records: 4, inserted: 3, rejected: 1 },
      stopped: true,
    });
    assert.deepEqual(await readObjects(database, query(spec.collection)), [
      { _id: 1 },
      { _id: 5 },
      { _id: 6 },
    ]);
    assert.deepEqual(
      (await rejectsOf(database, spec.jobKey)).map(({ line, code }) => [line, code]),
      [[4, "duplicate_id"]],
    );
    const further = sink.write(batchOf([{ _id: 7 }], 4), positionOf(4));
    await assert.rejects(further, { code: "stopped_on_error" });
    await using later = await database.openSink({ ...spec, attempt: 2 });
    assert.deepEqual(later.progress, progress);
    await assert.rejects(later.write(batchOf([{ _id: 7 }], 4), positionOf(4)), {
      code: "stopped_on_error",
    });
  });

  it("gives rejects once and in order, over many pages and writes", async () => {
    const database = await open();
    const spec = sinkSpec();
    const broken = Array.from({ length: 1500 }, () => ({ reject: "json_syntax" as const }));
    await writeAll(database, { ...spec, task: 1 }, broken);
    await writeAll(database, spec, broken.slice(0, 700), broken.slice(0, 900));
    const rejects = await rejectsOf(database, spec.jobKey);
    assert.deepEqual(
      rejects.map(({ line }) => line),
      [1600, 1500].flatMap((count) => Array.from({ length: count }, (_, i) => i + 1)),
    );
  });

  it("names the first reject of a job by its place in the file, whatever its task", async () => {
    const database = await open();
    const spec = sinkSpec();
    await writeAll(database, { ...spec, start: positionOf(50) }, [{ reject: "nul_byte" }]);
    await writeAll(database, { ...spec, task: 1 }, [{ _id: 1 }, { reject: "csv_quote" }]);
    await writeAll(database, { ...spec, task: 2, start: positionOf(20) }, [{ reject: "csv_type" }]);
    assert.equal((await database.firstReject(spec.jobKey))?.code, "csv_quote");
    assert.equal(await database.firstReject(sinkSpec().jobKey), undefined);
  });

  it("takes batches of any kind of memory", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using sink = await database.openSink(spec);
    const batches = [1, 2, 3, 4, 5].map((_id) => batchOf([{ _id }], _id - 1));
    const padded = new Uint8Array(1000);
    padded.set(batches[1]!.bytes, 500);
    batches[1]!.bytes = padded.subarray(500, 500 + batches[1]!.bytes.length);
    const shared = new Uint8Array(new SharedArrayBuffer(batches[2]!.bytes.length));
    shared.set(batches[2]!.bytes);
    batches[2]!.bytes = shared;
    // Two arrays in one buffer.
    const pair = new Float64Array([200, 3]);
    batches[2]!.offsets = pair.subarray(0, 1);
    batches[2]!.lines = pair.subarray(1);
    // A Buffer in memory that others have a part of, and one that is whole.
    const pooled = Buffer.from(batches[3]!.bytes);
    batches[3]!.bytes = pooled;
    batches[4]!.bytes = Buffer.from(batches[4]!.bytes.buffer);
    for (const [i, batch] of batches.entries()) await sink.write(batch, positionOf(i));
    assert.deepEqual(
      (await readObjects(database, query(spec.collection))).map(({ _id }) => _id),
      [1, 2, 3, 4, 5],
    );
    assert.equal(pooled.length, 14);
    assert.equal(padded.length, 1000);
  });

  it("forgets a job's progress and many rejects, not its documents", async () => {
    const database = await open();
    const spec = sinkSpec();
    const broken = Array.from({ length: 25_000 }, () => ({ reject: "json_syntax" as const }));
    await using sink = await database.openSink(spec);
    await continueWriting(sink, [{ _id: 1 }, ...broken]);
    const other = sinkSpec();
    await writeAll(database, other, [{ reject: "json_syntax" }]);
    await database.forgetJob(spec.jobKey);
    assert.deepEqual(await rejectsOf(database, spec.jobKey), []);
    assert.deepEqual(await readObjects(database, query(spec.collection)), [{ _id: 1 }]);
    assert.equal((await rejectsOf(database, other.jobKey)).length, 1);
    await assert.rejects(sink.write(batchOf([{ _id: 2 }]), positionOf(25_001)), {
      code: "lease_lost",
    });
  });

  it("seals a job: no attempt writes any more, and its counts are final", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using sink = await database.openSink(spec);
    await continueWriting(sink, [{ _id: 1 }, { _id: 1 }]);
    await writeAll(database, { ...spec, task: 1 }, [{ _id: 2 }]);
    const counts = { ...noneCounted, records: 3, inserted: 2, rejected: 1 };
    assert.deepEqual(await database.sealJob(spec.jobKey), counts);
    const late = sink.write(batchOf([{ _id: 3 }], 2), positionOf(2));
    await assert.rejects(late, { code: "lease_lost" });
    for (const task of [0, 1, 2]) {
      const opened = database.openSink({ ...spec, task, attempt: 1000 });
      await assert.rejects(opened, { code: "lease_lost" });
    }
    assert.deepEqual(await database.sealJob(spec.jobKey), counts);
    assert.deepEqual(await database.sealJob(sinkSpec().jobKey), noneCounted);
  });

  it("makes the collection again where it was dropped between two writes", async () => {
    const database = await open();
    const spec = sinkSpec();
    await using sink = await database.openSink(spec);
    await continueWriting(sink, [{ _id: 1 }]);
    await database.dropCollection(spec.collection);
    await sink.write(batchOf([{ _id: 2 }], 1), positionOf(1));
    assert.deepEqual(await readObjects(database, query(spec.collection)), [{ _id: 2 }]);
  });

  it("lets several sinks write one collection by turns", async () => {
    const database = await open();
    const collection = uniqueName("shared");
    const sinks = await Promise.all(
      [0, 1, 2].map((task) => database.openSink(sinkSpec({ collection, task }))),
    );
    await Promise.all(
      sinks.map((sink, i) =>
        continueWriting(
          sink,
          ...[0, 1, 2, 3].map((batch) =>
            Array.from({ length: 50 }, (_, n) => ({ _id: objectId(n * 100 + i * 10 + batch) })),
          ),
        ),
      ),
    );
    const [info] = (await database.collections()).filter(({ name }) => name === collection);
    assert.equal(info?.count, 600);
    assert.equal((await readTexts(database, query(collection))).length, 600);
  });

  it("keeps all of it when the database is closed and opened again", async () => {
    const spec = sinkSpec();
    const before = await open();
    const written = await writeAll(before, spec, [{ _id: 1 }, { reject: "json_syntax" }]);
    await before.flush();
    const database = await (await reopen()).open("sinks");
    await using sink = await database.openSink({ ...spec, attempt: 2 });
    assert.deepEqual(sink.progress, written);
    assert.deepEqual(await readObjects(database, query(spec.collection)), [{ _id: 1 }]);
    assert.equal((await rejectsOf(database, spec.jobKey)).length, 1);
  });

  it("stores a document of the largest size, byte for byte", async () => {
    const database = await open();
    const spec = sinkSpec();
    const head = BSON.serialize({ _id: 1, a: new Binary(new Uint8Array(0)) }).length;
    const filler = new Uint8Array(16 * 2 ** 20 - head).map((_, i) => i * 31);
    const document = BSON.serialize({ _id: 1, a: new Binary(Buffer.from(filler.buffer)) });
    assert.equal(document.length, 16 * 2 ** 20);
    const batch = { ...batchOf([{ _id: 1 }]), ...documentsOf([document]) };
    await using sink = await database.openSink(spec);
    await sink.write(batch, positionOf(0));
    const read = database.read(
      query(spec.collection),
      { from: null, to: null },
      {
        after: null,
        signal: AbortSignal.timeout(60_000),
      },
    );
    for await (const page of read) assert.equal(Buffer.compare(page.bytes, document), 0);
  });
}

function objectId(number: number): ObjectId {
  return new ObjectId(number.toString(16).padStart(24, "0"));
}

function duplicate(record: number, message: string) {
  const { offset, line } = positionOf(record);
  return { offset, length: 99, line, column: 0, code: "duplicate_id", message, path: "_id" };
}
