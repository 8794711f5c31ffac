import type { ThreadData } from "../../src/compose.ts";

/** Throws, ends the thread, or blocks it for a while and then goes on as if nothing had been. */
export const threadFaults = ["throw", "exit", "hang"] as const;
export type ThreadFault = (typeof threadFaults)[number];

export interface FaultyThreadData {
  thread: ThreadData;
  points: readonly string[];
  /** Number of the point that is armed, or -1; then that of the fault. What hangs waits for a change of the third, in vain. */
  control: Int32Array;
}
