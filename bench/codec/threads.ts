import { Worker } from "node:worker_threads";

/** What a thread of the bench is asked to do with a piece of text, which it gets by transfer. */
export interface PieceRequest {
  text: Uint8Array;
}

/** The text goes back with the documents, so that nothing is copied anywhere. */
export interface PieceReply {
  text: Uint8Array;
  count: number;
  bytes: Uint8Array;
  starts: Uint32Array;
}

/**
 * Decodes pieces of JSON Lines in threads, each with two pieces under way.
 * @returns seconds that `rounds` times all pieces take, by the clock and of all threads' CPU time
 */
export async function decodeInThreads(
  threads: number,
  pieces: readonly Uint8Array[],
  rounds: number,
): Promise<{ wall: number; cpu: number }> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL("../codec-thread.ts", import.meta.url)),
  );
  try {
    // Until a thread's code is compiled well it is no measure.
    await Promise.all(workers.map((worker) => drain([worker], copies(pieces), pieces.length * 2)));
    const begun = performance.now();
    const before = process.cpuUsage();
    await drain(workers, copies(pieces), pieces.length * rounds);
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function copies(pieces: readonly Uint8Array[]): Uint8Array[] {
  return pieces.map((piece) => Uint8Array.from(piece));
}

const window = 2;

/** Hands out `total` pieces, taking each that comes back for one to hand out again. */
function drain(workers: Worker[], waiting: Uint8Array[], total: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let done = 0;
    const next = (worker: Worker) => {
      const text = sent < total ? waiting.pop() : undefined;
      if (!text) return;
      sent++;
      worker.postMessage({ text } satisfies PieceRequest, [text.buffer as ArrayBuffer]);
    };
    for (const worker of workers) {
      worker.removeAllListeners("message");
      worker.on("message", ({ text }: PieceReply) => {
        waiting.push(text);
        if (++done === total) resolve();
        else next(worker);
      });
      worker.on("error", reject);
      for (let i = 0; i < window; i++) next(worker);
    }
  });
}
