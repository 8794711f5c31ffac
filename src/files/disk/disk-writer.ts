import { type FileHandle, open, rename, stat, unlink } from "node:fs/promises";
import { asDocferryError, DocferryError } from "../../job/errors.ts";
import type { ObjectWriter, Piece } from "../object-store.ts";
import { isMissing, syncFolder } from "../durable.ts";
import type { Folders } from "./folders.ts";

/**
 * Bytes that may have been written but not be on the disk yet before it is told to begin: it works while others do, and whoever
 * finishes waits for the last of them, not for all.
 */
const unsyncedBytes = 16 * 1024 * 1024;

/** One of a thread's writers at a time: Node has few threads for all files, and a slow disk would take them from readers. */
let someoneSyncs = false;

/** Writes `incoming/<id>`; finishing moves it into its shard. Whatever fails removes the file. */
export class DiskWriter implements ObjectWriter<Piece> {
  readonly id: string;
  readonly #folders: Folders;
  readonly #handle: FileHandle;
  #size = 0;
  /** Of `#size`, those that no sync was begun after. */
  #unsynced = 0;
  #syncing: Promise<void> | null = null;
  /** The system tells once that the disk has failed: a later sync of the same file may succeed. */
  #syncFailure: { error: unknown } | null = null;
  #state: "open" | "finished" | "aborted" = "open";

  private constructor(id: string, folders: Folders, handle: FileHandle) {
    this.id = id;
    this.#folders = folders;
    this.#handle = handle;
  }

  /** @throws {DocferryError} `conflict` if the id is taken, `disk_full` */
  static async open(id: string, folders: Folders): Promise<DiskWriter> {
    const writer = new DiskWriter(id, folders, await openNew(id, folders));
    try {
      // Asked after the file in incoming/ is ours: whoever held the id before us has published by now or never will.
      if (await exists(folders.finished(id))) throw taken(id);
      return writer;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    try {
      await writeWhole(this.#handle, bytes);
      this.#size += bytes.length;
      this.#unsynced += bytes.length;
      if (this.#unsynced >= unsyncedBytes && !someoneSyncs) this.#syncing = this.#syncAhead();
    } catch (error) {
      await this.#giveUp();
      throw asDocferryError(error);
    }
  }

  async finish(): Promise<Piece> {
    this.#requireOpen();
    try {
      await this.#syncing;
      if (this.#syncFailure) throw this.#syncFailure.error;
      await this.#handle.datasync();
      await this.#handle.close();
      await this.#folders.makeShard(this.id);
      await rename(this.#folders.unfinished(this.id), this.#folders.finished(this.id));
      await syncFolder(this.#folders.shard(this.id));
    } catch (error) {
      // Whether the rename is on the disk is open now, so it is taken back: a failed finish must not publish.
      await unlink(this.#folders.finished(this.id)).catch(() => undefined);
      await this.#giveUp();
      throw asDocferryError(error);
    }
    this.#state = "finished";
    return { id: this.id, size: this.#size };
  }

  async abort(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "aborted";
    await this.#syncing;
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#folders.unfinished(this.id)).catch(ignoreMissing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  async #syncAhead(): Promise<void> {
    someoneSyncs = true;
    this.#unsynced = 0;
    try {
      await this.#handle.datasync();
    } catch (error) {
      this.#syncFailure = { error };
    } finally {
      someoneSyncs = false;
    }
  }

  /** Aborts on the way to throwing something that matters more than what may go wrong here: the sweeper takes the rest. */
  async #giveUp(): Promise<void> {
    await this.abort().catch(() => undefined);
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new Error(`Object ${this.id} is already ${this.#state}`);
  }
}

async function openNew(id: string, folders: Folders): Promise<FileHandle> {
  try {
    return await open(folders.unfinished(id), "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw taken(id);
    throw asDocferryError(error);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** A disk that is getting full takes a part of a write before it refuses the rest. */
async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}

function taken(id: string): DocferryError {
  return new DocferryError("conflict", `There is already an object ${id}`);
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
