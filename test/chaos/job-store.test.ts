import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { bringToEnd, commands, limits, object } from "./job-commands.ts";
import { JobModel } from "./job-model.ts";

test("whatever comes in whatever order, the job store shows what a model in memory shows, and every job can end", async (t) => {
  const folder = await tempFolder(t);
  const numRuns = Number(process.env["DOCFERRY_CHAOS_RUNS"] ?? 60);
  let run = 0;
  const ends = { succeeded: 0, failed: 0, cancelled: 0, lostLeases: 0 };
  const follows = fc.asyncProperty(commands, async (steps) => {
    await using store = await SqliteStore.open({
      file: join(folder, `store${run++}.sqlite`),
      limits,
    });
    const model = new JobModel();
    for (const environment of ["env-a", "env-b"]) {
      const contentType = "application/x-ndjson";
      await store.files.put({
        environment,
        name: "people.json",
        object,
        contentType,
        now: model.now,
      });
    }
    const real = { jobs: store.jobs, seen: new Map() };
    await fc.asyncModelRun(() => ({ model, real }), steps);
    await bringToEnd(model, real);
    for (const { state } of model.jobs) if (state in ends) ends[state as keyof typeof ends]++;
    for (const { task, lease } of model.leases) if (task.attempt > lease.attempt) ends.lostLeases++;
  });
  await fc.assert(follows, { numRuns });
  t.diagnostic(`${run} runs: ${JSON.stringify(ends)}`);
  for (const [end, times] of Object.entries(ends)) assert.ok(times > 0, `no job has seen ${end}`);
});
