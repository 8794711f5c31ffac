import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. As `mkdirSync` with `recursive`, which never comes back where the system has
 * a folder that takes none, as Linux has /proc.
 * @throws what the system says
 */
export function makeFolder(folder: string, mode: number): void {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.push(at);
  for (const at of missing.reverse()) makeOne(at, mode);
  // Says so where it is there and is no folder.
  if (missing.length === 0) mkdirSync(folder, { recursive: true });
}

/** Somebody else may have made it meanwhile. */
function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    mkdirSync(folder, { recursive: true });
  }
}
