import { parentPort, workerData } from "node:worker_threads";
import { composeThread } from "../../src/compose.ts";
import { serveSteps, type ThreadReply } from "../../src/engine/steps/serve-steps.ts";
import { type PoolThreadData, seen } from "./pool.ts";

// A worker thread as the service's, that tells in shared memory what it does, and hangs or ends, or does not start, where it is told to.

const { thread, shared } = workerData as PoolThreadData;
if (Atomics.load(shared, seen.failStarts) > 0) {
  Atomics.sub(shared, seen.failStarts, 1);
  throw new Error("It cannot be started");
}
Atomics.add(shared, seen.threads, 1);

const port = parentPort!;
const post = port.postMessage.bind(port);
/** Looks at an item once it has been sent: memory that was moved is gone here. */
port.postMessage = (reply: ThreadReply, transfer) => {
  post(reply, transfer);
  if (reply.type !== "item") return;
  Atomics.add(shared, seen.items, 1);
  const views = Object.values(reply.value as object).filter((member) => ArrayBuffer.isView(member));
  const kept = views.filter(({ buffer }) => !(buffer as ArrayBuffer).detached);
  Atomics.add(shared, seen.views, views.length);
  Atomics.add(shared, seen.viewsKept, kept.length);
};

const context = await composeThread(thread);
serveSteps({
  ...context,
  files: new Proxy(context.files, {
    get(files, key) {
      if (key !== "read") {
        const member: unknown = Reflect.get(files, key, files);
        return typeof member === "function" ? member.bind(files) : member;
      }
      return (...words: Parameters<typeof files.read>) => {
        const number = Atomics.add(shared, seen.reads, 1) + 1;
        if (Atomics.load(shared, seen.exitAt) === number) process.exit(1);
        if (Atomics.load(shared, seen.hangAt) === number) Atomics.wait(shared, seen.gate, 0);
        return files.read(...words);
      };
    },
  }),
});
