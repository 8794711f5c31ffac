import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardClock } from "./forward-clock.ts";

test("it follows the wall clock forward, and goes on at its own pace where that steps back", () => {
  const hour = 3_600_000;
  const at = { wall: 10 * hour, steady: 5.25 };
  const clock = forwardClock(
    () => at.wall,
    () => at.steady,
  );
  const pass = (ms: number, step = 0) => {
    at.steady += ms;
    at.wall += ms + step;
    return clock();
  };
  assert.equal(clock(), 10 * hour);
  assert.equal(pass(1_000), 10 * hour + 1_000);
  assert.equal(pass(1_000, -hour), 10 * hour + 2_000);
  assert.equal(pass(500), 10 * hour + 2_500);
  assert.equal(pass(500, 3 * hour), 12 * hour + 3_000);
  assert.ok(Number.isInteger(pass(0.4)));
});
