import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { assertAllDone, endedMeanwhile, queueLoad } from "./queue-load.ts";

// `npm run chaos:queue` has ten thousand of them.
const counts = [300, 20, 20] as const;

/** With nothing but short jobs in it a service stays far below what an import of large files takes. */
const memoryMib = 400;

test("jobs that three environments queue at once all end, and none waits for another's backlog", async (t) => {
  const folder = join(await tempFolder(t), "data");
  const flags = ["--threads", "2", "--log-level", "warn"];
  const service = await TestService.start(t, folder, { flags });
  const load = await queueLoad(service, folder, counts);
  assertAllDone(load, counts);
  const meanwhile = endedMeanwhile(load);
  t.diagnostic(JSON.stringify({ ...load, jobs: undefined, meanwhile }));
  // A turn each; twice that, because one turn may have two jobs under way. All 300 would be ahead in a line.
  assert.ok(
    meanwhile <= 2 * (counts[1] + counts[2]),
    `${meanwhile} jobs of the backlog came before`,
  );
  assert.ok(load.peakMib < memoryMib, `${load.peakMib} MiB`);
  assert.equal(await service.stop(), 0);
});
