import { randomBytes } from "node:crypto";
import { mkdir, open, stat, statfs, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { asDocferryError } from "../../job/errors.ts";
import { isMissing } from "../durable.ts";
import type { DiskRoom } from "../disk-room.ts";

const pieceBytes = 1024 * 1024;

/**
 * A file of no use but its size, which is freed when the disk is full. It is made again only once there is twice its size,
 * so that what comes and goes around the brim does not change the answer with every second.
 */
export class Ballast implements DiskRoom {
  readonly #file: string;
  readonly #bytes: number;
  #full = false;
  /** One thing at a time: what spends while it is made anew must find it whole. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Makes the file if it is not there. On a disk that is as good as full it is spent at once: whoever opens stores next to it
   * needs the room.
   */
  static async open(file: string, bytes: number): Promise<Ballast> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const ballast = new Ballast(file, bytes);
    if ((await sizeOf(file)) !== bytes) await ballast.restore();
    else if ((await ballast.#free()) < bytes) await ballast.spend();
    return ballast;
  }

  get full(): boolean {
    return this.#full;
  }

  spend(): Promise<boolean> {
    return this.#inTurn(async () => {
      this.#full = true;
      return this.#remove();
    });
  }

  restore(): Promise<boolean> {
    return this.#inTurn(async () => {
      this.#full = (await this.#free()) < 2 * this.#bytes || !(await this.#make());
      return !this.#full;
    });
  }

  /** Bytes that others may still write. */
  async #free(): Promise<number> {
    const { bavail, bsize } = await statfs(dirname(this.#file));
    return bavail * bsize;
  }

  /** Random bytes: zeros take no room on file systems that compress, or leave holes. False where the disk is full (a quota, too). */
  async #make(): Promise<boolean> {
    try {
      await using handle = await open(this.#file, "w", 0o600);
      for (let left = this.#bytes; left > 0; left -= pieceBytes) {
        await handle.appendFile(randomBytes(Math.min(left, pieceBytes)));
      }
      await handle.datasync();
      return true;
    } catch (error) {
      await this.#remove();
      if (asDocferryError(error).code === "disk_full") return false;
      throw error;
    }
  }

  async #remove(): Promise<boolean> {
    try {
      await unlink(this.#file);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
