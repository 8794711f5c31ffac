import assert from "node:assert/strict";
import { test } from "node:test";
import { afterFailure, afterLostLease } from "./retry.ts";

const now = 1_000_000;

test("a passing fault is retried with growing delays up to a minute, then given up", () => {
  const error = { code: "busy", message: "Busy" } as const;
  const delays: number[] = [];
  let failures = 0;
  for (;;) {
    const verdict = afterFailure({ error, failures, kept: false, now });
    if (!verdict.retry) break;
    delays.push(verdict.at - now);
    failures = verdict.failures;
  }
  assert.deepEqual(delays.slice(0, 4), [200, 400, 800, 1600]);
  assert.equal(Math.max(...delays), 60_000);
  assert.equal(delays.length, 39);
});

test("progress begins the row of failures anew", () => {
  const error = { code: "busy", message: "Busy" } as const;
  const verdict = afterFailure({ error, failures: 39, kept: true, now });
  assert.deepEqual(verdict, { retry: true, at: now + 200, failures: 1, stalled: "Busy" });
});

test("a full disk is waited for without end and told", () => {
  const error = { code: "disk_full", message: "The disk is full" } as const;
  const verdict = afterFailure({ error, failures: 10_000, kept: false, now });
  assert.deepEqual(verdict, {
    retry: true,
    at: now + 2000,
    failures: 10_001,
    stalled: "disk full",
  });
});

test("a fault of ours is tried three times", () => {
  const error = { code: "internal", message: "Oops" } as const;
  assert.equal(afterFailure({ error, failures: 1, kept: false, now }).retry, true);
  assert.deepEqual(afterFailure({ error, failures: 2, kept: false, now }), {
    retry: false,
    error,
  });
});

test("what cannot get better is not retried", () => {
  const error = { code: "invalid_file", message: "No header" } as const;
  assert.deepEqual(afterFailure({ error, failures: 0, kept: true, now }), {
    retry: false,
    error,
  });
});

test("a lost lease is taken up at once, but not by a task that kills its workers", () => {
  assert.deepEqual(afterLostLease({ failures: 0, now }), {
    retry: true,
    at: now,
    failures: 1,
    stalled: "its worker died or hung",
  });
  assert.equal(afterLostLease({ failures: 19, now }).retry, false);
});
