import { bucketOf } from "./files/file-id.ts";

// What the vendor tells of an environment beyond its id, for clients that want it to be there.

/** The name that clients send back as `MongoConnector.DatabaseName`; what counts is the environment beside it. */
export function databaseOf(environment: string): string {
  return `tnt-${bucketOf(environment).slice(-10)}`;
}

/** `2026-11-24 08:15:00` of Beijing, as the vendor writes times. */
export function wallTime(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}
