import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * HMAC-SHA256 over a list of texts; no two lists have the same bytes. What is signed begins with its purpose.
 * @param key 32 secret bytes
 */
export function signatureOf(key: Uint8Array, parts: readonly (string | number | null)[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

/** Takes the same time wherever the two differ. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
