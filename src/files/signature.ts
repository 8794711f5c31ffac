import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/**
 * HMAC-SHA256 over a list of texts; no two lists have the same bytes. What is signed begins with its purpose.
 * @param key of 32 secret bytes; as an object, because Node takes longer to look at bare bytes than to sign with them
 */
export function signatureOf(key: KeyObject, parts: readonly (string | number | null)[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

/** Takes the same time wherever the two differ. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
