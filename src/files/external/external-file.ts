import { type FileHandle, open } from "node:fs/promises";
import { DocferryError } from "../../job/errors.ts";
import type { ObjectStore, ObjectWriter, Piece, StoredObject } from "../object-store.ts";

/** A user's file as it was when a job began: read where it stands instead of being copied. Plain data. */
export interface ExternalFile {
  /** The id under which it is an object. */
  id: string;
  path: string;
  /** Bytes. */
  size: number;
  /** Unix ms. */
  modifiedMs: number;
}

const pieceBytes = 1024 * 1024;

/**
 * An object store with one object more: a file outside of it. The file is only ever read; a job that reads a file which
 * has changed since fails, because positions in it mean nothing any more.
 */
export class WithExternalFile implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #file: ExternalFile;

  constructor(store: ObjectStore, file: ExternalFile) {
    this.#store = store;
    this.#file = file;
  }

  create(id: string): Promise<ObjectWriter> {
    return this.#store.create(id);
  }

  createPiece(id: string): Promise<ObjectWriter<Piece>> {
    return this.#store.createPiece(id);
  }

  async size(id: string): Promise<number> {
    return id === this.#file.id ? this.#file.size : this.#store.size(id);
  }

  read(
    id: string,
    range: { from: number; to: number },
    options: { signal: AbortSignal },
  ): AsyncIterable<Uint8Array> {
    return id === this.#file.id
      ? readUnchanged(this.#file, range, options.signal)
      : this.#store.read(id, range, options);
  }

  async join(
    id: string,
    pieces: readonly (Uint8Array | { object: string })[],
    options: { signal: AbortSignal; onBytes: (bytes: number) => void },
  ): Promise<StoredObject> {
    const isExternal = (piece: Uint8Array | { object: string }) =>
      !(piece instanceof Uint8Array) && piece.object === this.#file.id;
    if (!pieces.some(isExternal)) return this.#store.join(id, pieces, options);
    await using writer = await this.#store.create(id);
    for (const piece of pieces) {
      const bytes =
        piece instanceof Uint8Array
          ? [piece]
          : this.read(piece.object, { from: 0, to: await this.size(piece.object) }, options);
      for await (const some of bytes) {
        await writer.write(some);
        options.onBytes(some.length);
      }
    }
    options.signal.throwIfAborted();
    return await writer.finish();
  }

  /** The user's file stays. */
  async remove(id: string): Promise<void> {
    if (id !== this.#file.id) await this.#store.remove(id);
  }

  list(options: { before: Date }): AsyncIterable<string> {
    return this.#store.list(options);
  }
}

async function* readUnchanged(
  file: ExternalFile,
  range: { from: number; to: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted();
  const handle = await openUnchanged(file);
  try {
    for (let position = range.from; position < range.to;) {
      const memory = Buffer.allocUnsafeSlow(Math.min(pieceBytes, range.to - position));
      const { bytesRead } = await handle.read(memory, 0, memory.length, position);
      signal.throwIfAborted();
      if (bytesRead === 0) throw changed(file, `it ends at byte ${position} now`);
      yield bytesRead === memory.length ? memory : memory.subarray(0, bytesRead);
      signal.throwIfAborted();
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function openUnchanged(file: ExternalFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file.path, "r");
  } catch (error) {
    throw new DocferryError("object_not_found", `Cannot read ${file.path}: ${String(error)}`, {
      cause: error,
    });
  }
  const { size, mtimeMs } = await handle.stat();
  if (size === file.size && mtimeMs === file.modifiedMs) return handle;
  await handle.close();
  throw changed(file, `it had ${file.size} bytes, now it has ${size}`);
}

function changed({ path }: ExternalFile, how: string): DocferryError {
  return new DocferryError("invalid_file", `${path} has changed while it was imported: ${how}`);
}
