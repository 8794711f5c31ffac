import { Worker } from "node:worker_threads";
import { DocferryError, fromErrorData } from "../job/errors.ts";
import { RegexWatch } from "../query/regex-watch.ts";
import type { ThreadReply, ThreadRequest } from "./steps/serve-steps.ts";
import type { StepArgument, StepItem, StepName, StepResult } from "./steps/steps.ts";
import { threadHeap } from "../small-heap.ts";

/** Items of a step that may lie between its thread and its caller: enough to overlap, little enough to stay in memory. */
const window = 2;

/** A thread that does not react to an abort within this time is ended; nothing it does can count any more. */
const abortGraceMs = 1_000;

/** Looks at what regular expressions are at, within the time that one may take for a text. */
const regexLooks = 20;

/** How soon a thread that could not be started is tried again: what stands in the way (memory, open files) passes. */
const spawnAgainMs = 1_000;

interface PoolThread {
  worker: Worker;
  regexes: RegexWatch;
  ready: boolean;
  /** What it runs; null while it is free. */
  stream: StepStream<StepName> | null;
  graceTimer: NodeJS.Timeout | null;
}

/** The threads in which steps run, as many as there are cores. Steps start in the order in which they were asked for. */
export class ThreadPool implements AsyncDisposable {
  readonly size: number;
  readonly #entry: URL;
  readonly #workerData: unknown;
  readonly #threads = new Set<PoolThread>();
  readonly #queue: StepStream<StepName>[] = [];
  readonly #regexMs: number;
  #regexTimer: NodeJS.Timeout | null = null;
  readonly #spawnTimers = new Set<NodeJS.Timeout>();
  #nextId = 1;
  #closed = false;

  /** @param options.regexMs a query one of whose regular expressions works on one text for longer than this fails */
  constructor(options: { entry: URL; workerData: unknown; size: number; regexMs: number }) {
    this.#regexMs = options.regexMs;
    this.#entry = options.entry;
    this.#workerData = options.workerData;
    this.size = options.size;
  }

  /** Starts the threads; returns once all of them are ready. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.size }, () => this.#spawn()));
    this.#regexTimer = setInterval(() => this.#lookAtRegexes(), this.#regexMs / regexLooks);
    this.#regexTimer.unref();
  }

  /**
   * Runs a step in the next free thread. It starts at once and works ahead of its reader by a bounded number of items.
   * Aborting the signal, or leaving the loop early, ends the step.
   */
  run<N extends StepName>(
    step: N,
    argument: StepArgument<N>,
    options: { signal: AbortSignal },
  ): StepStream<N> {
    const stream = new StepStream<N>(this.#nextId++, step, argument, {
      onTaken: (id) =>
        this.#threadOf(id)?.worker.postMessage({ type: "more", id } satisfies ThreadRequest),
      onAbort: (id) => this.#abort(id),
      signal: options.signal,
    });
    if (options.signal.aborted) {
      // A signal tells of itself once: nobody would end this step.
      stream.fail(options.signal.reason as Error);
      return stream;
    }
    this.#queue.push(stream);
    this.#dispatch();
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.#regexTimer) clearInterval(this.#regexTimer);
    for (const timer of this.#spawnTimers) clearTimeout(timer);
    const gone = new DocferryError("draining", "The thread pool is closed");
    for (const stream of this.#queue.splice(0)) stream.fail(gone);
    await Promise.all(
      [...this.#threads].map(async (thread) => {
        thread.stream?.fail(gone);
        if (thread.graceTimer) clearTimeout(thread.graceTimer);
        await thread.worker.terminate();
      }),
    );
  }

