import assert from "node:assert/strict";
import { test } from "node:test";
import { DocferryApiError, DocferryConnectionError, NotDocferryError } from "./errors.ts";
import { defaultRetry, delayBefore, mayPass, pause, retryAfterMs } from "./retry.ts";

function apiError(status: number, retryable: boolean): DocferryApiError {
  return new DocferryApiError(status, { detail: "", code: "x", hint: "", retryable, rid: null });
}

test("only what may pass is worth another attempt", () => {
  assert.ok(mayPass(new DocferryConnectionError("no answer")));
  assert.ok(mayPass(apiError(503, true)));
  assert.ok(mayPass(apiError(429, false)));
  assert.ok(!mayPass(apiError(400, false)));
  assert.ok(!mayPass(new NotDocferryError("HTML")));
  assert.ok(!mayPass(new Error("a fault of ours")));
});

test("pauses double up to the longest, spread so that clients do not come back together", () => {
  const policy = { ...defaultRetry, attempts: 9 };
  const longest = [1, 2, 3, 4, 5, 6, 7].map((attempt) => delayBefore(policy, attempt, 1, null));
  assert.deepEqual(longest, [200, 400, 800, 1600, 3200, 5000, 5000]);
  assert.equal(delayBefore(policy, 1, 0, null), 100);
  assert.equal(delayBefore(policy, 9, 1, null), null);
});

test("what the service asks for with Retry-After is kept", () => {
  assert.equal(delayBefore(defaultRetry, 1, 1, 7000), 7000);
  assert.equal(retryAfterMs("7", 0), 7000);
  assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:09 GMT", 4000), 5000);
  assert.equal(retryAfterMs("soon", 0), null);
  assert.equal(retryAfterMs(null, 0), null);
});

test("an abort ends a pause at once, with its own reason", async () => {
  const controller = new AbortController();
  const pausing = pause(60_000, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(pausing, /enough/);
  await assert.rejects(pause(60_000, controller.signal), /enough/);
});
