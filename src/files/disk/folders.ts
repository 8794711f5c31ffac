import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DocferryError } from "../../job/errors.ts";
import { syncFolder } from "../durable.ts";

/**
 * Where objects lie: finished ones at `objects/ab/<id>`, by the first two characters of their id, so that no folder gets a
 * million names; unfinished ones at `incoming/<id>`, in the same file system, so that publishing is a rename.
 */
export class Folders {
  readonly incoming: string;
  readonly objects: string;
  /** Shards that a finished object may be moved into: made, and their own names on the disk. */
  readonly #shards = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.incoming = join(root, "incoming");
    this.objects = join(root, "objects");
  }

  async make(): Promise<void> {
    await mkdir(this.incoming, { recursive: true });
    await mkdir(this.objects, { recursive: true });
  }

  unfinished(id: string): string {
    return join(this.incoming, checkObjectId(id));
  }

  finished(id: string): string {
    return join(this.shard(id), id);
  }

  shard(id: string): string {
    return join(this.objects, checkObjectId(id).slice(0, 2));
  }

  /**
   * Makes an id's shard. Its name is synced once in each process, also where the folder is there already: whoever made it may
   * have died before the sync, and a second caller may not go on while the first still waits for it.
   */
  async makeShard(id: string): Promise<void> {
    const shard = this.shard(id);
    let ready = this.#shards.get(shard);
    if (!ready) {
      ready = mkdir(shard, { recursive: true }).then(() => syncFolder(this.objects));
      this.#shards.set(shard, ready);
    }
    try {
      await ready;
    } catch (error) {
      this.#shards.delete(shard);
      throw error;
    }
  }
}

/** An id becomes part of a path: anything that is not one of ours is refused before it gets there. */
function checkObjectId(id: string): string {
  if (isObjectId(id)) return id;
  throw new DocferryError("object_not_found", `No object ${JSON.stringify(id)}`);
}

export function isObjectId(text: string): boolean {
  return /^[A-Za-z0-9_-]{8,128}$/.test(text);
}
