import type { TestContext } from "node:test";
import { serviceThreadData, type ThreadData } from "../../src/compose.ts";
import { dataPaths } from "../../src/data-folder.ts";
import type { DecodeArgument } from "../../src/engine/steps/decode-chunk.ts";
import { ThreadPool } from "../../src/engine/thread-pool.ts";
import { DiskObjectStore } from "../../src/files/disk/disk-object-store.ts";
import { newObjectId } from "../../src/files/object-id.ts";
import { afterwards } from "./afterwards.ts";
import { tempFolder } from "./temp-folder.ts";

/** Places in the memory that the threads of a test's pool share with it. */
export const seen = {
  /** Threads that have started. */
  threads: 0,
  /** Stretches of files that steps have read. */
  reads: 1,
  /** Number of the read at which a thread hangs, or ends; 0 for none. */
  hangAt: 2,
  exitAt: 3,
  /** What hangs goes on when this is no longer 0. */
  gate: 4,
  /** Items that have been sent, their typed arrays, and those whose memory was still there afterwards. */
  items: 5,
  views: 6,
  viewsKept: 7,
  /** So many of the next threads fail to start. */
  failStarts: 8,
} as const;

export interface PoolThreadData {
  thread: ThreadData;
  shared: Int32Array;
}

/** Records of one size, so that a batch of a chunk has a known number of them. */
const recordBytes = 64;
export const batchRecords = 64;

/** A pool of real threads on a folder of its own, whose threads tell what they do. */
export async function openPool(t: TestContext, size: number) {
  const paths = dataPaths(await tempFolder(t));
  const data: PoolThreadData = {
    thread: serviceThreadData(paths),
    shared: new Int32Array(new SharedArrayBuffer(4 * Object.keys(seen).length)),
  };
  const files = await DiskObjectStore.open(paths.objects);
  const entry = new URL("./pool-thread.ts", import.meta.url);
  const pool = new ThreadPool({ entry, workerData: data, size, regexMs: 10_000 });
  await pool.start();
  afterwards(t, () => pool[Symbol.asyncDispose]());
  return {
    pool,
    see: (place: keyof typeof seen) => Atomics.load(data.shared, seen[place]),
    set: (place: keyof typeof seen, value: number): void => {
      Atomics.store(data.shared, seen[place], value);
      Atomics.notify(data.shared, seen[place]);
    },
    /** The step `decodeChunk` of a new file that makes so many batches. */
    decoding: async (batches: number): Promise<DecodeArgument> => {
      await using writer = await files.create(newObjectId());
      const records = Array.from({ length: batches * batchRecords }, (_, n) =>
        `{"n":${n},"x":"`.padEnd(recordBytes - 3, "x").concat('"}\n'),
      );
      await writer.write(Buffer.from(records.join("")));
      const { id, size: to } = await writer.finish();
      return {
        object: id,
        chunk: { from: 0, to, line: 1 },
        spec: { format: "json", layout: "sequence", fieldNames: "any", derivedId: null },
        batchBytes: batchRecords * recordBytes,
        unclosed: false,
      };
    },
  };
}
