import { workerData } from "node:worker_threads";
import { composeThread, type ThreadData } from "../../src/compose.ts";
import { serveSteps } from "../../src/engine/steps/serve-steps.ts";
import type { ObjectWriter } from "../../src/files/object-store.ts";
import { reads, withPoints } from "./points.ts";

// A worker thread whose effects have points.

export interface FaultyThreadData {
  thread: ThreadData;
  points: readonly string[];
  /** Number of the point that is armed, or -1; then what it does: 0 throws, 1 ends the thread. */
  control: Int32Array;
}

const { thread, points, control } = workerData as FaultyThreadData;

async function at(point: string): Promise<void> {
  const number = points.indexOf(point);
  if (number < 0) throw new Error(`Point ${point} is not in the list of the threads' points`);
  if (Atomics.compareExchange(control, 0, number, -1) !== number) return;
  if (Atomics.load(control, 1) === 0) throw new Error(`Injected ${point}`);
  process.exit(1);
}

const context = await composeThread(thread);
serveSteps({
  ...context,
  files: withPoints("thread.files", context.files, {
    reads: reads.files,
    at,
    made: (method, result) =>
      method === "create"
        ? withPoints("thread.writer", result as ObjectWriter, { reads: reads.writer, at })
        : result,
    lost: async (method, result) => {
      if (method === "create") await (result as ObjectWriter).abort();
    },
  }),
});
