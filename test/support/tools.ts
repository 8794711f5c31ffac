import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that a test can do with and without: what its variable names, or the first of its names on the PATH. */
export interface Tool {
  path: string;
  /** For a test's `skip`: false where it is there, the reason where it is not. */
  missing: false | string;
}

export const deno = find("DOCFERRY_TEST_DENO", ["deno"]);
export const bun = find("DOCFERRY_TEST_BUN", ["bun"]);
export const chromium = find("DOCFERRY_TEST_CHROMIUM", [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
]);
export const fish = find("DOCFERRY_TEST_FISH", ["fish"]);
export const bash = find("DOCFERRY_TEST_BASH", ["bash"]);

function find(variable: string, names: readonly string[]): Tool {
  const named = process.env[variable];
  if (named) return { path: named, missing: false };
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = names.map((name) => join(folder, name)).find(isProgram);
    if (path !== undefined) return { path, missing: false };
  }
  return { path: "", missing: `no ${names[0]} on the PATH, and ${variable} names none` };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
