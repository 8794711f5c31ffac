import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { arch } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { kernelResults } from "../../test/support/kernel-results.ts";
import { kernels } from "./kernels.ts";

const script = fileURLToPath(new URL("../../test/support/without-kernels.ts", import.meta.url));

// Real processes in which the kernels cannot be loaded.
for (const { without, flags, skip } of [
  { without: "SIMD", flags: ["--no-enable-sse4-1"], skip: arch !== "x64" && "the flag is x64's" },
  { without: "WebAssembly", flags: [], skip: false },
]) {
  test(`without ${without} the same comes out`, { skip }, async () => {
    assert.ok(kernels());
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, without]);
    assert.deepEqual(JSON.parse(stdout), kernelResults());
  });
}
