import { parentPort, type Transferable } from "node:worker_threads";
import { type ErrorData, toErrorData } from "../../job/errors.ts";
import { tellRegexes } from "../../query/regex-watch.ts";
import type { StepContext } from "./step.ts";
import { type StepName, steps } from "./steps.ts";

/** What the pool says to a thread. */
export type ThreadRequest =
  /** Comes first: where to tell what regular expressions are at. */
  | { type: "watch"; regexes: Int32Array }
  | { type: "run"; id: number; step: StepName; argument: unknown; window: number }
  /** The caller has taken an item: one more may be made. */
  | { type: "more"; id: number }
  | { type: "abort"; id: number };

/** What a thread says to the pool. */
export type ThreadReply =
  | { type: "ready" }
  | { type: "item"; id: number; value: unknown }
  | { type: "end"; id: number; value: unknown }
  | { type: "error"; id: number; error: ErrorData };

interface Run {
  id: number;
  abort: AbortController;
  credit: number;
  wake: (() => void) | null;
}

/** Runs steps as the pool asks for them, one at a time; the main function of a thread. */
export function serveSteps(context: Omit<StepContext, "signal">): void {
  const port = parentPort;
  if (!port) throw new Error("serveSteps runs in a worker thread");
  let current: Run | null = null;
  const say = (reply: ThreadReply, transfer: Transferable[] = []) =>
    port.postMessage(reply, transfer);

  port.on("message", (request: ThreadRequest) => {
    switch (request.type) {
      case "watch": {
        tellRegexes(request.regexes);
        break;
      }
      case "run": {
        current = {
          id: request.id,
          abort: new AbortController(),
          credit: request.window,
          wake: null,
        };
        void runStep(request.step, request.argument, current, context, say);
        break;
      }
      case "more": {
        if (current?.id !== request.id) return;
        current.credit++;
        current.wake?.();
        break;
      }
      case "abort": {
        if (current?.id !== request.id) return;
        current.abort.abort(new Error("The step was aborted"));
        current.wake?.();
        break;
      }
      default: {
        request satisfies never;
      }
    }
  });
  say({ type: "ready" });
}

async function runStep(
  name: StepName,
  argument: unknown,
  run: Run,
  context: Omit<StepContext, "signal">,
  say: (reply: ThreadReply, transfer?: Transferable[]) => void,
): Promise<void> {
  try {
    const generator = steps[name](argument as never, { ...context, signal: run.abort.signal });
    for (;;) {
      while (run.credit === 0 && !run.abort.signal.aborted) {
        await new Promise<void>((resolve) => (run.wake = resolve));
      }
      if (run.abort.signal.aborted) {
        await generator.return(undefined as never);
        throw run.abort.signal.reason;
      }
      const next = await generator.next();
      if (next.done) {
        say({ type: "end", id: run.id, value: next.value });
        return;
      }
      run.credit--;
      say({ type: "item", id: run.id, value: next.value }, buffersOf(next.value));
    }
  } catch (thrown) {
    say({ type: "error", id: run.id, error: toErrorData(thrown) });
  }
}

/** The memory of an item's typed arrays moves to the caller's thread instead of being copied. */
function buffersOf(value: unknown): Transferable[] {
  if (typeof value !== "object" || value === null) return [];
  const buffers = new Set<ArrayBuffer>();
  for (const member of Object.values(value)) {
    if (ArrayBuffer.isView(member) && member.buffer instanceof ArrayBuffer) {
      buffers.add(member.buffer);
    }
  }
  return [...buffers];
}
