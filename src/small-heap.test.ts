import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** In a process of its own: V8's flags are the whole process'. */
const program = `
const { getHeapSpaceStatistics } = await import("node:v8");
const { EventEmitter } = await import("node:events");
const { Worker } = await import("node:worker_threads");
const { roomForRequests, smallHeap, useSmallHeap } = await import(${JSON.stringify(new URL("small-heap.ts", import.meta.url).href)});
const mib = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20;
/** Young objects of which many survive. */
async function churn() {
  for (let round = 0; round < 12; round++) {
    const kept = [];
    for (let at = 0; at < 100_000; at++) kept.push({ at });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return mib();
}
useSmallHeap();
const before = await churn();
const server = new EventEmitter();
using _ = roomForRequests(server);
const requests = async (count) => {
  // V8 does not grow where little is allocated, as it is while nobody asks for anything.
  for (let end = Date.now() + 3500; Date.now() < end; ) {
    for (let n = 0; n < count; n++) server.emit("request");
    for (let n = 0; n < 200_000; n++) ({ garbage: [n] });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return mib();
};
const few = await requests(0);
const grown = await requests(10);
const worker = new Worker(
  "import { getHeapSpaceStatistics } from 'node:v8'; import { parentPort } from 'node:worker_threads';" +
    "const mib = " + mib + ";" + churn + ";churn().then((size) => parentPort.postMessage(size));",
  { eval: true, resourceLimits: smallHeap },
);
const inWorker = new Promise((resolve) => worker.once("message", resolve));
console.log(JSON.stringify({ before, few, grown, after: await churn(), inWorker: await inWorker }));
`;

test("the main thread's young generation has 4 MiB while many requests come, and no other's", async () => {
  const { stdout } = await run(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "-e",
    program,
  ]);
  const sizes = JSON.parse(stdout) as Record<string, number>;
  // V8 counts both halves.
  assert.ok((sizes["before"] ?? 0) <= 2, stdout);
  assert.ok((sizes["few"] ?? 0) <= 2, stdout);
  assert.equal(sizes["grown"], 8, stdout);
  assert.ok((sizes["after"] ?? 0) <= 8, stdout);
  assert.ok((sizes["inWorker"] ?? 0) <= 2, stdout);
});
