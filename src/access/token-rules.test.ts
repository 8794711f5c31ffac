import assert from "node:assert/strict";
import { test } from "node:test";
import type { StableRecord } from "../store/account-store.ts";
import { nextStable, tokenFault } from "./token-rules.ts";

const minute = 60_000;
const lifeMs = 120 * minute;

test("what ends a token first is why it is refused", () => {
  const cases = [
    { expiresAt: 100, supersededFrom: null, now: 99, fault: null },
    { expiresAt: 100, supersededFrom: null, now: 100, fault: "token_expired" },
    { expiresAt: 100, supersededFrom: 50, now: 49, fault: null },
    { expiresAt: 100, supersededFrom: 50, now: 50, fault: "token_superseded" },
    { expiresAt: 100, supersededFrom: 50, now: 1000, fault: "token_superseded" },
    { expiresAt: 100, supersededFrom: 150, now: 120, fault: "token_expired" },
    { expiresAt: 100, supersededFrom: 150, now: 1000, fault: "token_expired" },
  ];
  for (const { now, fault, ...token } of cases) {
    assert.equal(tokenFault(token, now), fault, JSON.stringify({ ...token, now }));
  }
});

test("the first stable token has generation 1", () => {
  const next = nextStable(null, undefined, at(5000));
  assert.deepEqual(next, {
    record: {
      appId: "wx",
      generation: 1,
      issuedAt: 5000,
      expiresAt: 5000 + lifeMs,
      forcedAt: null,
      forcedDay: 0,
      forcedCount: 0,
    },
    endOthersNow: false,
  });
});

test("a stable token goes on until its last five minutes, then a new one joins it", () => {
  const present = record({ issuedAt: 0 });
  assert.equal(nextStable(present, present, at(0)), null);
  assert.equal(nextStable(present, present, at(115 * minute - 1)), null);
  const renewed = nextStable(present, present, at(115 * minute));
  assert.equal(renewed?.record.generation, 8);
  assert.equal(renewed?.endOthersNow, false);
});

test("a short stable token goes on for half its life", () => {
  const present = record({ issuedAt: 0, expiresAt: 10_000 });
  assert.equal(nextStable(present, present, at(4999)), null);
  assert.ok(nextStable(present, present, at(5000)));
});

test("a forced refresh ends the others at once", () => {
  const present = record({ issuedAt: 0 });
  const forced = nextStable(present, present, at(minute, true));
  assert.equal(forced?.endOthersNow, true);
  assert.equal(forced?.record.forcedAt, minute);
  assert.equal(forced?.record.forcedCount, 1);
});

test("a forced refresh within 30 s of the last one changes nothing", () => {
  const present = record({ issuedAt: minute, forcedAt: minute, forcedCount: 1 });
  assert.equal(nextStable(present, present, at(minute + 29_999, true)), null);
  assert.ok(nextStable(present, present, at(minute + 30_000, true)));
});

test("the 21st forced refresh of a day in China changes nothing", () => {
  // 15:59 UTC is a minute to midnight there.
  const evening = Date.UTC(2026, 0, 1, 15, 59);
  let present = record({ issuedAt: evening - 10 * minute, expiresAt: evening + lifeMs });
  for (let count = 1; count <= 20; count++) {
    const now = evening - 10 * minute + count * 30_000;
    const forced = nextStable(present, present, at(now, true));
    assert.equal(forced?.record.forcedCount, count);
    present = forced?.record ?? present;
  }
  assert.equal(nextStable(present, present, at(evening + 30_000, true)), null);
  const nextDay = nextStable(present, present, at(evening + minute, true));
  assert.equal(nextDay?.record.forcedCount, 1);
});

test("a refused force still renews in the last five minutes, without ending the old token", () => {
  const present = record({ issuedAt: 0, forcedAt: 115 * minute - 1, forcedCount: 3, forcedDay: 0 });
  const renewed = nextStable(present, present, at(115 * minute, true));
  assert.equal(renewed?.endOthersNow, false);
  assert.equal(renewed?.record.forcedCount, 3);
  assert.equal(renewed?.record.forcedAt, 115 * minute - 1);
});

test("a token that is good for nothing is followed by the next generation, force or not", () => {
  const last = record({ issuedAt: 0, forcedAt: 10, forcedCount: 20, forcedDay: 0 });
  for (const force of [false, true]) {
    const next = nextStable(null, last, at(1000, force));
    assert.equal(next?.record.generation, 8);
    assert.equal(next?.record.forcedCount, 20);
    assert.equal(next?.endOthersNow, false);
  }
});

function record(values: Partial<StableRecord>): StableRecord {
  const issuedAt = values.issuedAt ?? 0;
  return {
    appId: "wx",
    generation: 7,
    issuedAt,
    expiresAt: issuedAt + lifeMs,
    forcedAt: null,
    forcedDay: 0,
    forcedCount: 0,
    ...values,
  };
}

function at(now: number, force = false) {
  return { appId: "wx", now, lifeMs, force };
}
