import { randomBytes } from "node:crypto";

/** Chance for some hundred ids at once: a call for each costs more than the rest of an id. */
const pool = { bytes: Buffer.alloc(0), at: 0 };

function pooledRandom(length: number): Uint8Array {
  if (pool.at + length > pool.bytes.length) {
    pool.bytes = randomBytes(4096);
    pool.at = 0;
  }
  pool.at += length;
  return pool.bytes.subarray(pool.at - length, pool.at);
}

/** Whether that may be a rid of ours. */
export function isRid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/.test(text);
}

/**
 * A request's id as the vendor writes it: `68aeab00-21ea7900-3a442400`. The first group is the unix time in hex, the rest chance.
 * @param now unix ms
 * @param random gives so many random bytes
 */
export function newRid(now: number, random: (length: number) => Uint8Array = pooledRandom): string {
  const seconds = Math.floor(now / 1000) >>> 0;
  const chance = Buffer.from(random(8)).toString("hex");
  return `${seconds.toString(16).padStart(8, "0")}-${chance.slice(0, 8)}-${chance.slice(8)}`;
}
