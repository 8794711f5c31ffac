import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { afterwards } from "../support/afterwards.ts";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { Ferryman } from "./heavy-import.ts";

// A process that is stopped (SIGSTOP: a suspended machine, a debugger, a cgroup that is frozen) and wakes up past its leases: its
// attempts are zombies then, beside those that have been begun for them.

const leaseSeconds = 2;
const stops = 3;
const records = 200_000;
const lines = Array.from(
  { length: records },
  (_, n) => `{"_id":${n},"text":"${"x".repeat(60)}"}\n`,
);
const content = lines.join("");
const importing = { type: "import", format: "json", file: "people.json", collection: "people" };
const exporting = { type: "export", format: "json", file: "out.json", collection: "people" };

test("a service that is stopped past its leases in an import and an export, again and again, loses and doubles nothing", async (t) => {
  const folder = join(await tempFolder(t), "data");
  const flags = ["--lease-seconds", String(leaseSeconds), "--log-level", "warn"];
  const { service, ...rest } = await started();
  await rest.ferryman.put("people.json", `${content}{oops}\n`);
  const job = await stopAndGo(importing);
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  assert.deepEqual([job.result?.inserted, job.result?.rejects], [records, 1]);
  const exported = await stopAndGo(exporting);
  assert.equal(exported.state, "succeeded", JSON.stringify(exported.error));
  assert.equal(exported.result?.records, records);
  const out = await (await rest.ferryman.send("GET", "files/out.json")).text();
  assert.equal(digest(out), digest(content), "the file is that of an undisturbed export");
  assert.doesNotMatch(service.log, /"level":(50|60)/);
  assert.equal(await service.stop(), 0);

  async function started() {
    const made = await TestService.start(t, folder, { flags });
    // One that is stopped hears of nothing but this and SIGKILL.
    afterwards(t, () => void made.child.kill("SIGCONT"));
    return { service: made, ferryman: await Ferryman.of(made) };
  }

  /** Stopped each time it has got further, for longer than a lease. */
  async function stopAndGo(order: object): Promise<NativeJob> {
    const { id } = await rest.ferryman.submit(order);
    let before = 0;
    for (let stop = 0; stop < stops; stop++) {
      let now = await rest.ferryman.job(id);
      while (now.ended === null && now.progress.records <= before) {
        await sleep(5);
        now = await rest.ferryman.job(id);
      }
      if (now.ended !== null) break;
      before = now.progress.records;
      service.child.kill("SIGSTOP");
      await sleep(leaseSeconds * 1000 + 500);
      // Stopped is not dead: the folder is not taken over.
      if (stop === 0)
        await assert.rejects(TestService.start(t, folder, { flags }), /in use by another docferry/);
      service.child.kill("SIGCONT");
    }
    return rest.ferryman.ended(id);
  }
});

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
