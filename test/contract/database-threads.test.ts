import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { EmbeddedDatabases } from "../../src/databases/embedded/embedded-databases.ts";
import type { ReadingThread } from "../support/reading-thread.ts";
import { killedBatch, killedJob, killedRecord } from "../support/killed-import.ts";
import { batchOf } from "../support/record-batch.ts";
import { query, readTexts, rejectsOf, sinkSpec } from "./database-harness.ts";

describe("EmbeddedDatabases with more than one thread", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "docferry-threads-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("lets a thread read while another one writes: it sees whole batches, ever more", async () => {
    await using databases = await EmbeddedDatabases.open({ folder });
    const database = await databases.open("both");
    const batches = 40;
    const size = 500;
    const spec = sinkSpec({ collection: "items" });
    await using sink = await database.openSink(spec);
    const reader = new Worker(new URL("../support/reading-thread.ts", import.meta.url), {
      workerData: {
        folder,
        environment: "both",
        plan: query("items"),
        until: batches * size,
      } satisfies ReadingThread,
    });
    const seen: { read: number; listed: number }[] = [];
    reader.on("message", (message: { read: number; listed: number }) => seen.push(message));
    const ended = once(reader, "exit");
    let { position } = sink.progress;
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * size;
      // Behind what is there already, so that a reader comes by all that was there when it began.
      const records = Array.from({ length: size }, (_, i) => ({ _id: first + i }));
      ({ position } = await sink.write(batchOf(records, first), position));
    }
    assert.deepEqual(await ended, [0]);
    assert.equal(seen.at(-1)?.read, batches * size);
    let atLeast = 0;
    for (const { read, listed } of seen) {
      assert.equal(listed % size, 0);
      assert.ok(read >= atLeast && listed >= read, `${read} read, ${listed} listed`);
      atLeast = listed;
    }
  });

  it("loses and doubles nothing where the process is killed, again and again", async () => {
    const total = 40_000;
    let committed = 0;
    for (let attempt = 1; committed < total; attempt++) {
      const child = spawn(process.execPath, [
        join(import.meta.dirname, "../support/killed-import.ts"),
        folder,
        String(attempt),
        String(total),
      ]);
      // Killed behind a number of batches that is another one each time; the last attempts live.
      committed = await committedUntil(child, attempt < 6 ? 5 + 3 * attempt : Infinity);
      await using databases = await EmbeddedDatabases.open({ folder });
      const database = await databases.open("killed");
      const [info] = await database.collections();
      const stored = await readTexts(database, query("items", { projection: { _id: 1 } }));
      const rejects = await rejectsOf(database, killedJob);
      await using sink = await database.openSink({
        ...sinkSpec({ jobKey: killedJob, attempt, collection: "items" }),
      });
      const { position, counts } = sink.progress;
      assert.ok(position.line - 1 >= committed, "what was answered is there");
      assert.equal((position.line - 1) % killedBatch, 0);
      assert.equal(counts.records, position.line - 1);
      assert.equal(counts.inserted, stored.length);
      assert.equal(counts.inserted, info?.count);
      assert.equal(counts.rejected, rejects.length);
      committed = position.line - 1;
    }
    await using databases = await EmbeddedDatabases.open({ folder });
    const rejects = await rejectsOf(await databases.open("killed"), killedJob);
    assert.deepEqual(
      rejects.map(({ line }) => line),
      expectedRejects(total),
    );
  });
});

/** Lets the process commit so many batches, kills it, and gives the records that it said were committed. */
async function committedUntil(child: ChildProcess, batches: number): Promise<number> {
  const ended = once(child, "exit");
  let committed = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    committed = Number(line);
    if (++lines >= batches) child.kill("SIGKILL");
  }
  await ended;
  return committed;
}

function expectedRejects(total: number): number[] {
  const seen = new Set<unknown>();
  const lines: number[] = [];
  for (let i = 0; i < total; i++) {
    const record = killedRecord(i);
    if ("reject" in record || seen.has(record["_id"])) lines.push(i + 1);
    else seen.add(record["_id"]);
  }
  return lines;
}
