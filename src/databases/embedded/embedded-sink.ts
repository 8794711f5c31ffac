import type { Transferable } from "node:worker_threads";
import type { Position } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { SqliteWriter } from "../../sqlite/writer.ts";
import type { Sink, SinkProgress, SinkSpec } from "../database.ts";
import { findsByKey } from "./field-indexes.ts";
import type { WriterCalls } from "./writer-calls.ts";

/** One attempt's right to write: its batches go to the environment's writer thread. */
export class EmbeddedSink implements Sink {
  readonly progress: SinkProgress;
  readonly #writer: SqliteWriter<WriterCalls>;
  readonly #spec: SinkSpec;

  private constructor(writer: SqliteWriter<WriterCalls>, spec: SinkSpec, progress: SinkProgress) {
    this.progress = progress;
    this.#writer = writer;
    this.#spec = spec;
  }

  static async open(writer: SqliteWriter<WriterCalls>, spec: SinkSpec): Promise<EmbeddedSink> {
    const progress = await writer.call("openSink", spec);
    const sink = new EmbeddedSink(writer, spec, progress);
    await sink.#prepare();
    return sink;
  }

  async write(batch: RecordBatch, from: Position): Promise<SinkProgress> {
    await this.#prepare();
    const { batch: sent, transfer } = transferable(batch);
    return this.#writer.call("write", { spec: this.#spec, batch: sent, from }, transfer);
  }

  /** The fence stays where it is: a sink holds nothing. */
  async [Symbol.asyncDispose](): Promise<void> {}

  /** What other sinks' work may have taken away: how documents are found by other fields than `_id`. */
  async #prepare(): Promise<void> {
    if (findsByKey(this.#spec)) return;
    while (!(await this.#writer.call("prepareSink", this.#spec)));
  }
}

/** The batch with memory that moves to another thread whole: what is part of something bigger is copied first. */
function transferable(batch: RecordBatch): { batch: RecordBatch; transfer: Transferable[] } {
  const transfer: Transferable[] = [];
  const whole = <T extends Uint8Array | Uint32Array | Float64Array>(array: T): T => {
    if (array.buffer instanceof SharedArrayBuffer) return array;
    const owned = array.byteLength === array.buffer.byteLength ? array : (array.slice() as T);
    transfer.push(owned.buffer as ArrayBuffer);
    return owned;
  };
  const { count, rejects, end } = batch;
  return {
    batch: {
      bytes: whole(batch.bytes),
      starts: whole(batch.starts),
      offsets: whole(batch.offsets),
      lengths: whole(batch.lengths),
      lines: whole(batch.lines),
      count,
      rejects,
      end,
    },
    transfer,
  };
}
