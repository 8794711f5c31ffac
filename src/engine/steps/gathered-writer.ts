import type { ObjectWriter } from "../../files/object-store.ts";

/** Bytes written at once. */
const blockBytes = 256 * 1024;

/** Gathers small pieces: a write for each costs a hundred times what its bytes do. */
export class GatheredWriter {
  readonly #target: Pick<ObjectWriter, "write">;
  #block = Buffer.allocUnsafe(blockBytes);
  #filled = 0;

  constructor(target: Pick<ObjectWriter, "write">) {
    this.#target = target;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.length > blockBytes) await this.flush();
    if (bytes.length > blockBytes) return this.#target.write(bytes);
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Writes what is left. */
  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    const block = this.#block.subarray(0, this.#filled);
    // The target may hold on to the bytes.
    this.#block = Buffer.allocUnsafe(blockBytes);
    this.#filled = 0;
    await this.#target.write(block);
  }
}
