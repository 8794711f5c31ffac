import { workerData } from "node:worker_threads";
import { composeThread } from "../../src/compose.ts";
import { serveSteps } from "../../src/engine/steps/serve-steps.ts";
import { filesWithPoints } from "./points.ts";
import { type FaultyThreadData, threadFaults } from "./thread-faults.ts";

// A worker thread whose effects have points.

/** Longer than it takes to lose the lease, shorter than it takes until the pool ends the thread. */
const hangMs = 1_800;

const { thread, points, control } = workerData as FaultyThreadData;

async function at(point: string): Promise<void> {
  const number = points.indexOf(point);
  if (number < 0) throw new Error(`Point ${point} is not in the list of the threads' points`);
  if (Atomics.compareExchange(control, 0, number, -1) !== number) return;
  const fault = threadFaults[Atomics.load(control, 1)];
  if (fault === "throw") throw new Error(`Injected ${point}`);
  if (fault === "exit") process.exit(1);
  Atomics.wait(control, 2, -1, hangMs);
}

const context = await composeThread(thread);
serveSteps({
  ...context,
  files: filesWithPoints(context.files, { inside: "thread.", at }),
});
