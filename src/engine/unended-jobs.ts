import { DocferryError } from "../job/errors.ts";
import type { EngineContext } from "./context.ts";

/** Jobs stop within the grace that their threads have; what takes longer is asked for again. */
const stopMs = 20_000;

/**
 * Waits until jobs that were asked to end have ended.
 * @param count asks how many have not
 * @param which says whose they are, for the error: "of environment x"
 * @throws {DocferryError} `busy` if they do not stop in time
 */
export async function whenNone(
  count: () => Promise<number>,
  jobs: EngineContext["store"]["jobs"],
  which: string,
): Promise<void> {
  let wake: () => void = () => undefined;
  let late = false;
  const stop = jobs.onChange(() => wake());
  const timer = setTimeout(() => {
    late = true;
    wake();
  }, stopMs);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      if ((await count()) === 0) return;
      if (late) throw new DocferryError("busy", `Jobs ${which} have not stopped yet`);
      await changed;
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
}
