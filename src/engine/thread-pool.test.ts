import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize } from "bson";
import { batchRecords, openPool } from "../../test/support/pool.ts";
import { until } from "../../test/support/until.ts";
import { documentAt } from "../bson/documents.ts";
import { DocferryError } from "../job/errors.ts";
import type { RecordBatch } from "../job/record-batch.ts";

const never = () => ({ signal: new AbortController().signal });
const window = 2;

test("items come in order, whole, and their memory moves instead of being copied", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const batches = 12;
  const stream = pool.run("decodeChunk", await decoding(batches), never());
  assert.throws(() => stream.result, /has not ended/);
  let number = 0;
  for await (const batch of stream) {
    assert.equal(batch.count, batchRecords);
    for (let i = 0; i < batch.count; i++) {
      assert.equal(deserialize(documentAt(batch, i))["n"], number++);
    }
  }
  assert.equal(stream.result, true);
  assert.equal(number, batches * batchRecords);
  // bytes, starts, offsets, lengths, lines: of none is anything left in the thread that made it.
  assert.deepEqual([see("items"), see("views"), see("viewsKept")], [batches, 5 * batches, 0]);
});

test("a step works ahead of its reader by two items and no more, however slow he is", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const batches = 30;
  const stream = pool.run("decodeChunk", await decoding(batches), never());
  const reader = stream[Symbol.asyncIterator]();
  await until(() => see("items") === window);
  for (let taken = 1; taken <= batches; taken++) {
    assert.equal((await reader.next()).done, false);
    // It has made what it may. What it makes beyond that would show here or at the next item.
    await until(() => see("items") >= Math.min(taken + window, batches));
    assert.equal(see("items"), Math.min(taken + window, batches));
  }
  assert.equal((await reader.next()).done, true);
});

test("a reader who takes nothing holds up his own thread alone", async (t) => {
  const { pool, see, decoding } = await openPool(t, 2);
  pool.run("decodeChunk", await decoding(20), never());
  await until(() => see("items") === window);
  assert.equal(await counted(pool.run("decodeChunk", await decoding(20), never())), 20);
  assert.equal(see("items"), window + 20);
});

test("steps wait for a thread in the order in which they were asked for", async (t) => {
  const { pool, decoding } = await openPool(t, 1);
  const ends: number[] = [];
  const argument = await decoding(3);
  const streams = [1, 2, 3, 4].map(() => pool.run("decodeChunk", argument, never()));
  assert.deepEqual(
    streams.map(({ state }) => state),
    ["running", "waiting", "waiting", "waiting"],
  );
  await Promise.all(
    streams.map(async (stream, n) => {
      assert.equal(await counted(stream), 3);
      ends.push(n);
    }),
  );
  assert.deepEqual(ends, [0, 1, 2, 3]);
});

test("a step that is aborted while it waits ends at once and never runs", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const [busy, waiting] = [await decoding(9), await decoding(50)];
  const first = pool.run("decodeChunk", busy, never());
  const abort = new AbortController();
  const second = pool.run("decodeChunk", waiting, abort);
  const third = pool.run("decodeChunk", busy, never());
  const reason = new DocferryError("cancelled", "No longer wanted");
  const read = counted(second);
  abort.abort(reason);
  assert.equal(second.state, "over");
  await assert.rejects(read, reason);
  assert.equal(await counted(first), 9);
  assert.equal(await counted(third), 9);
  assert.equal(see("items"), 18);
});

test("a step whose signal is aborted already does not begin", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const reason = new DocferryError("lease_lost", "It is another's");
  const stream = pool.run("decodeChunk", await decoding(5), { signal: AbortSignal.abort(reason) });
  await assert.rejects(counted(stream), reason);
  assert.equal(await counted(pool.run("decodeChunk", await decoding(1), never())), 1);
  assert.deepEqual([see("items"), see("threads")], [1, 1]);
});

test("a step that is aborted while it runs ends with the reason, and its thread goes on", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const abort = new AbortController();
  const stream = pool.run("decodeChunk", await decoding(50), abort);
  const reason = new DocferryError("draining", "The service ends");
  let items = 0;
  await assert.rejects(async () => {
    for await (const _ of stream) if (++items === 3) abort.abort(reason);
  }, reason);
  assert.equal(items, 3);
  // Made ahead, and not given any more.
  assert.ok(see("items") <= 3 + window);
  assert.equal(await counted(pool.run("decodeChunk", await decoding(4), never())), 4);
  assert.equal(see("threads"), 1);
});

