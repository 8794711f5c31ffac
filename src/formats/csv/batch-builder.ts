import type { Position } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { Reject } from "../../job/reject.ts";
import { RowWriter } from "./row-writer.ts";

/** Gathers a batch. Its memory is new for each batch, so that batches may go to other threads. */
export class BatchBuilder {
  readonly writer = new RowWriter();
  #starts = new Uint32Array(0);
  #offsets = new Float64Array(0);
  #lengths = new Uint32Array(0);
  #lines = new Float64Array(0);
  #count = 0;
  #rejects: Reject[] = [];
  /** Output bytes for each input byte and records for each output byte of the last batch, to guess the next one's sizes. */
  #growth = 1.5;
  #density = 1 / 256;
  #input = 0;
  /** Records to make room for with the first. */
  #records = 0;

  /** @param input bytes that are about to be decoded */
  start(input: number): void {
    this.#input = input;
    const size = Math.ceil(input * this.#growth * 1.05) + 1024;
    this.writer.start(size);
    this.#count = 0;
    this.#rejects = [];
    // Nothing of the last batch is touched again: it may have gone to another thread.
    this.#starts = new Uint32Array(1);
    this.#offsets = new Float64Array(0);
    this.#lengths = new Uint32Array(0);
    this.#lines = new Float64Array(0);
    this.#records = Math.ceil(size * this.#density * 1.05) + 16;
  }

  /** The document that the writer has just written is one of the batch. */
  add(offset: number, length: number, line: number): void {
    const index = this.#count++;
    if (index + 2 > this.#starts.length) {
      this.#widen(Math.max(this.#starts.length * 2, this.#records));
    }
    this.#offsets[index] = offset;
    this.#lengths[index] = length;
    this.#lines[index] = line;
    this.#starts[index + 1] = this.writer.at;
  }

  reject(reject: Reject): void {
    this.#rejects.push(reject);
  }

  finish(end: Position): RecordBatch {
    const { writer } = this;
    const count = this.#count;
    if (count > 0) {
      this.#growth = Math.max(writer.at / this.#input, 0.1);
      this.#density = count / writer.at;
    }
    return {
      bytes: new Uint8Array(writer.out.buffer, writer.out.byteOffset, writer.at),
      starts: this.#starts.subarray(0, count + 1),
      count,
      offsets: this.#offsets.subarray(0, count),
      lengths: this.#lengths.subarray(0, count),
      lines: this.#lines.subarray(0, count),
      rejects: this.#rejects,
      end,
    };
  }

  #widen(size: number): void {
    const count = this.#count;
    const starts = new Uint32Array(size);
    starts.set(this.#starts.subarray(0, count));
    this.#starts = starts;
    this.#offsets = widened(this.#offsets, new Float64Array(size), count);
    this.#lengths = widened(this.#lengths, new Uint32Array(size), count);
    this.#lines = widened(this.#lines, new Float64Array(size), count);
  }
}

function widened<Values extends Float64Array | Uint32Array>(
  old: Values,
  wider: Values,
  count: number,
): Values {
  wider.set(old.subarray(0, count));
  return wider;
}