  #spawn(): Promise<void> {
    const worker = new Worker(this.#entry, {
      workerData: this.#workerData,
      name: "docferry",
      resourceLimits: threadHeap,
    });
    const regexes = new RegexWatch();
    const thread: PoolThread = { worker, regexes, ready: false, stream: null, graceTimer: null };
    this.#threads.add(thread);
    worker.postMessage({ type: "watch", regexes: regexes.shared } satisfies ThreadRequest);
    return new Promise((resolve, reject) => {
      worker.on("message", (reply: ThreadReply) => {
        this.#hear(thread, reply);
        if (reply.type === "ready") resolve();
      });
      worker.on("error", (error) => {
        this.#lose(thread, error as Error);
        reject(error);
      });
      worker.on("exit", () => {
        this.#lose(thread, new Error("it ended"));
        reject(new Error("A worker thread ended before it was ready"));
      });
    });
  }

  #hear(thread: PoolThread, reply: ThreadReply): void {
    switch (reply.type) {
      case "ready": {
        thread.ready = true;
        this.#dispatch();
        break;
      }
      case "item": {
        if (thread.stream?.id === reply.id) thread.stream.give(reply.value as never);
        break;
      }
      case "end": {
        this.#free(thread)?.end(reply.value as never);
        break;
      }
      case "error": {
        this.#free(thread)?.fail(fromErrorData(reply.error));
        break;
      }
      default: {
        reply satisfies never;
      }
    }
  }

  #free(thread: PoolThread): StepStream<StepName> | null {
    const { stream } = thread;
    thread.stream = null;
    if (thread.graceTimer) clearTimeout(thread.graceTimer);
    thread.graceTimer = null;
    this.#dispatch();
    return stream;
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (!thread.ready || thread.stream) continue;
      const stream = this.#queue.shift();
      if (!stream) return;
      thread.stream = stream;
      stream.state = "running";
      thread.worker.postMessage({
        type: "run",
        id: stream.id,
        step: stream.step,
        argument: stream.argument,
        window,
      } satisfies ThreadRequest);
    }
  }

  #abort(id: number): void {
    const waiting = this.#queue.findIndex((stream) => stream.id === id);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      return;
    }
    const thread = this.#threadOf(id);
    if (!thread || thread.graceTimer) return;
    thread.worker.postMessage({ type: "abort", id } satisfies ThreadRequest);
    thread.graceTimer = setTimeout(() => void thread.worker.terminate(), abortGraceMs);
    thread.graceTimer.unref();
  }

  /** What backtracks without end cannot be told to stop: its step fails, and the thread is ended. */
  #lookAtRegexes(): void {
    for (const { regexes, stream } of this.#threads) {
      if (regexes.look() < regexLooks) continue;
      stream?.fail(
        new DocferryError(
          "query_too_slow",
          `A regular expression of the query has not come through one text within ${this.#regexMs / 1000} s`,
        ),
      );
    }
  }

  /** A thread that died takes its step with it, and is replaced. */
  #lose(thread: PoolThread, cause: Error): void {
    if (thread.graceTimer) clearTimeout(thread.graceTimer);
    if (!this.#threads.delete(thread)) return;
    thread.stream?.fail(
      new DocferryError("internal", `A worker thread died: ${cause.message}`, { cause }),
    );
    thread.stream = null;
    if (!thread.ready || this.#closed) return;
    this.#replace();
  }

  /** As often as it takes: a pool that lost its threads one by one would let everybody wait for ever. */
  #replace(): void {
    this.#spawn().catch((cause: unknown) => {
      if (this.#closed) return;
      // Without any nothing goes on: those that wait are told, so that their jobs say why and try again.
      if (this.#threads.size === 0) {
        const message = `No worker thread starts: ${(cause as Error).message}`;
        for (const stream of this.#queue.splice(0)) {
          stream.fail(new DocferryError("busy", message, { cause }));
        }
      }
      const timer = setTimeout(() => {
        this.#spawnTimers.delete(timer);
        this.#replace();
      }, spawnAgainMs);
      timer.unref();
      this.#spawnTimers.add(timer);
    });
  }

  #threadOf(id: number): PoolThread | undefined {
    for (const thread of this.#threads) if (thread.stream?.id === id) return thread;
    return undefined;
  }
}

/** What a running step gives: its items in order, then its result. Read by one reader. */
export class StepStream<N extends StepName> implements AsyncIterable<StepItem<N>> {
  /** Whether it waits for a thread, has one, or is over. */
  state: "waiting" | "running" | "over" = "waiting";
  readonly id: number;
  readonly step: N;
  readonly argument: StepArgument<N>;
  readonly #items: StepItem<N>[] = [];
  readonly #onTaken: (id: number) => void;
  readonly #onAbort: (id: number) => void;
  readonly #signal: AbortSignal;
  readonly #onSignal = () => this.fail(this.#signal.reason as Error);
  #result: StepResult<N> | undefined;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(
    id: number,
    step: N,
    argument: StepArgument<N>,
    options: {
      onTaken: (id: number) => void;
      onAbort: (id: number) => void;
      signal: AbortSignal;
    },
  ) {
    this.id = id;
    this.step = step;
    this.argument = argument;
    this.#onTaken = options.onTaken;
    this.#onAbort = options.onAbort;
    this.#signal = options.signal;
    options.signal.addEventListener("abort", this.#onSignal, { once: true });
  }

  /** Known once the items have been read to their end. */
  get result(): StepResult<N> {
    if (this.#result === undefined) throw new Error(`Step ${this.step} has not ended`);
    return this.#result;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StepItem<N>, void, void> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#onTaken(this.id);
          yield item;
        } else if (this.#error) {
          throw this.#error;
        } else if (this.state === "over") {
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      this.abort();
    }
  }

  /** Ends the step if it has not ended; for readers that leave early. */
  abort(): void {
    if (this.state !== "over")
      this.fail(new DocferryError("cancelled", "The step is no longer wanted"));
  }

  give(item: StepItem<N>): void {
    if (this.state === "over") return;
    this.#items.push(item);
    this.#wake?.();
  }

  end(result: StepResult<N>): void {
    this.#result = result;
    this.#settle();
  }

  fail(error: Error): void {
    if (this.state === "over") return;
    this.#error = error;
    this.#items.length = 0;
    this.#settle();
    this.#onAbort(this.id);
  }

  #settle(): void {
    this.state = "over";
    this.#signal.removeEventListener("abort", this.#onSignal);
    this.#wake?.();
  }
}
