import { workerData } from "node:worker_threads";
import { composeThread, type ThreadData } from "./compose.ts";
import { serveSteps } from "./engine/steps/serve-steps.ts";

// The root of a worker thread: reads, decodes, encodes, and writes objects; it writes no database.
serveSteps(await composeThread(workerData as ThreadData));
