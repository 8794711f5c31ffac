import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobOrder } from "../../src/engine/engine.ts";
import { endedStates, type Job } from "../../src/job/job.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder, putFile } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { type FaultyEngine, openFaultyEngine } from "./faulty-engine.ts";

// An attempt that hangs, and nobody who takes its lease but the time that passes: the next one does its task, and it can do
// nothing any more when it wakes up.

const leaseMs = 900;
const lines = Array.from({ length: 40 }, (_, n) => `{"_id":${n},"text":"${"x".repeat(20)}"}`);
const exportOrder: JobOrder = {
  type: "export",
  file: "out.json",
  query: planFromParts({ collection: "people" }),
  format: { format: "json", form: "relaxed", array: false, pretty: false },
};

for (const [point, order] of [
  ["before jobs.finishPlan", importOrder({ collection: "more" })],
  ["before sink.write", importOrder({ collection: "more" })],
  ["before database.sealJob", importOrder({ collection: "more" })],
  ["before jobs.addPart", exportOrder],
  ["before jobs.finishJob", exportOrder],
] as const) {
  test(`an attempt that hangs ${point} loses its lease, and cannot write when it wakes up`, async (t) => {
    let passed = 0;
    let armed = false;
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    const engine = await open(t, async (now) => {
      if (!armed || now !== point) return;
      if (++passed === 1) await asleep;
    });
    // An engine that ends waits for its attempts.
    afterwards(t, () => wake());
    armed = true;
    const { id } = await engine.engine.submit(environment, order);
    const end = await ended(engine, id);
    assert.ok(passed > 1);
    const before = await seen(engine, end);
    wake();
    // It goes on, and is refused.
    await sleep(200);
    assert.deepEqual(await seen(engine, end), before);
  });
}

test("an attempt that shows nothing for a while, but not for a whole lease, keeps it", async (t) => {
  let opened = 0;
  let armed = false;
  const engine = await open(
    t,
    async (point) => {
      if (!armed) return;
      if (point === "before database.openSink") opened++;
      // Two of the looks that prolong leases find nothing new.
      if (point === "before sink.write") await sleep(2_600);
    },
    3_000,
  );
  armed = true;
  const order = importOrder({ collection: "more" });
  await ended(engine, (await engine.engine.submit(environment, order)).id);
  assert.equal(opened, 1);
});

/** An engine with a collection `people`. */
async function open(
  t: TestContext,
  at: (point: string) => Promise<void>,
  lease = leaseMs,
): Promise<FaultyEngine> {
  const engine = await openFaultyEngine(await tempFolder(t), at, lease);
  afterwards(t, () => engine[Symbol.asyncDispose]());
  await putFile(engine, "people.json", `${lines.join("\n")}\n{oops}\n`);
  const { id } = await engine.engine.submit(environment, importOrder());
  await ended(engine, id);
  return engine;
}

async function ended({ store }: FaultyEngine, id: number): Promise<Job> {
  let job: Job | undefined;
  await until(async () => endedStates.has((job = await store.jobs.get(id))?.state ?? "queued"));
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  return job;
}

/** What there is of a job that has ended, which is all that is to be. */
async function seen({ store, databases, files }: FaultyEngine, end: Job): Promise<unknown> {
  const job = await store.jobs.get(end.id);
  const { records, inserted, rejected } = end.progress.counts;
  const collections = await (await databases.open(environment)).collections();
  if (end.spec.type === "import") {
    assert.deepEqual([records, inserted, rejected], [41, 40, 1]);
    assert.equal(collections.find(({ name }) => name === "more")?.count, 40);
  } else {
    assert.equal(records, 40);
  }
  const file = await store.files.get(environment, end.result?.file ?? "");
  assert.ok(file);
  let text = "";
  const { signal } = new AbortController();
  for await (const piece of files.read(file.object, { from: 0, to: file.size }, { signal })) {
    text += Buffer.from(piece).toString();
  }
  assert.equal(text, end.spec.type === "import" ? "{oops}\n" : `${lines.join("\n")}\n`);
  return { job, collections, file };
}
