import { createCipheriv, createDecipheriv } from "node:crypto";
import { DocferryError } from "../job/errors.ts";

/**
 * A Cloud API key, which signatures need in clear, encrypted with AES-256-GCM: 12 bytes of nonce, 16 of tag, the text. Its id
 * is bound in, so that a key cannot be moved to another id.
 * @param key 32 bytes
 * @param nonce 12 bytes that this key has never met
 */
export function sealKey(
  secretKey: string,
  secretId: string,
  key: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(secretId));
  const text = Buffer.concat([cipher.update(secretKey, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @throws {DocferryError} `invalid_config` if it was sealed with another key, or changed since */
export function openKey(sealed: Uint8Array, secretId: string, key: Uint8Array): string {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(secretId));
    decipher.setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString();
  } catch (cause) {
    throw new DocferryError(
      "invalid_config",
      `Cloud API key ${secretId} was sealed with another server key: put that key's file back, or make a new key`,
      { cause },
    );
  }
}
