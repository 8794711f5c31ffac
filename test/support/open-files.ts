import { readdir, readlink } from "node:fs/promises";

/**
 * How many files below a folder a process holds open. Linux tells; elsewhere 0, and what asks has less to say.
 * @param pid another process than this one
 */
export async function openFilesBelow(
  folder: string,
  pid: number | "self" = "self",
): Promise<number> {
  if (process.platform !== "linux") return 0;
  const fds = `/proc/${pid}/fd`;
  const targets = await Promise.all(
    (await readdir(fds)).map((fd) => readlink(`${fds}/${fd}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith(`${folder}/`)).length;
}
