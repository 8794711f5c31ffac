import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { kernelResults } from "../../test/support/kernel-results.ts";
import { kernels } from "./kernels.ts";

test("worker threads load kernels of their own and come to the same beside the main thread", async () => {
  const thread = new URL("../../test/support/kernels-thread.ts", import.meta.url);
  const answers = [new Worker(thread), new Worker(thread)].map((worker) => once(worker, "message"));
  const results = kernelResults();
  for (const [answer] of await Promise.all(answers)) {
    assert.deepEqual(answer, { loaded: true, results });
  }
});

test("a thread has one instance, whose memory is 128 KiB", () => {
  const found = kernels();
  assert.ok(found);
  assert.equal(kernels(), found);
  kernelResults();
  assert.equal(found.window.buffer.byteLength, 128 * 1024);
});
