import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { openTestAccess } from "../../test/support/accounts.ts";
import { noLimits } from "../store/limit-store.ts";
import { UsageLimits } from "./usage-limits.ts";

const holder = { kind: "account", id: "wx1" } as const;
const minute = 60_000;
/** Midnight in China of a day in summer. */
const midnight = Date.UTC(2026, 6, 14, 16);

async function open() {
  const opened = await openTestAccess();
  const { clock, store } = opened;
  const reopened = () => UsageLimits.open({ store: store().limits, clock: clock.read });
  return { opened, clock, store, limits: await reopened(), reopened };
}

/** How many of so many requests are admitted, and what the others are told. */
function ask(limits: UsageLimits, times: number, id = "wx1") {
  let admitted = 0;
  const refusals = new Set<string>();
  let retryAfter: number | null = null;
  for (let n = 0; n < times; n++) {
    try {
      limits.admit("account", id);
      admitted++;
    } catch (error) {
      const refused = error as { code: string; retryAfter: number | null };
      refusals.add(refused.code);
      ({ retryAfter } = refused);
    }
  }
  return { admitted, refusals: [...refusals], retryAfter };
}

test("without limits everything is admitted, and nothing is counted", async () => {
  const { opened, limits } = await open();
  await using _ = opened;
  assert.deepEqual(ask(limits, 10_000), { admitted: 10_000, refusals: [], retryAfter: null });
  assert.equal(limits.requestsToday("account", "wx1"), null);
});

test("a minute is one of the clock, and says when the next begins", async () => {
  const { opened, limits, clock } = await open();
  await using _ = opened;
  clock.now = midnight + 45_000;
  await limits.set({ ...holder, limits: { ...noLimits, requestsPerMinute: 3 }, addresses: [] });
  assert.deepEqual(ask(limits, 5), { admitted: 3, refusals: ["minute_limit"], retryAfter: 15 });
  assert.deepEqual(ask(limits, 5, "wx2").admitted, 5, "another account is not asked");
  clock.now = midnight + minute - 1;
  assert.deepEqual(ask(limits, 1), { admitted: 0, refusals: ["minute_limit"], retryAfter: 1 });
  clock.now = midnight + minute;
  assert.equal(ask(limits, 5).admitted, 3);
  clock.now = midnight;
  assert.equal(ask(limits, 1).admitted, 0, "a clock that steps back opens no window");
});

test("a day begins at midnight in China, and survives a restart", async () => {
  const { opened, limits, clock, reopened } = await open();
  await using _ = opened;
  clock.now = midnight - 10_000;
  await limits.set({ ...holder, limits: { ...noLimits, requestsPerDay: 5 }, addresses: [] });
  assert.equal(ask(limits, 2).admitted, 2);
  await limits.keep();
  const later = await reopened();
  assert.equal(later.requestsToday("account", "wx1"), 2);
  assert.deepEqual(ask(later, 9), { admitted: 3, refusals: ["day_limit"], retryAfter: 10 });
  clock.now = midnight;
  assert.equal(later.requestsToday("account", "wx1"), 0);
  assert.equal(ask(later, 9).admitted, 5);
  await later.keep();
  assert.equal((await reopened()).requestsToday("account", "wx1"), 5);
});

test("another limit holds at once, and what is used up stays used up", async () => {
  const { opened, limits, reopened } = await open();
  await using _ = opened;
  const set = (requestsPerDay: number | null) =>
    limits.set({ ...holder, limits: { ...noLimits, requestsPerDay }, addresses: [] });
  await set(10);
  assert.equal(ask(limits, 4).admitted, 4);
  await set(6);
  assert.equal(ask(limits, 4).admitted, 2);
  await set(3);
  assert.equal(ask(limits, 1).admitted, 0);
  await set(null);
  assert.equal(ask(limits, 100).admitted, 100);
  assert.deepEqual((await reopened()).get("account", "wx1"), { limits: noLimits, addresses: [] });
});

test("in whatever rhythm requests come, no minute and no day admits more than it may", async () => {
  const { opened, limits, clock } = await open();
  await using _ = opened;
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 60 }),
      async (requestsPerMinute, requestsPerDay, pauses) => {
        const id = `wx-${n++}`;
        await limits.set({
          kind: "account",
          id,
          limits: { ...noLimits, requestsPerMinute, requestsPerDay },
          addresses: [],
        });
        clock.now = midnight - 30 * minute;
        const windows = new Map<string, number>();
        for (const pause of pauses) {
          clock.now += pause;
          const keys = [
            `minute ${Math.floor(clock.now / minute)}`,
            clock.now < midnight ? "before" : "after",
          ];
          const used = keys.map((key) => windows.get(key) ?? 0);
          const free = (used[0] ?? 0) < requestsPerMinute && (used[1] ?? 0) < requestsPerDay;
          assert.equal(ask(limits, 1, id).admitted, free ? 1 : 0);
          if (free) for (const key of keys) windows.set(key, (windows.get(key) ?? 0) + 1);
        }
      },
    ),
    { numRuns: 60 },
  );
});
