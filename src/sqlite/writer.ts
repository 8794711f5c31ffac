import { Worker, type Transferable } from "node:worker_threads";
import {
  DocferryError,
  type ErrorCode,
  errorKinds,
  fromErrorData,
  toErrorData,
} from "../job/errors.ts";
import type { CallReply, CallRequest, Calls } from "./serve-calls.ts";
import { threadHeap } from "../small-heap.ts";

/**
 * The side of a writer thread that asks. A SQLite file has one writing connection, in one thread of its own: four writing
 * threads wait up to 1.9 s for each other and are no faster than one, and a thread that answers requests may not wait for
 * a disk. Calls are answered after their commit, in the order in which they were made.
 */
export class SqliteWriter<C extends Calls> implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #makeRoom: () => Promise<boolean>;
  readonly #pending = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #nextId = 1;
  #failure: Error | undefined;

  private constructor(worker: Worker, makeRoom: () => Promise<boolean>) {
    this.#worker = worker;
    this.#makeRoom = makeRoom;
    worker.on("message", (reply: CallReply) => this.#settle(reply));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new Error("The writer thread has ended")));
  }

  /**
   * Starts the thread whose module calls `serveCalls`.
   * @param workerData what that module needs to open its file
   * @param makeRoom asked when the disk is full; where it says yes, the call is made once more
   */
  static async start<C extends Calls>(
    entry: URL,
    workerData: unknown,
    name: string,
    makeRoom: () => Promise<boolean> = async () => false,
  ): Promise<SqliteWriter<C>> {
    const writer = new SqliteWriter<C>(
      new Worker(entry, { workerData, name, resourceLimits: threadHeap }),
      makeRoom,
    );
    // The first answer comes once the file is open and its schema is up to date.
    await writer.#send(null, undefined, []);
    return writer;
  }

  /** Calls a function of the thread's table; rejects with what it threw. Buffers named in `transfer` move without a copy. */
  async call<K extends keyof C & string>(
    name: K,
    argument: Parameters<C[K]>[1],
    transfer: Transferable[] = [],
  ): Promise<ReturnType<C[K]>> {
    try {
      return (await this.#send(name, argument, transfer)) as ReturnType<C[K]>;
    } catch (error) {
      // What has moved to the thread cannot be sent again.
      const again = transfer.length === 0 && toErrorData(error).code === "disk_full";
      if (!again || !(await this.#makeRoom())) throw error;
      return (await this.#send(name, argument, transfer)) as ReturnType<C[K]>;
    }
  }

  /** The thread has ended, by itself or because it was asked to: every further call fails. */
  get ended(): boolean {
    return this.#failure !== undefined;
  }

  /** Waits for the calls made so far, closes the file and ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failure) return;
    const ended = new Promise<void>((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.postMessage({ id: 0, name: "close", argument: undefined } satisfies CallRequest);
    await ended;
  }

  #send(name: string | null, argument: unknown, transfer: Transferable[]): Promise<unknown> {
    if (this.#failure) {
      return Promise.reject(
        new DocferryError("store_unavailable", "The writer thread has ended", {
          cause: this.#failure,
        }),
      );
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, argument } satisfies CallRequest, transfer);
    });
  }

  #settle(reply: CallReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.error) pending?.reject(fromErrorData(reply.error));
    else pending?.resolve(reply.result);
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause instanceof Error ? cause : new Error(String(cause));
    const error = asCatalogued(this.#failure);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** What a thread threw crosses with its properties but without its class: `code` still tells one of ours. */
function asCatalogued(failure: Error): DocferryError {
  const { code } = failure as { code?: unknown };
  const known = typeof code === "string" && Object.hasOwn(errorKinds, code);
  return new DocferryError(known ? (code as ErrorCode) : "store_unavailable", failure.message, {
    cause: failure,
  });
}
