import { flushCompileCache } from "node:module";
import { useCompileCache } from "./compile-cache.ts";
import { useSmallHeap } from "./small-heap.ts";

useSmallHeap();
useCompileCache();
const { runCli } = await import("./cli/program.ts");
await runCli(process.argv);
// A service that is killed would leave nothing to the next one.
flushCompileCache();
