import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder, putFile } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type FaultyEngine, openFaultyEngine, endOf } from "./faulty-engine.ts";

// What goes on around a job while it runs.

const put = (engine: FaultyEngine, content: string) => putFile(engine, "people.json", content);

for (const point of ["before database.createCollection", "before database.openSink"]) {
  for (const change of ["stored anew", "removed"]) {
    test(`a file that is ${change} ${point} is imported as it was at submit`, async (t) => {
      let struck = false;
      const engine = await openFaultyEngine(await tempFolder(t), async (passed) => {
        if (struck || passed !== point) return;
        struck = true;
        if (change === "removed") await engine.store.files.remove(environment, "people.json");
        else await put(engine, '{"_id":1}\n{"_id":2}\n{"_id":3}\n');
        // The sweeper comes by at the worst of times.
        for await (const id of engine.files.list({ before: new Date(Date.now() + 1000) })) {
          const [garbage] = await engine.store.files.unreferenced([id]);
          if (garbage) await engine.files.remove(garbage);
        }
      });
      afterwards(t, () => engine[Symbol.asyncDispose]());
      await put(engine, '{"_id":1,"old":true}\n{"_id":2,"old":true}\n{oops}\n');
      const { id } = await engine.engine.submit(environment, importOrder());
      const job = await endOf(engine, id);
      assert.ok(struck);
      assert.equal(job.state, "succeeded");
      assert.deepEqual([job.progress.counts.inserted, job.progress.counts.rejected], [2, 1]);
    });
  }
}

test("an attempt that shows nothing for a while keeps its lease when the clock steps forward, by hours and more than once", async (t) => {
  const passed: string[] = [];
  let struck = false;
  const sweepEnded = async () => {
    const before = passed.filter((point) => point === "after jobs.sweep").length;
    while (passed.filter((point) => point === "after jobs.sweep").length < before + 2)
      await sleep(20);
  };
  const faulty = await openFaultyEngine(await tempFolder(t), async (point) => {
    passed.push(point);
    if (struck || point !== "before sink.write") return;
    struck = true;
    faulty.stepClock(3_600_000);
    // The worker takes note of what has been shown so far, and of nothing more the next time.
    await sleep(500);
    faulty.stepClock(3_600_000);
    await sweepEnded();
  });
  afterwards(t, () => faulty[Symbol.asyncDispose]());
  await put(faulty, '{"_id":1}\n{"_id":2}\n{oops}\n');
  const { progress } = await endOf(
    faulty,
    (await faulty.engine.submit(environment, importOrder())).id,
  );
  assert.deepEqual([progress.counts.inserted, progress.counts.rejected], [2, 1]);
  assert.equal(passed.filter((point) => point === "before database.openSink").length, 1);
});

test("a clock that stands an hour back after a restart keeps no task waiting for an hour", async (t) => {
  const file = join(await tempFolder(t), "store.sqlite");
  await using store = await SqliteStore.open({ file, limits: { total: 4, perEnvironment: 4 } });
  const now = 1_800_000_000_000;
  const spec = { ...importOrder(), object: "0".repeat(32), size: 1 };
  const object = { id: spec.object, size: 1, md5: "0".repeat(32) };
  await store.files.put({ environment, name: spec.file, object, contentType: "", now });
  await store.jobs.submit({ key: "1".repeat(32), environment, spec, now });
  await store.jobs.submit({ key: "2".repeat(32), environment, spec, now });
  const [claim] = await store.jobs.claim({ limit: 1, now, leaseMs: 30_000 });
  assert.ok(claim);
  const earlier = now - 3_600_000;
  assert.equal(await store.jobs.takeOver(earlier), 1);
  const claims = await store.jobs.claim({ limit: 4, now: earlier, leaseMs: 30_000 });
  assert.equal(claims.length, 2);
});

test("a task that is being claimed when the service stops is given back, not left to look like a dead worker's", async (t) => {
  let claiming: () => void = () => undefined;
  const claimed = new Promise<void>((resolve) => (claiming = resolve));
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let armed = false;
  const faulty = await openFaultyEngine(await tempFolder(t), async (point) => {
    if (!armed || point !== "after jobs.claim") return;
    claiming();
    await held;
  });
  afterwards(t, () => faulty[Symbol.asyncDispose]());
  await put(faulty, '{"_id":1}\n');
  armed = true;
  const { id } = await faulty.engine.submit(environment, importOrder());
  await claimed;
  const drained = faulty.engine.drain();
  // Whoever does not wait for the claim is done by now.
  await Promise.race([drained, sleep(100)]);
  goOn();
  await drained;
  assert.equal(await faulty.store.jobs.takeOver(Date.now()), 0);
  assert.equal((await faulty.store.jobs.get(id))?.stalled, null);
});
