import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman } from "./heavy-import.ts";

// What nothing points to goes at once, and each start looks for it.
const flags = ["--threads", "1", "--garbage-seconds", "0"];
/** Tasks that such a service runs side by side. */
const slots = 3;

const records = 60_000;
const oldLines = lines("old");
const oldFile = `${oldLines}{"old":oops}\n`;
// Of another layout and other texts, so that it shows whoever reads it in place of the old one.
const newFile = `[${lines("new").trimEnd().replaceAll("\n", ",\n")}]\n`;

const changes = {
  "stored anew": (ferryman: Ferryman) => ferryman.put("people.json", newFile),
  removed: async (ferryman: Ferryman) => {
    assert.equal((await ferryman.send("DELETE", "files/people.json")).status, 204);
  },
};

const moments = {
  "between submit and plan": (job: NativeJob) => job.state === "queued",
  "between plan and import": (job: NativeJob) => job.state === "running",
  "in the middle of the import": (job: NativeJob) => job.progress.records > 0,
};

for (const [change, make] of Object.entries(changes)) {
  for (const [moment, reached] of Object.entries(moments)) {
    test(`a file that is ${change} ${moment} is imported as it was at submit, past a kill too`, async (t) => {
      const folder = join(await tempFolder(t), "data");
      const first = await Ferryman.of(await TestService.start(t, folder, { flags }));
      await first.put("people.json", oldFile);
      // Those before it take all slots, so that it waits for its plan.
      const before = moment === "between submit and plan" ? slots : 0;
      for (let n = 0; n < before; n++) await first.submit(importOrder(`before${n}`));
      const { id } = await first.submit(importOrder("people"));
      let seen = await first.job(id);
      await until(async () => reached((seen = await first.job(id))));
      assert.equal(seen.ended, null, "it was over too soon to show anything");
      await make(first);
      if (before > 0) assert.equal((await first.job(id)).state, "queued");

      await first.service.kill();
      const second = await Ferryman.of(await TestService.start(t, folder, { flags }));
      const job = await second.ended(id);
      assert.equal(job.state, "succeeded", JSON.stringify(job.error));
      assert.deepEqual([job.result?.inserted, job.result?.rejects], [records, 1]);
      const out = { type: "export", format: "json", file: "out.json", collection: "people" };
      assert.equal((await second.ended((await second.submit(out)).id)).state, "succeeded");
      const documents = await (await second.send("GET", "files/out.json")).text();
      assert.ok(
        documents === oldLines,
        `documents are of another file: ${documents.slice(0, 200)}`,
      );
      const rejects = await second.send("GET", `jobs/${id}/rejects/file`);
      assert.equal(await rejects.text(), '{"old":oops}\n');
      const now = await second.send("GET", "files/people.json");
      if (change === "removed") assert.equal(now.status, 404);
      else assert.equal(await now.text(), newFile);
      assert.equal(await second.service.stop(), 0);
    });
  }
}

function importOrder(collection: string): object {
  return { type: "import", format: "json", file: "people.json", collection };
}

function lines(text: string): string {
  return Array.from(
    { length: records },
    (_, n) => `{"_id":${n},"text":"${text.repeat(30)}"}\n`,
  ).join("");
}
