import { parentPort } from "node:worker_threads";
import { kernels } from "../../src/wasm/kernels.ts";
import { kernelResults } from "./kernel-results.ts";

// What comes out of all that has a kernel, in a thread of its own.
parentPort!.postMessage({ loaded: kernels() !== null, results: kernelResults() });
