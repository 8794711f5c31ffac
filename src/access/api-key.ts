import { createHash, timingSafeEqual } from "node:crypto";

/** A Cloud API key as one word, for a bearer: its id, a dot, its secret key. Neither ids nor access tokens have dots. */
export function apiKeyText({ secretId, secretKey }: { secretId: string; secretKey: string }) {
  return `${secretId}.${secretKey}`;
}

/** null where it is no API key, but perhaps an access token. */
export function parseApiKey(text: string): { secretId: string; secretKey: string } | null {
  const dot = text.indexOf(".");
  return dot < 0 ? null : { secretId: text.slice(0, dot), secretKey: text.slice(dot + 1) };
}

/** In the same time whatever of it is right. */
export function isSameKey(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
