import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { exampleJob } from "../../../test/support/wechat.ts";
import { noCounts } from "../../job/counts.ts";
import type { Job, JobState } from "../../job/job.ts";
import type { Reject } from "../../job/reject.ts";
import { eventText, eventsOf, nothingTold, type Told, toldBy } from "./job-events.ts";
import { jobStates } from "./schemas.ts";

const jobAt = (
  state: JobState,
  records = 0,
  rejected = 0,
  bytes = 0,
  stalled: string | null = null,
): Job =>
  exampleJob({
    state,
    stalled,
    progress: { counts: { ...noCounts, records, rejected }, bytes, totalBytes: 100 },
  });
const reject: Reject = {
  offset: 0,
  length: 1,
  line: 1,
  column: 1,
  code: "json_syntax",
  message: "m",
  path: "",
};
const kinds = (job: Job, told: Told) => eventsOf(job, told, [reject], 0).map(({ event }) => event);

test("only what is new is told, the end last", () => {
  assert.deepEqual(kinds(jobAt("queued"), nothingTold), ["state"]);
  const [told] = eventsOf(jobAt("queued"), nothingTold, [], 0).map((event) => event.told);
  assert.ok(told);
  assert.deepEqual(kinds(jobAt("queued"), told), []);
  assert.deepEqual(kinds(jobAt("running", 5, 1, 9), told), ["state", "reject", "progress"]);
  assert.deepEqual(kinds(jobAt("succeeded", 5, 1, 9), told), ["reject", "progress", "state"]);
  const running = { ...told, state: "running", records: 5, bytes: 9, rejects: 1 } as const;
  assert.deepEqual(kinds(jobAt("running", 5, 1, 9), running), []);
  assert.deepEqual(kinds(jobAt("running", 5, 1, 10), running), ["progress"]);
  assert.deepEqual(kinds(jobAt("running", 5, 1, 9, "disk full"), running), ["state"]);
  assert.deepEqual(kinds(jobAt("running", 5, 1, 9), { ...running, stalled: true }), ["state"]);
});

test("the id of the last event is all it takes to go on without telling anything twice", () => {
  const jobs = fc
    .tuple(
      fc.constantFrom(...jobStates),
      fc.nat(50),
      fc.nat(9),
      fc.nat(99),
      fc.constantFrom(null, "why"),
    )
    .map((values) => jobAt(...values));
  fc.assert(
    fc.property(fc.array(jobs, { minLength: 1 }), (seen) => {
      let told: Told = nothingTold;
      for (const job of seen) {
        for (const event of eventsOf(job, told, [reject], 0)) {
          const [, id = ""] = /^id: (.*)$/m.exec(eventText(event)) ?? [];
          const restored = toldBy(id);
          assert.ok(restored);
          assert.deepEqual(restored, event.told);
          told = restored;
        }
        assert.deepEqual(eventsOf(job, told, [reject], 0), []);
      }
    }),
  );
});

test("a text that is no id of ours is known as such", () => {
  for (const id of [
    "1",
    "running",
    "running.2.0.0.0",
    "nothing.0.0.0.0",
    "running.0.0.0.0.0",
    "RUNNING.0.0.0.0",
  ]) {
    assert.equal(toldBy(id), null, id);
  }
});

test("an event is one block of lines, whatever its texts have in them", () => {
  const [event] = eventsOf(
    jobAt("running", 1, 1),
    nothingTold,
    [{ ...reject, message: "a\nb\r\n\nc" }],
    0,
  ).filter(({ event: kind }) => kind === "reject");
  assert.ok(event);
  const lines = eventText(event).split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(":", 1)[0]),
    ["id", "event", "data", "", ""],
  );
  assert.equal(JSON.parse(lines[2]?.slice(6) ?? "").first[0].message, "a\nb\r\n\nc");
});
