import type { Position } from "../job/chunk.ts";
import type { RecordBatch } from "../job/record-batch.ts";
import type { Reject } from "../job/reject.ts";

/** Collects what one push gives. The arrays grow and are used again; a batch gets copies of just its size. */
export class BatchBuilder {
  private starts = new Uint32Array(1024);
  private offsets = new Float64Array(1024);
  private lengths = new Uint32Array(1024);
  private lines = new Float64Array(1024);
  private count = 0;
  private rejects: Reject[] = [];

  /** @param end where the document ends in the output; it begins where the one before it ends */
  add(end: number, offset: number, length: number, line: number): void {
    const i = this.count;
    if (i + 1 === this.starts.length) this.grow();
    this.starts[i + 1] = end;
    this.offsets[i] = offset;
    this.lengths[i] = length;
    this.lines[i] = line;
    this.count = i + 1;
  }

  reject(reject: Reject): void {
    this.rejects.push(reject);
  }

  /** Gives all since the last call. */
  take(output: Uint8Array, length: number, end: Position): RecordBatch {
    const { count, rejects } = this;
    const bytes = copyOf(output, length);
    this.count = 0;
    this.rejects = [];
    return {
      bytes,
      starts: this.starts.slice(0, count + 1),
      count,
      offsets: this.offsets.slice(0, count),
      lengths: this.lengths.slice(0, count),
      lines: this.lines.slice(0, count),
      rejects,
      end,
    };
  }

  private grow(): void {
    const size = this.starts.length * 2;
    const starts = new Uint32Array(size);
    const offsets = new Float64Array(size);
    const lengths = new Uint32Array(size);
    const lines = new Float64Array(size);
    starts.set(this.starts);
    offsets.set(this.offsets);
    lengths.set(this.lengths);
    lines.set(this.lines);
    Object.assign(this, { starts, offsets, lengths, lines });
  }
}

/** In memory of its own, all of which it fills. */
function copyOf(output: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  bytes.set(output.subarray(0, length));
  return bytes;
}
