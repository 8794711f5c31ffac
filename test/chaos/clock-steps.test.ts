import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { fileIdOf } from "../../src/http/files/file-id.ts";
import { failingWrites } from "../support/io-faults.ts";
import { account, type TestClient, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman } from "./heavy-import.ts";

const hourMs = 3_600_000;
const preload = pathToFileURL(join(import.meta.dirname, "../support/shifted-clock.ts")).href;

for (const [direction, stepMs] of [
  ["back", -hourMs],
  ["forward", hourMs],
] as const) {
  test(`the clock of a live service steps ${direction} an hour, and back to where it was, while an import runs`, async (t) => {
    const { ferryman, step } = await start(t);
    const client = await ferryman.service.client();
    const records = 200_000;
    await ferryman.put("people.json", lines(records));
    const url = await downloadUrl(client, "people.json");
    const { id } = await ferryman.submit(importOrder("people"));
    const counted: number[] = [];
    for (const ms of [stepMs, 0, stepMs]) {
      const before = counted.at(-1) ?? 0;
      await until(async () => {
        const job = await ferryman.job(id);
        counted.push(job.progress.records);
        return job.progress.records > before || job.ended !== null;
      });
      await step(ms);
      assert.ok((await ferryman.job(id)).id, "a token of before the step is still good");
      await client.status(id);
    }
    assert.equal((await ferryman.job(id)).ended, null, "it was over too soon to show anything");
    const done = await ferryman.ended(id);
    assert.equal(done.state, "succeeded", JSON.stringify(done.error));
    assert.deepEqual([done.result?.inserted, done.result?.rejects], [records, 1]);
    assert.deepEqual(
      counted,
      counted.toSorted((a, b) => a - b),
      "a count never goes back",
    );
    // A lease is lost by time that has passed, and no time has.
    assert.doesNotMatch(ferryman.service.log, /leases ran out|lost its lease/);
    assert.ok(Date.parse(done.ended ?? "") >= Date.parse(done.started ?? ""));

    // An address of before the steps still holds, and so does one of now.
    assert.equal((await fetch(url)).status, 200);
    assert.equal((await fetch(await downloadUrl(client, "people.json"))).status, 200);
    const again = await Ferryman.of(ferryman.service);
    await again.put("more.json", "{}\n");
    const next = await again.submit({ ...importOrder("more"), file: "more.json" });
    assert.equal((await again.ended(next.id)).state, "succeeded");
    assert.equal(await ferryman.service.stop(), 0);
  });
}

test("what was due for a retry when the clock stepped back an hour does not wait for an hour", async (t) => {
  const { ferryman, step } = await start(t);
  await ferryman.put("people.json", lines(100_000));
  const { id } = await ferryman.submit(importOrder("people"));
  await until(async () => (await ferryman.job(id)).progress.records > 0);
  const fault = await failingWrites(t, ferryman.service.child.pid ?? 0);
  if (!fault) return;
  await until(() => ferryman.service.log.includes("attempt failed"));
  await step(-hourMs);
  await fault.mend();
  const done = await ferryman.ended(id);
  assert.deepEqual([done.state, done.result?.inserted], ["succeeded", 100_000]);
});

test("tokens and addresses end by the clock as it is, once it has stepped forward past their time", async (t) => {
  const { ferryman, step } = await start(t);
  await ferryman.put("people.json", "{}\n");
  const url = await downloadUrl(await ferryman.service.client(), "people.json");
  await step(3 * hourMs);
  assert.equal((await ferryman.send("GET", "jobs")).status, 401);
  assert.equal((await fetch(url)).status, 403);
  // New ones are to be had, by the clock of now.
  const again = await Ferryman.of(ferryman.service);
  assert.equal((await again.send("GET", "jobs")).status, 200);
  const newUrl = await downloadUrl(await ferryman.service.client(), "people.json");
  assert.equal((await fetch(newUrl)).status, 200);
  // Back again, what was given out in that future is good, and so is what was given out before.
  await step(0);
  assert.equal((await again.send("GET", "jobs")).status, 200);
  assert.equal((await fetch(newUrl)).status, 200);
  assert.equal((await fetch(url)).status, 200);
});

/** A service whose clock can be set. */
async function start(t: TestContext) {
  const folder = await tempFolder(t);
  const clock = join(folder, "clock");
  const step = async (ms: number) => {
    await writeFile(`${clock}.new`, String(ms));
    await rename(`${clock}.new`, clock);
  };
  await step(0);
  const service = await TestService.start(t, join(folder, "data"), {
    variables: { DOCFERRY_TEST_CLOCK: clock, NODE_OPTIONS: `--import=${preload}` },
  });
  return { ferryman: await Ferryman.of(service), step };
}

async function downloadUrl(client: TestClient, name: string): Promise<string> {
  const { file_list: list } = await client.call("batchdownloadfile", {
    file_list: [{ fileid: fileIdOf(account.environment, name), max_age: 7200 }],
  });
  const [{ download_url: url }] = list as [{ download_url: string }];
  return url;
}

function importOrder(collection: string): object {
  return { type: "import", format: "json", file: "people.json", collection };
}

function lines(records: number): string {
  const whole = Array.from(
    { length: records },
    (_, n) => `{"_id":${n},"text":"${"x".repeat(60)}"}\n`,
  );
  return `${whole.join("")}{oops}\n`;
}
