import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Asks again each millisecond: what it waits for is on its way, on a slow machine too. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, "it did not come about in 30 s");
    await sleep(1);
  }
}
