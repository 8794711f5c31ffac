import { randomBytes } from "node:crypto";
import { createWriteStream, statSync } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { PassThrough, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, createZstdCompress } from "node:zlib";
import { syncFolder } from "../../files/durable.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { CommandError } from "../command-errors.ts";

/** Where an export's bytes go to. */
export interface Output {
  /** Takes all of them. A file has its name only once it is whole and on the disk. */
  take(bytes: AsyncIterable<Uint8Array>, options: { signal: AbortSignal }): Promise<void>;
}

/**
 * Looks at once whether the output can be written, before any work is done for it.
 * @param path null for stdout
 * @throws {CommandError} for a folder and what cannot be made
 */
export function openOutput(path: string | null, stdout: Writable): Output {
  if (path === null) return { take: (bytes, options) => pour(bytes, stdout, null, options.signal) };
  const file = resolve(path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new CommandError(`${path} is a folder, not a file`);
  const packing = file.endsWith(".gz") ? "gzip" : file.endsWith(".zst") ? "zstd" : null;
  if (found && !found.isFile()) {
    // A device or a pipe stays what it is.
    return {
      take: (bytes, { signal }) => pour(bytes, createWriteStream(file), packing, signal),
    };
  }
  try {
    makeFolder(dirname(file), 0o777);
  } catch (error) {
    throw new CommandError(`${path} cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return { take: (bytes, { signal }) => writeWhole(bytes, file, packing, signal) };
}

type Packing = "gzip" | "zstd" | null;

async function writeWhole(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  packing: Packing,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = `${file}.${randomBytes(4).toString("hex")}.part`;
  const handle = await open(unfinished, "wx").catch((error: unknown) => {
    throw new CommandError(`${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  });
  try {
    await pour(bytes, handle.createWriteStream({ flush: true }), packing, signal);
    await rename(unfinished, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(unfinished).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(file));
}

/** stdout stays open: others of this process may have a word to say there. */
async function pour(
  bytes: AsyncIterable<Uint8Array>,
  target: Writable,
  packing: Packing,
  signal: AbortSignal,
): Promise<void> {
  const pack =
    packing === "gzip"
      ? createGzip()
      : packing === "zstd"
        ? createZstdCompress()
        : new PassThrough();
  try {
    await pipeline(bytes, pack, target, { signal, end: target !== process.stdout });
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    // What fails while it is read is no fault of the output.
    if (code !== "EPIPE" && syscall !== "write") throw error;
    if (code !== "EPIPE") {
      throw new CommandError(`The output cannot be written: ${message}`, { cause: error });
    }
    throw new CommandError("Whoever read the output stopped before its end", {
      cause: error,
    });
  }
}
