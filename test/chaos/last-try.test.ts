import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "../../src/job/job.ts";
import type { JobOrder } from "../../src/engine/engine.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder, putFile } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type FaultyEngine, openFaultyEngine, endOf } from "./faulty-engine.ts";

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
    await putFile(faulty, "people.json", '{"_id":1}\n{"_id":2}\n');
    assert.equal((await ended(faulty, importOrder())).state, "succeeded");
    armed = true;
    const job = await ended(faulty, order);
    assert.equal(job.state, "failed");
    assert.deepEqual(job.error, { code: "internal", message: "a fault of ours" });
    assert.equal(strikes, 3);
  });
}

async function ended(faulty: FaultyEngine, order: JobOrder): Promise<Job> {
  return endOf(faulty, (await faulty.engine.submit(environment, order)).id);
}
