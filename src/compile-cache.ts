import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * What is imported from here on has its types stripped and is compiled once for all starts: half of what a start costs. Each
 * thread has to ask; those that find the folder in the environment need not even load what strips types, 8 MB each. Where
 * the folder cannot be written, each start does it anew.
 */
export function useCompileCache(): void {
  const folder = fileURLToPath(new URL("../node_modules/.cache/docferry", import.meta.url));
  enableCompileCache(folder);
  process.env["NODE_COMPILE_CACHE"] ??= folder;
}
