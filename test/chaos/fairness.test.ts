import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { addEnvironment, Ferryman, repeated } from "./heavy-import.ts";

const mib = 1024 * 1024;
/** More than there are slots: two, and one for each thread. */
const longJobs = 5;
const order = { type: "import", format: "json", collection: "people" };

test("a short job of one environment does not wait for any of the long ones that another has in all its slots", async (t) => {
  const folder = join(await tempFolder(t), "data");
  const flags = ["--threads", "2", "--log-level", "warn"];
  const big = await Ferryman.of(await TestService.start(t, folder, { flags }));
  await addEnvironment(big.service, folder, "small-4a89da");
  const small = big.in("small-4a89da");
  await big.put("long.json", repeated(`{"text":"${"x".repeat(200)}"}\n`, 128 * mib));
  await small.put("short.json", "{}\n{}\n{}\n");
  const ids: number[] = [];
  for (let n = 0; n < longJobs; n++) {
    ids.push((await big.submit({ ...order, file: "long.json" })).id);
  }
  const states = async () =>
    (await Promise.all(ids.map((id) => big.job(id)))).map(({ state }) => state);
  // An environment alone has all slots but one, and keeps every thread at work with them.
  let before = await states();
  while (before[0] === "queued" || before.includes("planning")) {
    await sleep(20);
    before = await states();
  }
  const done = await small.ended((await small.submit({ ...order, file: "short.json" })).id);
  assert.deepEqual([done.state, done.result?.inserted], ["succeeded", 3]);
  assert.deepEqual(await states(), before, "it was waited for");
  assert.deepEqual(before, ["running", "running", "running", "queued", "queued"]);
  for (const id of ids) await big.send("POST", `jobs/${id}/cancel`);
});
