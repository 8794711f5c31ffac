import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tempFolder } from "../support/temp-folder.ts";
import { finalStatus, TestService } from "../support/service.ts";

const records = 300_000;
const badEvery = 1_000;

/** Records of about 120 bytes; one in a thousand is broken, one in a thousand has an `_id` that is there already. */
function bigFile(): Blob {
  const lines: string[] = [];
  for (let n = 0; n < records; n++) {
    if (n % badEvery === 500) lines.push(`{"_id":${n},"broken":`);
    else if (n % badEvery === 700) lines.push(`{"_id":${n - 1},"twice":true}`);
    else {
      lines.push(
        `{"_id":${n},"name":"person number ${n}","score":${(n * 7919) % 10_007}.5,"tags":["a","b","c"],"nested":{"deep":${n}}}`,
      );
    }
  }
  return new Blob([lines.join("\n")]);
}
const rejected = (records / badEvery) * 2;

const importOrder = {
  collection_name: "people",
  file_path: "people.json",
  file_type: 1,
  stop_on_error: false,
  conflict_mode: 1,
};
const exportOrder = {
  file_path: "out.json",
  file_type: 1,
  query: "db.collection('people').get()",
};

/** Kills the service once the job has got on, and starts it again; as often as asked, or until the job has ended. */
async function killWhileItRuns(
  service: TestService,
  restart: () => Promise<TestService>,
  jobId: number,
  kills: number,
): Promise<{ service: TestService; kills: number; counted: number[] }> {
  const counted: number[] = [];
  let done = 0;
  while (done < kills) {
    const client = await service.client();
    const before = counted.at(-1) ?? 0;
    for (;;) {
      const answer = await client.status(jobId);
      if (answer.status === "success" || answer.status === "fail") {
        return { service, kills: done, counted };
      }
      const now = answer.record_success + answer.record_fail;
      assert.ok(now >= before, `the count went back from ${before} to ${now}`);
      if (now > before) {
        counted.push(now);
        break;
      }
      await sleep(5);
    }
    await service.kill();
    service = await restart();
    done++;
  }
  return { service, kills: done, counted };
}

async function digestOf(url: string): Promise<string> {
  return createHash("sha256")
    .update(Buffer.from(await (await fetch(url)).arrayBuffer()))
    .digest("hex");
}

test("an import and an export that are killed again and again end with exact counts", async (t) => {
  const folder = await tempFolder(t);
  const restart = () => TestService.start(t, folder);
  let service = await restart();
  let client = await service.client();
  await client.upload("people.json", bigFile());
  const importJob = await client.submit("databasemigrateimport", importOrder);
  const imported = await killWhileItRuns(service, restart, importJob, 4);
  ({ service } = imported);
  t.diagnostic(
    `${imported.kills} kills while importing, at ${imported.counted.join(", ")} records`,
  );
  assert.ok(imported.kills > 0, "the import was too quick to be killed");
  client = await service.client();
  const done = await finalStatus(client, importJob);
  assert.equal(done.status, "success");
  assert.deepEqual([done.record_success, done.record_fail], [records - rejected, rejected]);
  const rejects = (await (await fetch(done.file_url)).text()).trimEnd().split("\n");
  assert.equal(rejects.length, rejected, "each reject comes back once");
  assert.equal(new Set(rejects).size, rejected);

  const exportJob = await client.submit("databasemigrateexport", exportOrder);
  const exported = await killWhileItRuns(service, restart, exportJob, 3);
  ({ service } = exported);
  t.diagnostic(
    `${exported.kills} kills while exporting, at ${exported.counted.join(", ")} records`,
  );
  client = await service.client();
  const out = await finalStatus(client, exportJob);
  assert.deepEqual([out.status, out.record_success], ["success", records - rejected]);

  const undisturbed = await client.submit("databasemigrateexport", {
    ...exportOrder,
    file_path: "undisturbed.json",
  });
  const clean = await finalStatus(client, undisturbed);
  assert.equal(await digestOf(out.file_url), await digestOf(clean.file_url));
  assert.equal(await service.stop(), 0);
});

test("a token, a job and a file are still there after SIGKILL", async (t) => {
  const folder = await tempFolder(t);
  const first = await TestService.start(t, folder);
  const client = await first.client();
  await client.upload("people.json", new Blob(['{"_id":1}']));
  const job = await client.submit("databasemigrateimport", importOrder);
  const done = await finalStatus(client, job);
  const port = new URL(first.address).port;
  await first.kill();
  // The same port, so that the client of before goes on with the token of before.
  await TestService.start(t, folder, { flags: ["--port", port] });
  assert.deepEqual(await client.status(job), done);
  const again = await client.submit("databasemigrateimport", { ...importOrder, conflict_mode: 2 });
  assert.equal((await finalStatus(client, again)).record_success, 1);
});