test("a reader who leaves early ends the step", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const stream = pool.run("decodeChunk", await decoding(50), never());
  for await (const _ of stream) break;
  assert.equal(stream.state, "over");
  assert.equal(await counted(pool.run("decodeChunk", await decoding(4), never())), 4);
  assert.ok(see("items") <= 1 + window + 4);
  assert.equal(see("threads"), 1);
});

test("a step that hangs when it is aborted ends at once, its thread a second later", async (t) => {
  const { pool, see, set, decoding } = await openPool(t, 1);
  set("hangAt", 2);
  const abort = new AbortController();
  const stream = pool.run("decodeChunk", await decoding(5), abort);
  const next = pool.run("decodeChunk", await decoding(5), never());
  const reason = new DocferryError("lease_lost", "It is another's");
  const read = counted(stream);
  await until(() => see("reads") === 2);
  abort.abort(reason);
  assert.equal(stream.state, "over");
  await assert.rejects(read, reason);
  assert.deepEqual([next.state, see("threads")], ["waiting", 1]);
  // In a new thread.
  assert.equal(await counted(next), 5);
  assert.equal(see("threads"), 2);
});

test("a thread that dies fails its step and no other, and is replaced", async (t) => {
  const { pool, see, set, decoding } = await openPool(t, 2);
  const [one, two] = [await decoding(6), await decoding(6)];
  const first = pool.run("decodeChunk", one, never());
  await until(() => see("items") === window);
  set("exitAt", see("reads") + 1);
  const second = pool.run("decodeChunk", two, never());
  await assert.rejects(counted(second), { code: "internal", message: /A worker thread died/ });
  assert.equal(await counted(first), 6);
  await until(() => see("threads") === 3);
  const both = [one, two].map((argument) => counted(pool.run("decodeChunk", argument, never())));
  assert.deepEqual(await Promise.all(both), [6, 6]);
});

test("a thread that cannot be replaced at once is tried again, and whoever waits for the only one hears why", async (t) => {
  const { pool, see, set, decoding } = await openPool(t, 1);
  const argument = await decoding(3);
  set("failStarts", 2);
  set("exitAt", 1);
  await assert.rejects(counted(pool.run("decodeChunk", argument, never())), { code: "internal" });
  const waiting = counted(pool.run("decodeChunk", argument, never()));
  await assert.rejects(waiting, {
    code: "busy",
    message: "No worker thread starts: It cannot be started",
  });
  await until(() => see("threads") === 2);
  assert.equal(await counted(pool.run("decodeChunk", argument, never())), 3);
});

test("a thread that cannot be replaced leaves those that wait to the others", async (t) => {
  const { pool, see, set, decoding } = await openPool(t, 2);
  const argument = await decoding(9);
  set("failStarts", 1);
  set("exitAt", 1);
  await assert.rejects(counted(pool.run("decodeChunk", argument, never())), { code: "internal" });
  const both = [1, 2].map(() => counted(pool.run("decodeChunk", argument, never())));
  assert.deepEqual(await Promise.all(both), [9, 9]);
  await until(() => see("threads") === 3);
});

test("an error of a step is the reader's, with its code, and costs no thread", async (t) => {
  const { pool, see, decoding } = await openPool(t, 1);
  const argument = await decoding(1);
  const gone = pool.run("decodeChunk", { ...argument, object: "0".repeat(32) }, never());
  await assert.rejects(counted(gone), { code: "object_not_found" });
  assert.equal(await counted(pool.run("decodeChunk", argument, never())), 1);
  assert.equal(see("threads"), 1);
});

test("a pool that is closed fails what runs and what waits", async (t) => {
  const { pool, set, see, decoding } = await openPool(t, 1);
  set("hangAt", 1);
  const argument = await decoding(3);
  const reads = [1, 2].map(() => counted(pool.run("decodeChunk", argument, never())));
  await until(() => see("reads") === 1);
  const closing = pool[Symbol.asyncDispose]();
  for (const read of reads) await assert.rejects(read, { code: "draining" });
  await closing;
  assert.equal(see("threads"), 1);
});

/** Batches of a step that is read to its end. */
async function counted(stream: AsyncIterable<RecordBatch>): Promise<number> {
  let items = 0;
  for await (const _ of stream) items++;
  return items;
}
