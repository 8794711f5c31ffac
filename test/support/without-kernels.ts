import { kernels } from "../../src/wasm/kernels.ts";
import { kernelResults } from "./kernel-results.ts";

// Prints what comes out where the kernels cannot be loaded: the process has no SIMD, or loses WebAssembly here (not before:
// Node reads TypeScript with it).

if (process.argv[2] === "WebAssembly") Reflect.deleteProperty(globalThis, "WebAssembly");
if (kernels() !== null) throw new Error("The kernels are there");
process.stdout.write(JSON.stringify(kernelResults()));
