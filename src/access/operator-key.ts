import { createHash, timingSafeEqual } from "node:crypto";
import { openKeyFile } from "./key-file.ts";

/** What the operator of a data folder shows: who can read the folder's file may do everything with what is in it. */
export class OperatorKey {
  readonly #digest: Buffer;

  /** @param text 64 hex digits */
  constructor(text: string) {
    this.#digest = digest(text);
  }

  /** In the same time whatever of it is right. */
  matches(text: string): boolean {
    return timingSafeEqual(this.#digest, digest(text));
  }
}

/**
 * Reads the key from its file; makes the file, for its owner only, if it is not there.
 * @returns also a warning if others on this machine can read the file
 * @throws {DocferryError} `invalid_config` if the file holds something else
 */
export async function openOperatorKey(
  file: string,
  random: (length: number) => Uint8Array,
): Promise<{ key: OperatorKey; warning: string | null }> {
  const { hex, warning } = await openKeyFile(file, "operator key", random);
  return { key: new OperatorKey(hex), warning };
}

/** Both sides have the same length then, whatever was sent. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
