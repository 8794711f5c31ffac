import assert from "node:assert/strict";
import { test } from "node:test";
import { Changes } from "./changes.ts";

function source() {
  const listeners = new Set<() => void>();
  return {
    change: () => listeners.forEach((listener) => listener()),
    listeners,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Whether it is over by now, and ends it after so many ms. */
async function states(
  t: { mock: { timers: { tick(ms: number): void } } },
  wait: Promise<void>,
  steps: (number | (() => void))[],
) {
  let over = false;
  void wait.then(() => (over = true));
  const seen: boolean[] = [];
  for (const step of steps) {
    if (typeof step === "number") t.mock.timers.tick(step);
    else step();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    seen.push(over);
  }
  return seen;
}

test("a change ends the wait, but not before the pause is over; what changed in it counts", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { change, onChange } = source();
  using changes = new Changes(onChange, new AbortController().signal);
  assert.deepEqual(await states(t, changes.wait(200, 1000), [change, 199, 1]), [
    false,
    false,
    true,
  ]);
  assert.deepEqual(await states(t, changes.wait(200, 1000), [200, 100, change]), [
    false,
    false,
    true,
  ]);
});

test("without a change the wait ends after its longest time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { onChange } = source();
  using changes = new Changes(onChange, new AbortController().signal);
  assert.deepEqual(await states(t, changes.wait(200, 1000), [200, 799, 1]), [false, false, true]);
});

test("an abort ends the wait at once, and nobody listens afterwards", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { onChange, listeners } = source();
  const controller = new AbortController();
  {
    using changes = new Changes(onChange, controller.signal);
    const abort = () => controller.abort();
    assert.deepEqual(await states(t, changes.wait(200, 1000), [50, abort]), [false, true]);
    assert.deepEqual(await states(t, changes.wait(200, 1000), [0]), [true]);
    assert.equal(listeners.size, 1);
  }
  assert.equal(listeners.size, 0);
});
