import { execFile } from "node:child_process";
import { mkdtemp, open, rmdir, truncate, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { afterwards } from "./afterwards.ts";

const run = promisify(execFile);

export interface SmallDisk {
  folder: string;
  /** Leaves so many bytes free, about. */
  fill(leave?: number): Promise<void>;
  /** Takes back what `fill` took. */
  free(): Promise<void>;
  /** Nothing can be written until the test ends. */
  makeReadOnly(): Promise<void>;
}

/** A file system of its own for one test, in memory; null, and the test skipped with the reason, where none can be mounted. */
export async function smallDisk(t: TestContext, bytes: number): Promise<SmallDisk | null> {
  const folder = await mkdtemp(join(tmpdir(), "docferry-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=700`, "docferry-test", folder]);
  } catch (error) {
    await rmdir(folder);
    t.skip(`no file system can be mounted here: ${(error as Error).message.trim()}`);
    return null;
  }
  afterwards(t, async () => {
    // Processes of the test may still be on their way out.
    await run("umount", ["--lazy", folder]);
    await rmdir(folder);
  });
  const filler = join(folder, "filler");
  return {
    folder,
    fill: async (leave = 0) => {
      const size = await fillUp(filler);
      await truncate(filler, Math.max(0, size - leave));
    },
    free: () => unlink(filler),
    makeReadOnly: async () => {
      await run("mount", ["-o", "remount,ro", folder]);
    },
  };
}

/** The size it came to. */
async function fillUp(file: string): Promise<number> {
  await using handle = await open(file, "a");
  for (const size of [1 << 20, 4096]) {
    const piece = Buffer.alloc(size, "x");
    try {
      for (;;) await handle.write(piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
  return (await handle.stat()).size;
}
