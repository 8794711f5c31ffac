import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newObjectId } from "../../src/files/object-id.ts";
import { endedStates, type Job } from "../../src/job/job.ts";
import type { JobOrder } from "../../src/engine/engine.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type FaultyEngine, openFaultyEngine } from "./faulty-engine.ts";

const exportOrder: JobOrder = {
  type: "export",
  file: "out.json",
  format: { format: "json", form: "relaxed", array: false, pretty: false },
  query: planFromParts({ collection: "people" }),
};

// Each strikes where an attempt has read, decoded and told how far it is, and has committed nothing that lasts.
for (const [point, order] of [
  ["before jobs.finishPlan", importOrder({ collection: "more" })],
  ["before sink.write", importOrder({ collection: "more" })],
  ["before jobs.addPart", exportOrder],
] as const) {
  test(`a fault of ours that comes back each time ${point} is tried three times, then the job fails`, async (t) => {
    let armed = false;
    let strikes = 0;
    const faulty = await openFaultyEngine(await tempFolder(t), async (passed) => {
      if (!armed || passed !== point) return;
      strikes++;
      // Time for the worker to mirror what the attempt has told.
      await sleep(150);
      throw new Error("a fault of ours");
    });
    afterwards(t, () => faulty[Symbol.asyncDispose]());
    await using writer = await faulty.files.create(newObjectId());
    await writer.write(Buffer.from('{"_id":1}\n{"_id":2}\n'));
    await faulty.store.files.put({
      environment,
      name: "people.json",
      object: await writer.finish(),
      contentType: "application/x-ndjson",
      now: Date.now(),
    });
    assert.equal((await ended(faulty, importOrder())).state, "succeeded");
    armed = true;
    const job = await ended(faulty, order);
    assert.equal(job.state, "failed");
    assert.deepEqual(job.error, { code: "internal", message: "a fault of ours" });
    assert.equal(strikes, 3);
  });
}

async function ended({ engine }: FaultyEngine, order: JobOrder): Promise<Job> {
  const { id } = await engine.submit(environment, order);
  for (;;) {
    const job = await engine.job(environment, id);
    if (endedStates.has(job.state)) return job;
    await sleep(5);
  }
}
