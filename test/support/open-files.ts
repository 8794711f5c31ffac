import { readdir, readlink } from "node:fs/promises";

/** How many files below a folder this process holds open. Linux tells; elsewhere 0, and what asks has less to say. */
export async function openFilesBelow(folder: string): Promise<number> {
  if (process.platform !== "linux") return 0;
  const targets = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith(`${folder}/`)).length;
}
