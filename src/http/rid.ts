import { randomBytes } from "node:crypto";

/**
 * A request's id as the vendor writes it: `68aeab00-21ea7900-3a442400`. The first group is the unix time in hex, the rest chance.
 * @param now unix ms
 * @param random gives so many random bytes
 */
export function newRid(
  now: number,
  random: (length: number) => Uint8Array = (length) => randomBytes(length),
): string {
  const seconds = Math.floor(now / 1000) >>> 0;
  const chance = Buffer.from(random(8)).toString("hex");
  return `${seconds.toString(16).padStart(8, "0")}-${chance.slice(0, 8)}-${chance.slice(8)}`;
}
