import assert from "node:assert/strict";

/** Asks again after each turn of the event loop: what it waits for is on its way. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, "it did not come about in 5 s");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
