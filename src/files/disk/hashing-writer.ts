import { createHash } from "node:crypto";
import type { ObjectWriter, Piece, StoredObject } from "../object-store.ts";

/** Bytes hashed and written at a time: MD5 takes about 0.4 ms for them, which is how long others may wait for the thread. */
const sliceBytes = 256 * 1024;

/** Hashes what it writes. */
export class HashingWriter implements ObjectWriter {
  readonly #writer: ObjectWriter<Piece>;
  readonly #hash = createHash("md5");

  constructor(writer: ObjectWriter<Piece>) {
    this.#writer = writer;
  }

  get id(): string {
    return this.#writer.id;
  }

  get size(): number {
    return this.#writer.size;
  }

  /** The disk writes in a thread of its own while this one hashes. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += sliceBytes) {
      const slice = bytes.subarray(from, from + sliceBytes);
      const written = this.#writer.write(slice);
      this.#hash.update(slice);
      await written;
    }
  }

  async finish(): Promise<StoredObject> {
    return { ...(await this.#writer.finish()), md5: this.#hash.digest("hex") };
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writer.abort();
  }
}
