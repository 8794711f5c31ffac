import type { Sink, SinkProgress } from "../databases/database.ts";
import type { Chunk } from "../job/chunk.ts";
import type { ErrorData } from "../job/errors.ts";
import type { ImportSpec } from "../job/job.ts";
import type { RecordBatch } from "../job/record-batch.ts";
import type { TaskWork } from "../job/task.ts";
import type { Attempt } from "./attempt.ts";
import type { EngineContext } from "./context.ts";
import type { ImportPlan } from "./job-plan.ts";
import { submitSeconds } from "./plan.ts";
import type { StepStream } from "./thread-pool.ts";

type ImportWork = Extract<TaskWork, { kind: "import" }>;

/** Chunks whose rows are read from the store at once. */
const chunkPage = 256;

/**
 * Brings chunks of a file into a collection: decoders side by side in the pool's threads, their batches back in file order,
 * one writer. Goes on where the database says that the last attempt has come to.
 */
export async function runImport(attempt: Attempt, context: EngineContext): Promise<void> {
  const { job, task } = attempt.claim;
  const spec = job.spec as ImportSpec;
  const work = task.work as ImportWork;
  const database = await context.databases.open(job.environment);
  const [firstChunk] = await context.store.jobs.chunks(job.id, work.fromChunk, work.fromChunk + 1);
  if (!firstChunk) throw new Error(`Job ${job.id} has no chunk ${work.fromChunk}`);
  const start = firstChunk.from;
  await using sink = await database.openSink({
    jobKey: job.key,
    task: task.ordinal,
    attempt: task.attempt,
    collection: spec.collection,
    mode: spec.mode,
    upsertFields: spec.upsertFields,
    seconds: submitSeconds(job),
    stopOnError: spec.stopOnError,
    start: { offset: start, line: firstChunk.line },
  });
  const report = ({ counts, position }: SinkProgress) =>
    attempt.report(counts, position.offset - start);
  report(sink.progress);
  const progress = sink.progress.stopped
    ? sink.progress
    : await writeAll(sink, decoded(attempt, sink, context), attempt, report);
  // Documents first, then the word that they are there: a power cut between the two costs nothing.
  await database.flush();
  await context.store.jobs.finishTask(attempt.lease, {
    counts: progress.counts,
    bytes: progress.position.offset - start,
    stopped: progress.stopped ? stoppedOnError : null,
    now: context.clock(),
  });
}

/** Two writes are under way at a time, so that the writer need not wait for the next batch to cross the threads. */
async function writeAll(
  sink: Sink,
  batches: AsyncIterable<RecordBatch>,
  attempt: Attempt,
  report: (progress: SinkProgress) => void,
): Promise<SinkProgress> {
  let { progress } = sink;
  let from = progress.position;
  let underWay: Promise<SinkProgress> | null = null;
  for await (const batch of batches) {
    attempt.signal.throwIfAborted();
    const write = sink.write(batch, from);
    // Told where it is awaited; if the one before fails, that is what is told.
    write.catch(() => undefined);
    from = batch.end;
    if (underWay) {
      progress = await underWay;
      attempt.keep();
      report(progress);
      if (progress.stopped) return progress;
    }
    underWay = write;
  }
  if (underWay) {
    progress = await underWay;
    attempt.keep();
    report(progress);
  }
  return progress;
}

/** The batches from the sink's position on, in file order, decoded ahead by as many threads as there are. */
async function* decoded(
  attempt: Attempt,
  sink: Sink,
  context: EngineContext,
): AsyncGenerator<RecordBatch, void, void> {
  const { job, plan } = attempt.claim;
  const { decode, chunks: all, unclosed } = plan as ImportPlan;
  const { settings, pool } = context;
  const ahead: StepStream<"decodeChunk">[] = [];
  try {
    for await (const { chunk, number } of chunksFrom(attempt, sink, context)) {
      ahead.push(
        attempt.run(pool, "decodeChunk", {
          object: (job.spec as ImportSpec).object,
          chunk,
          spec: decode,
          // A chunk ends at the first record boundary behind its wished size: it is mostly one batch.
          batchBytes: 2 * settings.chunkBytes,
          unclosed: unclosed && number === all - 1,
        }),
      );
      if (ahead.length > pool.size) yield* shift(ahead);
    }
    while (ahead.length > 0) yield* shift(ahead);
  } finally {
    for (const stream of ahead) stream.abort();
  }
}

async function* shift(ahead: StepStream<"decodeChunk">[]): AsyncGenerator<RecordBatch, void, void> {
  const [stream] = ahead;
  if (!stream) return;
  yield* stream;
  ahead.shift();
}

/** The task's chunks that are not wholly committed; the first may begin in the middle. */
async function* chunksFrom(
  attempt: Attempt,
  sink: Sink,
  context: EngineContext,
): AsyncGenerator<{ chunk: Chunk; number: number }, void, void> {
  const { job, task } = attempt.claim;
  const { fromChunk, toChunk } = task.work as ImportWork;
  const { position } = sink.progress;
  for (let page = fromChunk; page < toChunk; page += chunkPage) {
    const rows = await context.store.jobs.chunks(job.id, page, Math.min(page + chunkPage, toChunk));
    for (const [index, chunk] of rows.entries()) {
      if (chunk.to <= position.offset) continue;
      const begun = position.offset > chunk.from;
      yield {
        number: page + index,
        chunk: begun ? { from: position.offset, line: position.line, to: chunk.to } : chunk,
      };
    }
  }
}

/** The reason that a job ends with; its first reject tells the rest. */
const stoppedOnError: ErrorData = {
  code: "stopped_on_error",
  message: "Stopped at the first record that failed",
};
