import { workerData } from "node:worker_threads";
import { serveCalls } from "../../sqlite/serve-calls.ts";
import { openEnvironmentWriter } from "./schema.ts";
import { writerCalls } from "./writer-calls.ts";

// The root of an environment's writer thread.

const db = openEnvironmentWriter((workerData as { file: string }).file);
serveCalls(db, {}, writerCalls(db));
