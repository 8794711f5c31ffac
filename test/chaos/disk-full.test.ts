import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Job } from "../../src/job/job.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { environment, importOrder, openEngine } from "../support/engine.ts";
import { smallDisk } from "../support/small-disk.ts";

const mib = 1024 * 1024;
const records = 40_000;
/** About 5 MiB. */
const lines = Array.from({ length: records }, (_, n) => `{"_id":${n},"text":"${"x".repeat(110)}"}`);
const content = `${lines.join("\n")}\n`;

const exportOrder = (file: string) => ({
  type: "export" as const,
  file,
  query: planFromParts({ collection: "people" }),
  format: { format: "json", form: "relaxed", array: false, pretty: false } as const,
});

async function engineOn(t: TestContext, bytes: number) {
  const disk = await smallDisk(t, bytes);
  if (!disk) return null;
  const engine = await openEngine(t, `${disk.folder}/data`, { reserveMib: 1, leaseSeconds: 5 });
  await engine.put("people.json", content);
  return { disk, engine };
}

/** The job waits for room, and says so; nothing else is harmed. */
async function stalls(engine: Awaited<ReturnType<typeof openEngine>>, id: number): Promise<Job> {
  const job = await engine.when(id, ({ stalled }) => stalled !== null);
  assert.equal(job.stalled, "disk full");
  assert.equal(engine.room.full, true);
  assert.deepEqual((await engine.engine.jobs(environment, allJobs)).map((each) => each.id)[0], id);
  return job;
}
const allJobs = { state: null, type: null, before: null, limit: 10 };

function assertImported(job: Job): void {
  assert.deepEqual([job.state, job.stalled, job.error], ["succeeded", null, null]);
  assert.deepEqual([job.progress.counts.records, job.progress.counts.inserted], [records, records]);
}

for (const { phase, leave } of [
  { phase: "planned", leave: 16 * 1024 },
  { phase: "written", leave: 3 * mib },
]) {
  test(`a disk that is full while an import is ${phase} stalls it, and it goes on once there is room`, async (t) => {
    const parts = await engineOn(t, 64 * mib);
    if (!parts) return;
    const { disk, engine } = parts;
    await disk.fill(leave);
    const { id } = await engine.submit(importOrder());
    await stalls(engine, id);
    await disk.free();
    assertImported(await engine.ended(id));
    const database = await engine.databases.open(environment);
    assert.equal((await database.collections())[0]?.count, records);
    assert.equal(engine.room.full, false);
  });
}

for (const { phase, leave } of [
  { phase: "written", leave: 2 * mib },
  { phase: "assembled", leave: 7 * mib },
]) {
  test(`a disk that is full while an export is ${phase} stalls it, and its file is that of an undisturbed one`, async (t) => {
    const parts = await engineOn(t, 64 * mib);
    if (!parts) return;
    const { disk, engine } = parts;
    assertImported(await engine.ended((await engine.submit(importOrder())).id));
    await disk.fill(leave);
    const { id } = await engine.submit(exportOrder("out.json"));
    const stalled = await stalls(engine, id);
    if (phase === "assembled") assert.equal(stalled.state, "finishing");
    await disk.free();
    const job = await engine.ended(id);
    assert.deepEqual([job.state, job.progress.counts.records], ["succeeded", records]);
    assert.equal(await engine.text("out.json"), content);
  });
}

test("a job that is taken while the disk is full says why it waits, and may be cancelled", async (t) => {
  const parts = await engineOn(t, 32 * mib);
  if (!parts) return;
  const { disk, engine } = parts;
  await disk.fill();
  const first = await engine.submit(importOrder());
  await stalls(engine, first.id);
  const second = await engine.submit(importOrder({ collection: "others" }));
  await stalls(engine, second.id);
  await assert.rejects(engine.put("more.json", content), { code: "disk_full" });
  await engine.engine.cancel(environment, first.id);
  assert.equal((await engine.ended(first.id)).state, "cancelled");
  await disk.free();
  assertImported(await engine.ended(second.id));
});
