import { createHash } from "node:crypto";

/**
 * The bucket that an environment's files seem to be in, as the vendor's look: `7465-test2-4a89da-1258717764`, which is the
 * environment's first two bytes in hex, its id, and ten digits.
 */
export function bucketOf(environment: string): string {
  const start = Buffer.from(environment).subarray(0, 2).toString("hex");
  const digits =
    1_250_000_000 + (createHash("sha256").update(environment).digest().readUInt32BE() % 1e8);
  return `${start}-${environment}-${digits}`;
}

/** null if no environment has that bucket. */
export function environmentOfBucket(bucket: string): string | null {
  const environment = /^[0-9a-f]{2,4}-(.+)-\d{10}$/.exec(bucket)?.[1];
  return environment !== undefined && bucketOf(environment) === bucket ? environment : null;
}

/** `cloud://<environment>.<bucket>/<name>`, with the name as it is. */
export function fileIdOf(environment: string, name: string): string {
  return `cloud://${environment}.${bucketOf(environment)}/${name}`;
}

/** The bucket does not matter: the vendor's pages show it with and without its digits. null for what is no file id. */
export function parseFileId(fileId: string): { environment: string; name: string } | null {
  const match = /^cloud:\/\/([^./]+)[^/]*\/([^]+)$/.exec(fileId);
  return match ? { environment: match[1] ?? "", name: match[2] ?? "" } : null;
}
