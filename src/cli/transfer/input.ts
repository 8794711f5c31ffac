import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import { resolve } from "node:path";
import { type Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { CommandError } from "../command-errors.ts";
import { cutAtFrames } from "./zstd-frames.ts";

/** Where an import's bytes come from. `identity` changes whenever they do; null where it shows only in the bytes. */
export type Input =
  /** A file that can be read where it stands. */
  | { kind: "plain"; file: string; size: number; identity: string }
  /** Bytes that come once, or packed: they are unpacked into a file first. `size`: of what is read, null where nobody knows. */
  | { kind: "stream"; size: number | null; identity: string | null; open: () => Readable };

/**
 * Looks at what is to be imported.
 * @param path null for stdin
 * @throws {CommandError} for a folder, and for what is not there or cannot be read
 */
export function openInput(path: string | null, stdin: Readable): Input {
  if (path === null) return { kind: "stream", size: null, identity: null, open: () => stdin };
  const file = resolve(path);
  const found = lookAt(path);
  if (found.isDirectory()) throw new CommandError(`${path} is a folder, not a file`);
  if (!found.isFile()) {
    // A named pipe gives its bytes once, as stdin does.
    return { kind: "stream", size: null, identity: null, open: () => createReadStream(file) };
  }
  const identity = `${found.size}:${found.mtimeMs}:${found.ino}`;
  if (packingOf(firstBytes(path, 4)) !== null) {
    return { kind: "stream", size: found.size, identity, open: () => createReadStream(file) };
  }
  return { kind: "plain", size: found.size, identity, file };
}

function lookAt(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** A file's first bytes, as many as asked for or all. @throws {CommandError} where they cannot be read */
export function firstBytes(path: string, length: number): Uint8Array {
  try {
    const handle = openSync(path, "r");
    try {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new CommandError(`There is no file ${path}`);
  const reason = code === "EACCES" ? "you may not read it" : message;
  return new CommandError(`${path} cannot be read: ${reason}`, { cause: error });
}

/** How bytes are packed, by the first of them. */
export function packingOf(first: Uint8Array): "gzip" | "zstd" | null {
  if (first[0] === 0x1f && first[1] === 0x8b) return "gzip";
  const zstd = first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd;
  return zstd ? "zstd" : null;
}

/**
 * Writes an input's bytes into a file, unpacked where they are packed. All of them are on the disk when this returns.
 * @param options.onBytes gets how many bytes of the input have been read so far
 * @returns what the bytes are: equal ones have the same
 * @throws {CommandError} for what cannot be unpacked
 */
export async function spool(
  source: Readable,
  file: string,
  options: { name: string; signal: AbortSignal; onBytes: (read: number) => void },
): Promise<string> {
  const hash = createHash("md5");
  const hashing = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
  });
  await unpackTo(source, [hashing, createWriteStream(file, { mode: 0o600, flush: true })], options);
  return hash.digest("hex");
}

/** Gives an input's bytes, unpacked where they are packed, to streams one behind the other, and ends them. */
export async function unpackTo(
  source: Readable,
  targets: readonly (Transform | Writable)[],
  options: { name: string; signal: AbortSignal; onBytes: (read: number) => void },
): Promise<void> {
  const { first, rest } = await peek(source, options.signal);
  const packing = packingOf(first);
  try {
    const streams = [rest, counting(options.onBytes), ...unpackers(packing), ...targets];
    await pipeline(streams as NodeJS.ReadWriteStream[], { signal: options.signal });
  } catch (error) {
    throw unpackFailure(error, packing, options.name);
  }
}

function unpackers(packing: "gzip" | "zstd" | null): Transform[] {
  if (packing === "gzip") return [createGunzip()];
  return packing === "zstd" ? [cutAtFrames(), createZstdDecompress()] : [];
}

/** The first four bytes, and all of them again. */
async function peek(
  source: Readable,
  signal: AbortSignal,
): Promise<{ first: Uint8Array; rest: AsyncIterable<Uint8Array> }> {
  const pieces: Uint8Array[] = [];
  const iterator = source.iterator({ destroyOnReturn: true })[Symbol.asyncIterator]();
  const stop = () => source.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  let length = 0;
  while (length < 4) {
    const next = (await iterator.next()) as IteratorResult<Uint8Array>;
    if (next.done) break;
    pieces.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* pieces;
    for (;;) {
      const next = (await iterator.next()) as IteratorResult<Uint8Array>;
      if (next.done) return;
      yield next.value;
    }
  }
  return { first: Buffer.concat(pieces), rest: all() };
}

function counting(onBytes: (read: number) => void): Transform {
  let read = 0;
  return new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      read += piece.length;
      onBytes(read);
      done(null, piece);
    },
  });
}

function unpackFailure(error: unknown, packing: "gzip" | "zstd" | null, name: string): unknown {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (packing === null || !/^(Z_|ZSTD_|ERR_)/.test(code)) return error;
  if ((error as Error).name === "AbortError") return error;
  const reason = code === "Z_BUF_ERROR" ? "it ends too early" : message;
  return new CommandError(`${name} cannot be unpacked: ${reason} (${packing})`, {
    cause: error,
  });
}
