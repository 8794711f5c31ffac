import { hkdfSync } from "node:crypto";
import { openKeyFile } from "./key-file.ts";

/** The secret of one data folder. Whatever needs a key derives its own from it, so that none can stand in for another. */
export class ServerKey {
  readonly #bytes: Uint8Array;

  /** @param bytes 32 random ones */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** 32 bytes that are the same for the same purpose, and tell nothing of those for another. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#bytes, "", `docferry ${purpose}`, 32));
  }
}

/**
 * Reads the key from its file; makes the file, for its owner only, if it is not there.
 * @param random gives so many random bytes
 * @returns also a warning if others on this machine can read the file
 * @throws {DocferryError} `invalid_config` if the file holds something else
 */
export async function openServerKey(
  file: string,
  random: (length: number) => Uint8Array,
): Promise<{ key: ServerKey; warning: string | null }> {
  const { hex, warning } = await openKeyFile(file, "server key", random);
  return { key: new ServerKey(Buffer.from(hex, "hex")), warning };
}
