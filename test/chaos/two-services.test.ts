import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman } from "./heavy-import.ts";

test("a second service on a folder says why it cannot, ends with 1, and the first goes on with its import", async (t) => {
  const folder = join(await tempFolder(t), "data");
  const first = await Ferryman.of(await TestService.start(t, folder));
  const { pid } = first.service.child;
  const records = 150_000;
  const lines = Array.from(
    { length: records },
    (_, n) => `{"_id":${n},"text":"${"x".repeat(60)}"}\n`,
  );
  await first.put("people.json", lines.join(""));
  const order = { type: "import", format: "json", file: "people.json", collection: "people" };
  const { id } = await first.submit(order);
  await until(async () => (await first.job(id)).progress.records > 0);

  // One that wants another port, and one that wants the very same.
  for (const flags of [[], ["--port", new URL(first.service.address).port]]) {
    let second: ChildProcess | undefined;
    const starting = TestService.start(t, folder, { flags, spawned: (child) => (second = child) });
    const said = await starting.then(
      () => assert.fail("two services run on one folder"),
      (error: Error) => error.message,
    );
    // A sentence and what to do, no stack.
    const [sentence = "", ...hint] = said.split("\n");
    assert.match(
      sentence,
      new RegExp(`^docferry: .*in use by another docferry \\(process ${pid}\\)`),
    );
    assert.deepEqual([hint.length, hint[0]?.startsWith("Stop the other")], [1, true], said);
    if (second && second.exitCode === null) await once(second, "exit");
    assert.equal(second?.exitCode, 1);
    assert.equal((await fetch(`${first.service.address}/readyz`)).status, 200);
  }

  const job = await first.ended(id);
  assert.deepEqual(
    [job.state, job.result?.inserted, job.result?.rejects],
    ["succeeded", records, 0],
  );
  assert.doesNotMatch(first.service.log, /"level":(40|50|60)/, "nothing has disturbed it");
  // Commands on this machine still find it.
  assert.equal(
    await readFile(join(folder, "service.address"), "utf8"),
    `${first.service.address}\n`,
  );
  assert.equal(await first.service.stop(), 0);
});
