import { mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { DocferryError } from "../job/errors.ts";

/**
 * Reads a key of 32 bytes from its file; makes the file, for its owner only, if it is not there.
 * @param what the key, as people call it
 * @param random gives so many random bytes
 * @returns 64 hex digits, and a warning if others on this machine can read the file
 * @throws {DocferryError} `invalid_config` if the file holds something else
 */
export async function openKeyFile(
  file: string,
  what: string,
  random: (length: number) => Uint8Array,
): Promise<{ hex: string; warning: string | null }> {
  const found = await readKeyFile(file);
  if (!found) {
    await writeKeyFile(file, `${Buffer.from(random(32)).toString("hex")}\n`);
    return openKeyFile(file, what, random);
  }
  if (!/^[0-9a-f]{64}\n?$/.test(found.text)) {
    throw new DocferryError(
      "invalid_config",
      `The ${what} ${file} is not 64 hexadecimal digits: put the right file back`,
    );
  }
  return {
    hex: found.text.trim(),
    warning:
      (found.mode & 0o077) === 0
        ? null
        : `The ${what} ${file} has mode ${(found.mode & 0o777).toString(8)}: others can read it, set it to 600`,
  };
}

async function readKeyFile(file: string): Promise<{ text: string; mode: number } | undefined> {
  try {
    const text = await readFile(file, "utf8");
    return { text, mode: (await stat(file)).mode };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all: a key that was cut off would make every token and every sealed key worthless. */
async function writeKeyFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  await unlink(draft).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
