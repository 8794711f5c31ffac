import { execFile } from "node:child_process";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { afterwards } from "./afterwards.ts";

const run = promisify(execFile);

export interface Fault {
  /** Takes the fault away. */
  mend(): Promise<void>;
}

/**
 * From now on each write of a process to a file fails, for root too: no file may be longer than nothing. null, and the test
 * skipped with the reason, where the limits of a running process cannot be set.
 */
export async function failingWrites(t: TestContext, pid: number): Promise<Fault | null> {
  const limit = (bytes: string) => run("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
  try {
    await limit("0");
  } catch (error) {
    t.skip(`the limits of a process cannot be set here: ${(error as Error).message.trim()}`);
    return null;
  }
  return { mend: async () => void (await limit("unlimited")) };
}

/**
 * From now on nothing can be made or opened to be written below a folder, by anybody; what is open stays so. null, and the
 * test skipped with the reason, where nothing can be mounted.
 */
export async function readOnlyFolder(t: TestContext, folder: string): Promise<Fault | null> {
  try {
    await run("mount", ["--bind", folder, folder]);
  } catch (error) {
    t.skip(`no folder can be mounted here: ${(error as Error).message.trim()}`);
    return null;
  }
  let mounted = true;
  const mend = async () => {
    if (mounted) await run("umount", ["--lazy", folder]);
    mounted = false;
  };
  afterwards(t, mend);
  await run("mount", ["-o", "remount,ro,bind", folder]);
  return { mend };
}
