import type { TestContext } from "node:test";

/** A test, or whatever can be told what to do at its end. */
export type Ending = Pick<TestContext, "after">;

const stacks = new WeakMap<Ending, AsyncDisposableStack>();

/**
 * Does something once the test has ended. What was set up last is taken down first, and all of it is, even when a piece
 * fails: `t.after` goes the other way round and leaves off at the first failure, so a folder is removed under a service
 * that still writes into it, and that service is never ended.
 */
export function afterwards(t: Ending, takeDown: () => unknown): void {
  let stack = stacks.get(t);
  if (!stack) {
    const made = new AsyncDisposableStack();
    stacks.set(t, made);
    t.after(() => made.disposeAsync());
    stack = made;
  }
  stack.defer(async () => void (await takeDown()));
}
