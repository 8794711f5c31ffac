import type { Counts } from "../../job/counts.ts";
import { DocferryError } from "../../job/errors.ts";
import type { Reject } from "../../job/reject.ts";
import type { QueryPlan } from "../../query/plan.ts";
import { SqliteWriter } from "../../sqlite/writer.ts";
import type {
  AccessRule,
  CollectionInfo,
  Database,
  DocumentPage,
  KeyRange,
  Sink,
  SinkSpec,
} from "../database.ts";
import { checkCollectionName } from "../../query/collection-name.ts";
import { EmbeddedSink } from "./embedded-sink.ts";
import { EmbeddedSource } from "./embedded-source.ts";
import type { WriterCalls } from "./writer-calls.ts";

type Writer = SqliteWriter<WriterCalls>;

/** One environment's file: a writer thread, started at the first write, and a reader in the caller's thread. */
export class EmbeddedDatabase implements Database {
  readonly #file: string;
  readonly #onClosed: () => void;
  readonly #source: EmbeddedSource;
  #starting: Promise<Writer> | undefined;
  #removing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(file: string, onClosed: () => void) {
    this.#file = file;
    this.#onClosed = onClosed;
    this.#source = new EmbeddedSource(file);
  }

  collections(): Promise<CollectionInfo[]> {
    return this.#source.collections();
  }

  accessRule(name: string): Promise<AccessRule | null> {
    return this.#source.accessRule(name);
  }

  checkQuery(query: QueryPlan): void {
    this.#source.checkQuery(query);
  }

  ranges(query: QueryPlan, atMost: number): Promise<KeyRange[]> {
    return this.#source.ranges(query, atMost);
  }

  read(
    query: QueryPlan,
    range: KeyRange,
    options: { after: string | null; signal: AbortSignal },
  ): AsyncIterable<DocumentPage> {
    return this.#source.read(query, range, options);
  }

  rejects(jobKey: string, options: { signal: AbortSignal }): AsyncIterable<Reject[]> {
    return this.#source.rejects(jobKey, options);
  }

  firstReject(jobKey: string): Promise<Reject | undefined> {
    return this.#source.firstReject(jobKey);
  }

  async createCollection(name: string): Promise<boolean> {
    checkCollectionName(name);
    return (await this.#writer()).call("createCollection", name);
  }

  /** The collection is gone when this returns; the space of its rows is freed step by step behind it. */
  async dropCollection(name: string): Promise<void> {
    const writer = await this.#writer();
    await writer.call("dropCollection", name);
    this.#removeRows(writer);
  }

  async setAccessRule(name: string, rule: AccessRule): Promise<void> {
    await (await this.#writer()).call("setAccessRule", { name, rule });
  }

  async openSink(spec: SinkSpec): Promise<Sink> {
    checkCollectionName(spec.collection);
    return EmbeddedSink.open(await this.#writer(), spec);
  }

  async sealJob(jobKey: string): Promise<Counts> {
    return (await this.#writer()).call("sealJob", jobKey);
  }

  async flush(): Promise<void> {
    await (await this.#writer()).call("flush", undefined);
  }

  async forgetJob(jobKey: string): Promise<void> {
    const writer = await this.#writer();
    while (await writer.call("forgetSome", jobKey));
  }

  /** Set once it closes: its end. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /** Waits for the calls made so far. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The last connection of a file takes its log into it, which a reading one cannot do: so the writer goes last.
    await this.#source[Symbol.asyncDispose]();
    const writer = await this.#starting?.catch(() => undefined);
    await writer?.[Symbol.asyncDispose]();
    await this.#removing;
    this.#onClosed();
  }

  /** The writer thread; a new one where the last one has died. */
  async #writer(): Promise<Writer> {
    if (this.#closing) {
      throw new DocferryError("store_unavailable", "The environment's database is closed");
    }
    this.#starting ??= this.#start();
    try {
      const writer = await this.#starting;
      if (!writer.ended) return writer;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
    this.#starting = undefined;
    return this.#writer();
  }

  async #start(): Promise<Writer> {
    const writer = await SqliteWriter.start<WriterCalls>(
      new URL("writer-thread.ts", import.meta.url),
      { file: this.#file },
      "docferry-database",
    );
    // What a drop before the last end left behind.
    this.#removeRows(writer);
    return writer;
  }

  /**
   * Removes the rows of dropped collections, a bounded number at a time, so that other calls get their turn. Where that
   * fails (a full disk, the end of the thread) the next drop or start goes on with it.
   */
  #removeRows(writer: Writer): void {
    const remove = async (): Promise<void> => {
      while (!this.#closing && (await writer.call("removeSome", undefined)));
    };
    this.#removing = this.#removing.then(remove).catch(() => undefined);
  }
}
