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
  const whole = <T extends Uint8Array | Uint32Array | Float64Array>(
    array: T,
    kind: new (memory: ArrayBuffer) => T,
  ): T => {
    const { buffer, byteOffset, byteLength } = array;
    if (buffer instanceof SharedArrayBuffer) return array;
    if (byteLength === buffer.byteLength) {
      transfer.push(buffer);
      return array;
    }
    // Not `array.slice()`: that of a Buffer is a view.
    const copy = buffer.slice(byteOffset, byteOffset + byteLength);
    transfer.push(copy);
    return new kind(copy);
  };
  const { count, rejects, end } = batch;
  return {
    batch: {
      bytes: whole<Uint8Array>(batch.bytes, Uint8Array),
      starts: whole<Uint32Array>(batch.starts, Uint32Array),
      offsets: whole<Float64Array>(batch.offsets, Float64Array),
      lengths: whole<Uint32Array>(batch.lengths, Uint32Array),
      lines: whole<Float64Array>(batch.lines, Float64Array),
      count,
      rejects,
      end,
    },
    transfer,
  };
}
