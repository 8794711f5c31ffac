import { newObjectId } from "../files/object-id.ts";
import { asDocferryError } from "../job/errors.ts";
import type { EngineContext } from "./context.ts";

/** Whoever asks more often gets the last answer: a look costs a sync of the disk. */
const everyMs = 1_000;

/** Bytes: a block, so that a disk without one more cannot say that it has room. */
const written = Buffer.alloc(4096, "docferry");

type Part = Pick<EngineContext, "store" | "files" | "room" | "steady">;

/**
 * Whether what jobs need can be written at all. It looks when it is asked, never by itself while all is well: an idle service
 * leaves its disk alone. Once something could not be written it looks each second until it can be.
 */
export class WriteCheck {
  readonly #context: Part;
  #fault: string | null = null;
  #lookedAt = -Infinity;
  #looking: Promise<string | null> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(context: Part) {
    this.#context = context;
  }

  /** Why nothing can be written, as far as anybody has noticed. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Looks, unless somebody has just done so. Why nothing can be written; null: it can. */
  async look(): Promise<string | null> {
    if (this.#looking) return this.#looking;
    if (this.#context.steady() - this.#lookedAt < everyMs) return this.#fault;
    this.#looking = this.#lookNow().finally(() => (this.#looking = null));
    return this.#looking;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #lookNow(): Promise<string | null> {
    this.#fault = await this.#write();
    this.#lookedAt = this.#context.steady();
    if (this.#fault !== null && !this.#stopped) {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        void this.look();
      }, everyMs).unref();
    }
    return this.#fault;
  }

  async #write(): Promise<string | null> {
    const { store, files, room } = this.#context;
    try {
      await store.touch();
      await using writer = await files.create(newObjectId());
      await writer.write(written);
      return null;
    } catch (thrown) {
      const error = asDocferryError(thrown);
      if (error.code === "disk_full") await room.spend().catch(() => false);
      return error.code === "disk_full" ? "disk full" : error.message;
    }
  }
}
