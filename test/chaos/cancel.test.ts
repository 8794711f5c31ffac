import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobOrder } from "../../src/engine/engine.ts";
import { DocferryError } from "../../src/job/errors.ts";
import type { Job } from "../../src/job/job.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder, putFile } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type FaultyEngine, openFaultyEngine, endOf } from "./faulty-engine.ts";
import { assertNothingLeftBehind } from "./left-behind.ts";

const lines = Array.from({ length: 40 }, (_, n) => `{"_id":${n},"text":"${"x".repeat(20)}"}`);
const content = `${lines.join("\n")}\n{oops}\n`;

/** An attempt hears of the end of its job when its lease is prolonged: three times as often. */
const leaseMs = 900;

const put = (engine: FaultyEngine, name: string, text = content) => putFile(engine, name, text);

async function newest(engine: FaultyEngine): Promise<Job> {
  const [job] = await engine.store.jobs.list({
    environment,
    state: null,
    type: null,
    before: null,
    limit: 1,
  });
  assert.ok(job);
  return job;
}

async function ended(engine: FaultyEngine, order: JobOrder): Promise<Job> {
  return endOf(engine, (await engine.engine.submit(environment, order)).id);
}

test("a job that is cancelled at any point counts what is there, and leaves nothing half done", async (t) => {
  const folder = await tempFolder(t);
  const passed = new Set<string>();
  let armed = "";
  let struck = false;
  const engine = await openFaultyEngine(
    folder,
    async (point) => {
      passed.add(point);
      if (point !== armed) return;
      armed = "";
      struck = true;
      await engine.store.jobs.cancel((await newest(engine)).id, Date.now());
    },
    leaseMs,
  );
  afterwards(t, () => engine[Symbol.asyncDispose]());

  const database = await engine.databases.open(environment);
  let rounds = 0;
  const states = new Map<string, number>();
  const seen = ({ state }: Job) => states.set(state, (states.get(state) ?? 0) + 1);
  const bring = async (point: string) => {
    const name = `c${rounds++}`;
    await put(engine, `${name}.json`);
    armed = point;
    const job = await ended(engine, importOrder({ file: `${name}.json`, collection: name }));
    seen(job);
    assert.ok(job.state === "succeeded" || job.state === "cancelled", `${point}: ${job.state}`);
    const { records, inserted, rejected } = job.progress.counts;
    assert.equal(records, inserted + rejected, point);
    const collection = (await database.collections()).find((each) => each.name === name);
    assert.equal(collection?.count ?? 0, inserted, `${point}: documents that nobody counts`);
    if (job.state === "succeeded") assert.deepEqual([inserted, rejected], [40, 1], point);
    if (job.result?.file) {
      assert.equal(rejected, 1, point);
      assert.ok(await engine.store.files.get(environment, job.result.file), point);
    }
  };
  const take = async (point: string) => {
    const file = `c${rounds++}.out`;
    armed = point;
    const job = await ended(engine, {
      type: "export",
      file,
      query: planFromParts({ collection: "c0" }),
      format: { format: "json", form: "relaxed", array: false, pretty: false },
    });
    seen(job);
    const found = await engine.store.files.get(environment, file);
    assert.equal(found !== undefined, job.state === "succeeded", `${point}: ${job.state}`);
  };

  await bring("none");
  await take("none");
  const points = [...passed].filter((point) => !/jobs\.(sweep|mirror|beat|submit)$/.test(point));
  assert.ok(points.length > 20);
  for (const point of points) {
    struck = false;
    await bring(point);
    await take(struck ? point : armed);
    armed = "";
  }
  t.diagnostic(`${points.length} points: ${JSON.stringify([...states])}`);
  assert.ok((states.get("cancelled") ?? 0) >= points.length / 2);
  await engine[Symbol.asyncDispose]();
  await assertNothingLeftBehind(folder);
});

test("an import that has failed, and whose rejects cannot be written either, counts what is there", async (t) => {
  let writes = 0;
  const engine = await openFaultyEngine(await tempFolder(t), async (point) => {
    if (point === "before sink.write" && ++writes === 2)
      throw new DocferryError("invalid_file", "Injected");
    if (point === "before jobs.finishJob") throw new Error("A fault of ours");
  });
  afterwards(t, () => engine[Symbol.asyncDispose]());
  await put(engine, "people.json", `{oops}\n${content}`);
  const job = await ended(engine, importOrder());
  assert.deepEqual([job.state, job.error?.code], ["failed", "invalid_file"]);
  const { records, inserted, rejected } = job.progress.counts;
  const database = await engine.databases.open(environment);
  assert.equal((await database.collections())[0]?.count, inserted, "documents that nobody counts");
  assert.ok(inserted > 0);
  assert.deepEqual([records, rejected], [inserted + 1, 1]);
});

test("an import that has failed, and is cancelled while its rejects are written, counts what is there and gives them back", async (t) => {
  let writes = 0;
  let struck = false;
  const engine = await openFaultyEngine(
    await tempFolder(t),
    async (point) => {
      // What the first batch has committed is not mirrored yet when the second one fails for good.
      if (point === "before sink.write" && ++writes === 2)
        throw new DocferryError("invalid_file", "Injected");
      if (point !== "after database.sealJob") return;
      struck = true;
      const { id } = await newest(engine);
      await engine.store.jobs.cancel(id, Date.now());
      // Long enough to hear of it.
      await sleep(leaseMs);
    },
    leaseMs,
  );
  afterwards(t, () => engine[Symbol.asyncDispose]());
  await put(engine, "people.json", `{oops}\n${content}`);
  const job = await ended(engine, importOrder());
  assert.ok(struck);
  assert.equal(job.state, "cancelled");
  const { records, inserted, rejected } = job.progress.counts;
  const database = await engine.databases.open(environment);
  const [collection] = await database.collections();
  assert.equal(collection?.count, inserted, "documents that nobody counts");
  assert.ok(inserted > 0);
  assert.deepEqual([records, rejected], [inserted + 1, 1]);
  assert.ok(await engine.store.files.get(environment, job.result?.file ?? ""), "its rejects");
});
