import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { afterwards } from "./afterwards.ts";

/** A folder for one test: removed when the test passes, kept and named when it fails. */
export async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "docferry-test-"));
  afterwards(t, async () => {
    // In Node since 22, not yet in its types.
    if ((t as TestContext & { passed: boolean }).passed)
      await rm(folder, { recursive: true, force: true });
    else t.diagnostic(`kept for a look: ${folder}`);
  });
  return folder;
}
