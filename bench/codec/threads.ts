import { Worker } from "node:worker_threads";
import type { Documents } from "../../src/bson/documents.ts";
import { freeMemory } from "../../src/bson/free-memory.ts";
import type { DecodeSpec, EncodeSpec } from "../../src/formats/codec.ts";
import type { RecordBatch } from "../../src/job/record-batch.ts";
import { formatsOf, pagesOf, textOf } from "./directions.ts";

/** What a thread of the bench does. */
export type ThreadWork =
  | { type: "decode"; spec: DecodeSpec }
  | { type: "encode"; spec: EncodeSpec };

/** What it does that to, which it gets by transfer: a piece of text, or a page of documents. */
export interface PieceRequest {
  text: Uint8Array | null;
  page: Documents | null;
}

/** That goes back with what came out of it, so that nothing is copied anywhere. An encoder keeps its text to itself. */
export interface PieceReply extends PieceRequest {
  batch: RecordBatch | null;
  /** Bytes that came out. */
  size: number;
}

/** One way through the codec in threads. */
export interface ThreadedDirection {
  name: string;
  work: ThreadWork;
  /** Makes what is to be done, in memory of its own. */
  pieces: () => PieceRequest[];
  /** Bytes of text in all pieces. */
  bytes: number;
}

export function threadedDirections(documents: Documents): ThreadedDirection[] {
  const pages = pagesOf(documents);
  return Object.entries(formatsOf(documents)).flatMap(([format, { in: decode, out: encode }]) => {
    const texts = pages.map((page) => textOf(encode, page));
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    const name = format.toUpperCase();
    return [
      {
        name: `${name} -> BSON`.padEnd(12),
        work: { type: "decode", spec: decode },
        pieces: () => texts.map((text) => ({ text: Uint8Array.from(text), page: null })),
        bytes,
      },
      {
        name: `BSON -> ${name}`.padEnd(12),
        work: { type: "encode", spec: encode },
        pieces: () => pages.map((page) => ({ text: null, page: structuredClone(page) })),
        bytes,
      },
    ];
  });
}

/** What one round costs. */
export interface Round {
  /** Seconds by the clock. */
  wall: number;
  /** Seconds of all threads' CPU time. */
  cpu: number;
  /** Pages that the system had to find memory for. */
  faults: number;
}

/**
 * Does `repeats` times all pieces in one thread, then in two, and so on in turns: the machine that both see is the same.
 * @returns the rounds of one thread, each with that of two which came right behind it
 */
export async function roundsInThreads(
  { work, pieces }: ThreadedDirection,
  { rounds, repeats }: { rounds: number; repeats: number },
): Promise<{ one: Round; two: Round }[]> {
  const file = new URL("../codec-thread.ts", import.meta.url);
  const workers = [1, 2].map(() => new Worker(file, { workerData: work }));
  try {
    const waiting = pieces();
    const total = waiting.length * repeats;
    // Until a thread's code is compiled well it is no measure.
    for (const worker of workers) await drain([worker], waiting, waiting.length * 6);
    const found: { one: Round; two: Round }[] = [];
    for (let round = 0; round < rounds; round++) {
      const one = await measured(() => drain(workers.slice(0, 1), waiting, total));
      const two = await measured(() => drain(workers, waiting, total));
      found.push({ one, two });
    }
    return found;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function measured(run: () => Promise<void>): Promise<Round> {
  const begun = performance.now();
  const before = process.resourceUsage();
  await run();
  const after = process.resourceUsage();
  const microseconds =
    after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime;
  return {
    wall: (performance.now() - begun) / 1000,
    cpu: microseconds / 1e6,
    faults: after.minorPageFault - before.minorPageFault,
  };
}

/** As many items as the engine lets a thread be ahead of their reader. */
const window = 2;

/** Hands out `total` pieces, taking each that comes back for one to hand out again; frees what came out, as who stores it does. */
function drain(workers: Worker[], waiting: PieceRequest[], total: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let done = 0;
    const next = (worker: Worker) => {
      const piece = sent < total ? waiting.shift() : undefined;
      if (!piece) return;
      sent++;
      const { text, page } = piece;
      const arrays = text ? [text] : page ? [page.bytes, page.starts] : [];
      worker.postMessage(
        piece,
        arrays.map(({ buffer }) => buffer as ArrayBuffer),
      );
    };
    for (const worker of workers) {
      worker.removeAllListeners();
      worker.on("message", ({ text, page, batch }: PieceReply) => {
        if (batch) {
          const { bytes, starts, offsets, lengths, lines } = batch;
          freeMemory(bytes, starts, offsets, lengths, lines);
        }
        waiting.push({ text, page });
        if (++done === total) resolve();
        else next(worker);
      });
      worker.on("error", reject);
    }
    for (let i = 0; i < window; i++) for (const worker of workers) next(worker);
  });
}
