import { workerData } from "node:worker_threads";
import { useCompileCache } from "./compile-cache.ts";
import type { ThreadData } from "./compose.ts";

// The root of a worker thread: reads, decodes, encodes, and writes objects; it writes no database.
useCompileCache();
const { composeThread } = await import("./compose.ts");
const { serveSteps } = await import("./engine/steps/serve-steps.ts");
serveSteps(await composeThread(workerData as ThreadData));
