import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleJob } from "../../../test/support/wechat.ts";
import { noCounts } from "../../job/counts.ts";
import type { Job } from "../../job/job.ts";
import { nativeJob, progressOf } from "./job-view.ts";

const running = (values: Partial<Job> = {}): Job =>
  exampleJob({
    state: "running",
    createdAt: 1000,
    startedAt: 2000,
    progress: { counts: { ...noCounts, records: 50, rejected: 2 }, bytes: 100, totalBytes: 400 },
    ...values,
  });

test("rate is records a second since the start, and what is left goes by bytes", () => {
  assert.deepEqual(progressOf(running(), 12_000), {
    phase: "importing",
    records: 50,
    bytes: 100,
    totalBytes: 400,
    rejects: 2,
    rate: 5,
    eta: 30,
  });
});

test("what nobody can know is null, and nothing is divided by nothing", () => {
  const unknown = { counts: noCounts, bytes: 10, totalBytes: null };
  assert.equal(progressOf(running({ progress: unknown }), 12_000).eta, null);
  const nothing = { counts: noCounts, bytes: 0, totalBytes: 400 };
  const begun = progressOf(running({ progress: nothing }), 2000);
  assert.deepEqual([begun.rate, begun.eta], [0, null]);
  assert.equal(progressOf(running({ startedAt: null, state: "queued" }), 12_000).rate, 0);
  // A clock that was set back.
  assert.equal(progressOf(running(), 1000).rate, 0);
});

test("a job that has ended keeps the rate that it had, with nothing left", () => {
  const ended = running({ state: "succeeded", endedAt: 4000 });
  const progress = progressOf(ended, 99_000);
  assert.deepEqual([progress.phase, progress.rate, progress.eta], ["ended", 25, null]);
});

test("a failed job says why and what to do", () => {
  const { error } = nativeJob(
    running({ state: "failed", error: { code: "invalid_file", message: "It is no CSV" } }),
    3000,
  );
  assert.deepEqual(error, {
    code: "invalid_file",
    message: "It is no CSV",
    hint: "Mend the file and submit again",
  });
});
