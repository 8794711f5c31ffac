import assert from "node:assert/strict";
import { test } from "node:test";
import { type JobLoad, release } from "./release.ts";

const job = (
  id: number,
  environment: string,
  waiting: number,
  rest: Partial<JobLoad> = {},
): JobLoad => ({
  id,
  environment,
  waiting,
  active: 0,
  parallelism: 100,
  ...rest,
});
const limits = { total: 8, perEnvironment: 6 };

test("a tenant with many chunks leaves room for one with few", () => {
  const released = release([job(1, "big", 100_000), job(2, "small", 2)], limits, 0, new Map());
  assert.deepEqual(
    [...released],
    [
      [1, 6],
      [2, 2],
    ],
  );
});

test("environments with equal needs get equal shares, whatever number of jobs they have", () => {
  const jobs = [job(1, "a", 9), job(2, "a", 9), job(3, "a", 9), job(4, "b", 9)];
  const released = release(jobs, limits, 0, new Map());
  assert.equal(released.get(4), 4);
  assert.equal((released.get(1) ?? 0) + (released.get(2) ?? 0) + (released.get(3) ?? 0), 4);
});

test("what is active already counts against the total, the environment and the job", () => {
  assert.equal(release([job(1, "a", 5)], limits, 8, new Map([["z", 8]])).size, 0);
  assert.equal(release([job(1, "a", 5)], limits, 6, new Map([["a", 6]])).size, 0);
  const running = job(1, "a", 5, { active: 1, parallelism: 1 });
  assert.equal(release([running], limits, 1, new Map([["a", 1]])).size, 0);
});

test("the older job is first among equals", () => {
  const released = release(
    [job(7, "a", 1), job(3, "a", 1)],
    { total: 1, perEnvironment: 1 },
    0,
    new Map(),
  );
  assert.deepEqual([...released], [[3, 1]]);
});

test("nothing is released that does not wait", () => {
  assert.equal(release([job(1, "a", 0)], limits, 0, new Map()).size, 0);
});
