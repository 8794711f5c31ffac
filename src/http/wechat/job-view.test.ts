import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleJob } from "../../../test/support/wechat.ts";
import { noCounts } from "../../job/counts.ts";
import type { Job, JobState } from "../../job/job.ts";
import { jobView } from "./job-view.ts";

const exportSpec: Job["spec"] = {
  type: "export",
  file: "out",
  query: { collection: "c", filter: "", projection: null, sort: [], skip: 0, limit: null },
  format: { format: "csv", columns: null, header: true },
};

const counts = { records: 12, inserted: 1, updated: 2, unchanged: 3, deleted: 4, rejected: 2 };

test("each state has the vendor's word", () => {
  const states: [JobState, string, string][] = [
    ["queued", "waiting", "waiting"],
    ["planning", "reading", "reading"],
    ["running", "writing", "reading"],
    ["finishing", "writing", "writing"],
    ["succeeded", "success", "success"],
    ["failed", "fail", "fail"],
    ["cancelled", "fail", "fail"],
  ];
  for (const [state, importing, exporting] of states) {
    assert.equal(view({ state }).status, importing);
    assert.equal(view({ state, spec: exportSpec }).status, exporting);
  }
});

test("a job that is being cancelled shows what it did before", () => {
  const state = "cancelling";
  const progress = { counts: { ...noCounts, records: 1 }, bytes: 5, totalBytes: 9 };
  assert.equal(view({ state, startedAt: null }).status, "waiting");
  assert.equal(view({ state, startedAt: 1 }).status, "reading");
  assert.equal(view({ state, startedAt: 1, progress }).status, "writing");
  assert.equal(view({ state, startedAt: 1, progress, spec: exportSpec }).status, "reading");
});

test("counters are live, and upserts that change nothing are successes", () => {
  const shown = view({ state: "running", progress: { counts, bytes: 1, totalBytes: 2 } });
  assert.equal(shown.record_success, 10);
  assert.equal(shown.record_fail, 2);
  assert.equal(shown.error_msg, "");
  assert.equal(shown.file_url, "");
  const exporting = view({
    state: "running",
    spec: exportSpec,
    progress: { counts: { ...noCounts, records: 7 }, bytes: 1, totalBytes: null },
  });
  assert.equal(exporting.record_success, 7);
});

test("an import that rejected records says how many and why the first, and gives them back", () => {
  const job = ended("succeeded", { rejected: 2, file: ".docferry/jobs/1/rejects" });
  assert.equal(view(job).error_msg, "Import completed. 2 records failed. Line 7: Unexpected token");
  assert.equal(view(job).err_msg, view(job).error_msg);
  assert.equal(view(job).file_url, "url of .docferry/jobs/1/rejects");
  assert.equal(
    jobView(exampleJob(job), "zh", String).error_msg,
    "导入完成. 2 条记录失败. 第 7 行: Unexpected token",
  );
  const one = ended("succeeded", { rejected: 1, file: "r" });
  assert.match(view(one).error_msg, /^Import completed\. 1 record failed\. Line 7/);
});

test("a clean end is one sentence in the operator's language, without a file for imports", () => {
  const job = ended("succeeded", { rejected: 0, file: null });
  assert.equal(view(job).error_msg, "Import completed.");
  assert.equal(view(job).file_url, "");
  assert.equal(jobView(exampleJob(job), "zh", String).error_msg, "导入完成.");
  const exported = { ...ended("succeeded", { rejected: 0, file: "out" }), spec: exportSpec };
  assert.equal(view(exported).error_msg, "Export completed.");
  assert.equal(jobView(exampleJob(exported), "zh", String).error_msg, "导出完成.");
  assert.equal(view(exported).file_url, "url of out");
});

test("a failure tells its reason and what to do, and an import still gives its rejects back", () => {
  const job = {
    ...ended("failed", { rejected: 1, file: "rejects" }),
    error: { code: "stopped_on_error", message: "Stopped at the first failing record" } as const,
  };
  assert.equal(
    view(job).error_msg,
    "Stopped at the first failing record. Mend the record and submit the rest, or import without stop_on_error. 1 record failed. Line 7: Unexpected token",
  );
  assert.equal(view(job).file_url, "url of rejects");
  assert.equal(view({ ...job, spec: exportSpec }).file_url, "");
});

test("a cancelled job says so", () => {
  const job = ended("cancelled", { rejected: 0, file: null });
  assert.equal(view(job).error_msg, "Cancelled.");
  assert.equal(view({ ...job, result: null }).file_url, "");
});

function view(values: Partial<Job>) {
  return jobView(exampleJob(values), "en", (file) => `url of ${file}`);
}

function ended(
  state: "succeeded" | "failed" | "cancelled",
  { rejected, file }: { rejected: number; file: string | null },
): Partial<Job> {
  return {
    state,
    startedAt: 1,
    endedAt: 2,
    progress: { counts: { ...noCounts, records: rejected, rejected }, bytes: 1, totalBytes: 1 },
    result: {
      file,
      digest: null,
      retyped: 0,
      formulas: 0,
      consistency: null,
      firstReject: rejected === 0 ? null : { line: 7, message: "Unexpected token" },
    },
  };
}
