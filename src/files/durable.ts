import { open } from "node:fs/promises";

/** Writes a folder's list of names to the disk: without it a power cut may take back a rename or a new file. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a file system call failed because there is nothing of that name. */
export function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | null)?.code === "ENOENT";
}
