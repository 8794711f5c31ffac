import type { Position } from "../job/chunk.ts";
import type { RecordBatch } from "../job/record-batch.ts";
import type { Reject } from "../job/reject.ts";
import type { DecoderMemory } from "./codec.ts";

/** Collects what one push gives. The arrays grow and are used again; a batch gets copies of just its size. */
export class BatchBuilder {
  private starts = new Uint32Array(0);
  private offsets = new Float64Array(0);
  private lengths = new Uint32Array(0);
  private lines = new Float64Array(0);
  private count = 0;
  private rejects: Reject[] = [];
  private readonly memory: DecoderMemory | null;

  /** @param memory for the arrays, if there is some */
  constructor(memory: DecoderMemory | null = null) {
    this.memory = memory;
    Object.assign(this, memory?.places ?? placesFor(1024));
  }

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
    const places = placesFor(this.starts.length * 2);
    places.starts.set(this.starts);
    places.offsets.set(this.offsets);
    places.lengths.set(this.lengths);
    places.lines.set(this.lines);
    Object.assign(this, places);
    if (this.memory) this.memory.places = places;
  }
}

function placesFor(records: number): NonNullable<DecoderMemory["places"]> {
  return {
    starts: new Uint32Array(records),
    offsets: new Float64Array(records),
    lengths: new Uint32Array(records),
    lines: new Float64Array(records),
  };
}

/** In memory of its own, all of which it fills. */
function copyOf(output: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  bytes.set(output.subarray(0, length));
  return bytes;
}
