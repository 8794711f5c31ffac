import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { account, finalStatus, TestService } from "../support/service.ts";
import { smallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";

const mib = 1024 * 1024;
const flags = ["--reserve-mib", "1"];

const ready = async ({ address }: TestService) => (await fetch(`${address}/readyz`)).status;

async function untilReady(service: TestService): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await ready(service)) === 200) return;
    await sleep(100);
  }
  assert.fail(`it does not get ready again: ${service.log}`);
}

async function nativeToken({ address }: TestService): Promise<string> {
  const answer = await fetch(`${address}/cgi-bin/stable_token`, {
    method: "POST",
    body: JSON.stringify({
      grant_type: "client_credential",
      appid: account.appId,
      secret: account.secret,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

test("a service whose disk is full says so, lives, survives a kill, and goes on once there is room", async (t) => {
  const disk = await smallDisk(t, 24 * mib);
  if (!disk) return;
  const folder = join(disk.folder, "data");
  const first = await TestService.start(t, folder, { flags });
  const client = await first.client();
  const lines = Array.from({ length: 20_000 }, (_, n) => `{"_id":${n},"text":"${"x".repeat(40)}"}`);
  await client.upload("people.json", new Blob([lines.join("\n")]));

  // A file that does not fit: the client hears why, and what came of it is gone.
  const token = await nativeToken(first);
  const huge = Buffer.alloc(40 * mib, "x");
  const put = await fetch(`${first.address}/v1/environments/${account.environment}/files/huge`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}` },
    body: huge,
  });
  assert.equal(put.status, 507, await put.clone().text());
  assert.equal(((await put.json()) as { code: string }).code, "disk_full");
  await assert.rejects(client.upload("huge", new Blob([huge])), /disk/i);
  await untilReady(first);

  await disk.fill();
  const job = await client.submit("databasemigrateimport", {
    collection_name: "people",
    file_path: "people.json",
    file_type: 1,
    stop_on_error: false,
    conflict_mode: 1,
  });
  while ((await ready(first)) === 200) await sleep(10);
  assert.equal((await fetch(`${first.address}/healthz`)).status, 200);
  assert.notEqual((await client.status(job)).status, "fail");
  await assert.rejects(client.upload("more.json", new Blob(["{}"])), /disk/i);
  // What is written down meanwhile goes into the room that was kept back: a token, for one.
  const native = await fetch(
    `${first.address}/v1/environments/${account.environment}/jobs/${job}`,
    { headers: { authorization: `Bearer ${await nativeToken(first)}` } },
  );
  assert.equal(((await native.json()) as { stalled: string }).stalled, "disk full");

  await first.kill();
  const second = await TestService.start(t, folder, { flags });
  assert.equal(await ready(second), 503);
  const again = await second.client();
  assert.notEqual((await again.status(job)).status, "fail");
  await disk.free();
  const done = await finalStatus(again, job);
  assert.deepEqual([done.status, done.record_success, done.record_fail], ["success", 20_000, 0]);
  await untilReady(second);
  assert.equal(await second.stop(), 0);
});

test("a service that does nothing on a disk that has become full is not ready, says why, and is ready once there is room", async (t) => {
  const disk = await smallDisk(t, 16 * mib);
  if (!disk) return;
  const service = await TestService.start(t, join(disk.folder, "data"), { flags });
  await untilReady(service);
  await disk.fill();
  while ((await ready(service)) === 200) await sleep(100);
  const answer = await fetch(`${service.address}/readyz`);
  assert.match(
    ((await answer.json()) as { detail: string }).detail,
    /^Not ready: the disk is full/,
  );
  assert.equal((await fetch(`${service.address}/healthz`)).status, 200);
  await disk.free();
  await untilReady(service);
});

test("a service that was stopped before its disk was full starts all the same", async (t) => {
  const disk = await smallDisk(t, 16 * mib);
  if (!disk) return;
  const folder = join(disk.folder, "data");
  assert.equal(await (await TestService.start(t, folder, { flags })).stop(), 0);
  await disk.fill();
  const service = await TestService.start(t, folder, { flags });
  assert.equal(await ready(service), 503);
  await disk.free();
  await untilReady(service);
});

test("a disk without room for a first start, or that cannot be written, is a clear error", async (t) => {
  const disk = await smallDisk(t, 4 * mib);
  if (!disk) return;
  const folder = join(disk.folder, "data");
  await disk.fill();
  await assert.rejects(
    TestService.start(t, folder, { flags }),
    /docferry: The disk is full\nFree space/,
  );
  await disk.free();
  assert.equal(await (await TestService.start(t, folder, { flags })).stop(), 0);
  await disk.makeReadOnly();
  const written =
    /^Error: docferry: Data folder .*data cannot be written: [^\n]*\nLook at the disk/;
  await assert.rejects(TestService.start(t, folder, { flags }), written);
  await assert.rejects(
    TestService.start(t, join(disk.folder, "new"), { flags }),
    /new cannot be written: E(ROFS|NOENT)/,
  );
});

test("a store that is damaged, and a data folder that is a file, are clear errors", async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder, "file");
  await writeFile(file, "no folder");
  await assert.rejects(TestService.start(t, file), /Data folder .*file cannot be written: EEXIST/);
  const data = join(folder, "data");
  await (await TestService.start(t, data)).stop();
  await writeFile(join(data, "store.sqlite"), "x".repeat(10_000));
  await assert.rejects(
    TestService.start(t, data),
    /^Error: docferry: Cannot open .*store\.sqlite: file is not a database\nLook at the disk/,
  );
});
