import { type FileHandle, open, opendir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { freeMemory } from "../../bson/free-memory.ts";
import { asDocferryError, DocferryError } from "../../job/errors.ts";
import type { ObjectStore, ObjectWriter, Piece, StoredObject } from "../object-store.ts";
import { DiskWriter } from "./disk-writer.ts";
import { isMissing } from "../durable.ts";
import { Folders, isObjectId } from "./folders.ts";
import { HashingWriter } from "./hashing-writer.ts";

const pieceBytes = 1024 * 1024;

/** Objects as files below one folder. Nothing is kept in memory: many processes may read what one writes. */
export class DiskObjectStore implements ObjectStore {
  readonly #folders: Folders;

  private constructor(folders: Folders) {
    this.#folders = folders;
  }

  /** Makes what is missing of the folder. */
  static async open(folder: string): Promise<DiskObjectStore> {
    const folders = new Folders(folder);
    await folders.make();
    return new DiskObjectStore(folders);
  }

  async create(id: string): Promise<ObjectWriter> {
    return new HashingWriter(await this.createPiece(id));
  }

  createPiece(id: string): Promise<ObjectWriter<Piece>> {
    return DiskWriter.open(id, this.#folders);
  }

  async size(id: string): Promise<number> {
    try {
      return (await stat(this.#folders.finished(id))).size;
    } catch (error) {
      throw asNotFound(error, id);
    }
  }

  async *read(
    id: string,
    range: { from: number; to: number },
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    signal.throwIfAborted();
    const handle = await this.#openFinished(id);
    const pieceAt = (position: number) =>
      readPiece(handle, position, Math.min(pieceBytes, range.to - position));
    /** The piece after the one that is given: it is read while somebody works on that. */
    let ahead: Promise<Uint8Array> | null = null;
    try {
      let position = range.from;
      while (position < range.to) {
        const piece: Uint8Array = await (ahead ?? pieceAt(position));
        ahead = null;
        signal.throwIfAborted();
        if (piece.length === 0) {
          throw new DocferryError(
            "internal",
            `Object ${id} ends at byte ${position}, it was to be read up to ${range.to}`,
          );
        }
        // The reader may move or free the piece.
        position += piece.length;
        if (position < range.to) {
          ahead = pieceAt(position);
          // A failure waits until the piece is asked for.
          ahead.catch(() => undefined);
        }
        yield piece;
        signal.throwIfAborted();
      }
    } finally {
      await ahead?.catch(() => undefined);
      await handle.close();
    }
  }

  async join(
    id: string,
    pieces: readonly (Uint8Array | { object: string })[],
    options: { signal: AbortSignal; onBytes: (bytes: number) => void },
  ): Promise<StoredObject> {
    await using writer = await this.create(id);
    for (const piece of pieces) {
      options.signal.throwIfAborted();
      for await (const bytes of this.#bytesOf(piece, options.signal)) {
        await writer.write(bytes);
        options.onBytes(bytes.length);
        // A literal is the caller's.
        if (!(piece instanceof Uint8Array)) freeMemory(bytes);
      }
    }
    options.signal.throwIfAborted();
    return await writer.finish();
  }

  async remove(id: string): Promise<void> {
    for (const path of [this.#folders.unfinished(id), this.#folders.finished(id)]) {
      await unlink(path).catch((error: unknown) => {
        if (!isMissing(error)) throw asDocferryError(error);
      });
    }
  }

  async *list({ before }: { before: Date }): AsyncGenerator<string, void, undefined> {
    yield* idsBefore(this.#folders.incoming, before);
    for await (const shard of await opendir(this.#folders.objects)) {
      if (shard.isDirectory()) yield* idsBefore(join(this.#folders.objects, shard.name), before);
    }
  }

  async *#bytesOf(
    piece: Uint8Array | { object: string },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (piece instanceof Uint8Array) {
      yield piece;
      return;
    }
    yield* this.read(piece.object, { from: 0, to: await this.size(piece.object) }, { signal });
  }

  async #openFinished(id: string): Promise<FileHandle> {
    try {
      return await open(this.#folders.finished(id), "r");
    } catch (error) {
      throw asNotFound(error, id);
    }
  }
}

/** A piece with memory of its own (none of a pool's), so that it can be moved to another thread. */
async function readPiece(handle: FileHandle, position: number, bytes: number): Promise<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(bytes);
  const { bytesRead } = await handle.read(memory, 0, bytes, position);
  return bytesRead === bytes ? memory : memory.subarray(0, bytesRead);
}

async function* idsBefore(folder: string, before: Date): AsyncGenerator<string, void, undefined> {
  for await (const entry of await opendir(folder)) {
    if (!entry.isFile() || !isObjectId(entry.name)) continue;
    const touched = await lastTouched(join(folder, entry.name));
    if (touched !== null && touched < before.getTime()) yield entry.name;
  }
}

/** Unix ms; null if it has been removed or published meanwhile. */
async function lastTouched(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return null;
    throw asDocferryError(error);
  }
}

function asNotFound(error: unknown, id: string): DocferryError {
  if (!isMissing(error)) return asDocferryError(error);
  return new DocferryError("object_not_found", `No object ${id}`, { cause: error });
}
