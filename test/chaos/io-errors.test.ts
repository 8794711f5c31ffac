import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { failingWrites, readOnlyFolder } from "../support/io-faults.ts";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { assertPutOff, Ferryman } from "./heavy-import.ts";

const records = 100_000;
const file = `${Array.from(
  { length: records },
  (_, n) => `{"_id":${n},"text":"${"x".repeat(60)}"}\n`,
).join("")}{oops}\n`;
const importOrder = { type: "import", format: "json", file: "people.json", collection: "people" };
const exportOrder = { type: "export", format: "json", file: "out.json", collection: "people" };

test("an import whose disk fails in its middle waits, is told, and goes on when it can be written again", async (t) => {
  const ferryman = await start(t);
  const { id } = await ferryman.submit(importOrder);
  await until(async () => (await ferryman.job(id)).progress.records > 0);
  const fault = await failingWrites(t, ferryman.service.child.pid ?? 0);
  if (!fault) return;
  // Whatever is under way has met it.
  await until(() => ferryman.service.log.includes("disk I/O error"));

  await refuses(ferryman, "PUT", "files/more.json", "{}", /file too large/);
  const more = JSON.stringify({ ...importOrder, collection: "more" });
  await refuses(ferryman, "POST", "jobs", more, /disk I\/O error/);
  assert.equal((await fetch(`${ferryman.service.address}/healthz`)).status, 200);
  // It cannot be written down why it waits; it is told.
  const told = async () => (await ferryman.job(id)).stalled;
  await until(async () => /disk I\/O error/.test((await told()) ?? ""));
  await notReady(ferryman, /^Not ready: disk I\/O error/);
  // Longer than a store is waited for that is only busy.
  await sleep(1_500);
  const waiting = await ferryman.job(id);
  assert.equal(waiting.ended, null, JSON.stringify(waiting.error));
  assert.match(waiting.stalled ?? "", /disk I\/O error/);
  const { items } = (await (await ferryman.send("GET", "jobs")).json()) as { items: NativeJob[] };
  assert.match(items[0]?.stalled ?? "", /disk I\/O error/);

  await fault.mend();
  const began = performance.now();
  const imported = await ferryman.ended(id);
  assertImported(imported);
  // Nobody waits for the lease of the attempt that failed.
  const seconds = (performance.now() - began) / 1000;
  t.diagnostic(`the import was done ${seconds.toFixed(1)} s after the disk was`);
  assert.doesNotMatch(ferryman.service.log, /leases ran out/);
  assert.equal(imported.stalled, null);
  await ready(ferryman);
  const again = { ...importOrder, collection: "again" };
  assertImported(await ferryman.ended((await ferryman.submit(again)).id));
  assert.equal(await ferryman.service.stop(), 0);
});

test("jobs that write files wait while their folder is read-only, say so, and go on", async (t) => {
  const ferryman = await start(t);
  assertImported(await ferryman.ended((await ferryman.submit(importOrder)).id));
  const fault = await readOnlyFolder(t, join(ferryman.folder, "files"));
  if (!fault) return;
  // Its rejects want a file; the export wants parts.
  const importing = await ferryman.submit({ ...importOrder, collection: "more" });
  const exporting = await ferryman.submit(exportOrder);
  for (const { id } of [importing, exporting]) {
    let job = await ferryman.job(id);
    for (; job.stalled === null && job.ended === null; await sleep(20)) {
      job = await ferryman.job(id);
    }
    assert.match(job.stalled ?? "", /^EROFS: read-only file system/, JSON.stringify(job));
  }
  await refuses(ferryman, "PUT", "files/more.json", "{}", /^EROFS: read-only file system/);
  assert.equal((await fetch(`${ferryman.service.address}/healthz`)).status, 200);
  await notReady(ferryman, /^Not ready: EROFS: read-only file system/);
  const read = await ferryman.send("GET", "files/people.json");
  assert.equal(await read.text(), file, "what is there can be read");

  await fault.mend();
  assertImported(await ferryman.ended(importing.id));
  const exported = await ferryman.ended(exporting.id);
  assert.equal(exported.state, "succeeded", JSON.stringify(exported.error));
  assert.equal(exported.result?.records, records);
  assert.equal(exported.stalled, null);
  await ferryman.put("more.json", "{}");
  await ready(ferryman);
  assert.equal(await ferryman.service.stop(), 0);
});

/** Without any job: nobody but a probe looks. */
test("an idle service whose disk cannot be written is not ready, says why, and is ready again once it can be", async (t) => {
  const ferryman = await start(t);
  await ready(ferryman);
  const failing = await failingWrites(t, ferryman.service.child.pid ?? 0);
  if (!failing) return;
  await notReady(ferryman, /^Not ready: disk I\/O error/);
  await failing.mend();
  await ready(ferryman);
  const readOnly = await readOnlyFolder(t, join(ferryman.folder, "files"));
  if (!readOnly) return;
  await notReady(ferryman, /^Not ready: EROFS: read-only file system/);
  await readOnly.mend();
  await ready(ferryman);
  assert.deepEqual(await readdir(join(ferryman.folder, "files", "incoming")), []);
});

/** Within the time for which the last look holds. */
async function probed({ service }: Ferryman, status: number): Promise<string> {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${service.address}/readyz`);
    const text = await answer.text();
    if (answer.status === status) return text;
    assert.ok(tries < 50, text);
    await sleep(100);
  }
}

async function ready(ferryman: Ferryman): Promise<void> {
  await probed(ferryman, 200);
}

async function notReady(ferryman: Ferryman, why: RegExp): Promise<void> {
  assert.match((JSON.parse(await probed(ferryman, 503)) as { detail: string }).detail, why);
  assert.equal((await fetch(`${ferryman.service.address}/healthz`)).status, 200);
}

async function start(t: Parameters<typeof tempFolder>[0]) {
  const folder = join(await tempFolder(t), "data");
  const ferryman = await Ferryman.of(await TestService.start(t, folder));
  await ferryman.put("people.json", file);
  return Object.assign(ferryman, { folder });
}

/** It is the disk's fault, is told as such, and may pass. */
async function refuses(
  ferryman: Ferryman,
  method: string,
  path: string,
  body: string,
  why: RegExp,
): Promise<void> {
  const problem = await assertPutOff(await ferryman.send(method, path, body), why);
  assert.match(String(problem["hint"]), /disk of the data folder/);
}

function assertImported(job: NativeJob): void {
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  assert.deepEqual([job.result?.inserted, job.result?.rejects], [records, 1]);
}
