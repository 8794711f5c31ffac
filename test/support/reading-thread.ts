import { parentPort, workerData } from "node:worker_threads";
import { EmbeddedDatabases } from "../../src/databases/embedded/embedded-databases.ts";
import type { QueryPlan } from "../../src/query/plan.ts";

// A thread that reads a collection again and again until it has seen a number of documents, and tells each count.

export interface ReadingThread {
  folder: string;
  environment: string;
  plan: QueryPlan;
  until: number;
}

const { folder, environment, plan, until } = workerData as ReadingThread;
await using databases = await EmbeddedDatabases.open({ folder });
await using source = await databases.openSource(environment);
const range = { from: null, to: null };
const options = { after: null, signal: new AbortController().signal };
let count = 0;
while (count < until) {
  count = 0;
  for await (const page of source.read(plan, range, options)) count += page.count;
  const [info] = await source.collections();
  parentPort?.postMessage({ read: count, listed: info?.count ?? 0 });
}
