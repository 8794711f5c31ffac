import { plainCsv } from "../../src/job/job.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobOrder } from "../../src/engine/engine.ts";
import { environment, openEngine } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";

// What the engine promises to the native and the admin API, where no request can bring it about in time.

const order: Extract<JobOrder, { type: "import" }> = {
  type: "import",
  file: "f",
  collection: "c",
  format: "json",
  mode: "insert",
  upsertFields: ["_id"],
  stopOnError: false,
  csv: plainCsv,
};
const never = { signal: new AbortController().signal };

test("rejects whose keep time is over are no longer kept, and say so", async (t) => {
  const engine = await openEngine(t, await tempFolder(t), { keepDays: 0 });
  await engine.put("f", '{"_id":1}\n{bad\n');
  const job = await engine.ended((await engine.submit(order)).id);
  assert.equal(job.progress.counts.rejected, 1);
  while (Date.now() <= (job.endedAt ?? 0)) await new Promise(setImmediate);
  await engine.engine.clean();
  const gone = { code: "file_not_found", message: /rejects of job \d+ are no longer kept/ };
  await assert.rejects(engine.engine.rejects(environment, job.id, never), gone);
  await assert.rejects(engine.engine.rejectFile(environment, job.id), gone);
  await assert.rejects(engine.engine.retryRejects(environment, job.id, null), gone);
});

test("whatever is submitted while an environment goes, nothing of it is left", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  const { store } = engine;
  for (let round = 0; round < 15; round++) {
    await engine.put("f", '{"_id":1}\n'.repeat(1 + round * 200));
    const submits = Array.from({ length: 1 + (round % 4) }, async (_, n) => {
      for (let turn = 0; turn < n + (round % 3); turn++) await new Promise(setImmediate);
      return engine.submit(order);
    });
    const removal = engine.engine.removeEnvironment(environment, { cancelJobs: true });
    const [removed, ...submitted] = await Promise.allSettled([removal, ...submits]);
    assert.equal(removed?.status, "fulfilled");
    for (const { reason } of submitted.filter(({ status }) => status === "rejected") as {
      reason: { code: string };
    }[]) {
      assert.ok(["environment_not_found", "file_not_found"].includes(reason.code), reason.code);
    }
    const list = { environment, state: null, type: null, before: null, limit: 10 };
    assert.deepEqual(await store.jobs.list(list), []);
    const files = { environment, prefix: "", after: null, limit: 10 };
    assert.deepEqual(await store.files.list(files), []);
    assert.deepEqual(await engine.engine.collections(environment), []);
  }
});

test("a submit and a retry of rejects under the same key do not take each other for the same", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("f", '{"_id":1}\n{bad\n');
  const once = { key: "k", digest: "a".repeat(64) };
  const first = await engine.engine.submitOnce(environment, order, once);
  assert.equal(first.replayed, false);
  const job = await engine.ended(first.job.id);
  const other = { ...once, digest: "b".repeat(64) };
  await assert.rejects(engine.engine.retryRejects(environment, job.id, other), {
    code: "submit_key_used",
  });
  const again = await engine.engine.submitOnce(environment, order, once);
  assert.deepEqual([again.replayed, again.job.id], [true, job.id]);
});
