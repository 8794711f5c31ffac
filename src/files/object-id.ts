import { randomBytes } from "node:crypto";

/**
 * An id for an object that nobody else will ever make: 128 random bits as 32 hex digits.
 * @param random gives so many random bytes
 */
export function newObjectId(
  random: (length: number) => Uint8Array = (length) => randomBytes(length),
): string {
  return Buffer.from(random(16)).toString("hex");
}
