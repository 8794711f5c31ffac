import { freeMemory } from "../../bson/free-memory.ts";
import type { DecoderMemory, DecodeSpec } from "../../formats/codec.ts";
import { createDecoder } from "../../formats/formats.ts";
import type { Chunk } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { StepContext } from "./step.ts";

export interface DecodeArgument {
  object: string;
  chunk: Chunk;
  spec: DecodeSpec;
  /** Bytes of the file that make one batch, at most. */
  batchBytes: number;
  /** The chunk is the last one of an array that does not end. */
  unclosed: boolean;
}

/** Reads a chunk of a file and decodes it: one batch, or several where the chunk is long. */
export async function* decodeChunk(
  { object, chunk, spec, batchBytes, unclosed }: DecodeArgument,
  context: StepContext,
): AsyncGenerator<RecordBatch, true, void> {
  const decoder = createDecoder(spec, { offset: chunk.from, line: chunk.line }, memory);
  let from = chunk.from;
  while (from < chunk.to) {
    const to = Math.min(from + bytesFor(object, batchBytes), chunk.to);
    const bytes = inputOf(to - from);
    let filled = 0;
    for await (const piece of context.files.read(
      object,
      { from, to },
      { signal: context.signal },
    )) {
      bytes.set(piece, filled);
      filled += piece.length;
      freeMemory(piece);
    }
    const last = to === chunk.to;
    const batch = decoder.push(bytes, last);
    learn(batch.rejects.length, to - from);
    if (last && unclosed) batch.rejects.push(unclosedArray(batch));
    yield batch;
    from = to;
  }
  return true;
}

/** Rejects cross the threads one by one: a batch is to have no more than about this many, or they hold up whoever carries them. */
const batchRejects = 10_000;

/** Of a file that nothing is known of yet, only so many bytes are decoded at first. */
const probeBytes = 64 * 1024;
const leastBytes = 16 * 1024;

/** What this thread has seen of a file by now. */
let seen = { object: "", rejectsPerByte: 0 };

/** Bytes for the next batch: all that it may have, unless records fail by the thousand. */
function bytesFor(object: string, batchBytes: number): number {
  if (seen.object !== object) {
    seen = { object, rejectsPerByte: 0 };
    return Math.min(probeBytes, batchBytes);
  }
  const bytes = Math.floor(batchRejects / seen.rejectsPerByte);
  return Math.min(Math.max(bytes, leastBytes), batchBytes);
}

/** Where nothing fails batches grow again: a long record that is pushed in small pieces costs a copy for each. */
function learn(rejects: number, bytes: number): void {
  seen.rejectsPerByte = Math.max(rejects / bytes, seen.rejectsPerByte / 4);
  if (seen.rejectsPerByte < 1e-9) seen.rejectsPerByte = 0;
}

/**
 * Kept by the thread, which runs one step at a time: new ones for each batch would be garbage by the hundred megabytes
 * before it is collected.
 */
let input = new Uint8Array(0);
const memory: DecoderMemory = { text: Buffer.alloc(0), documents: Buffer.alloc(0) };

/** Memory for the bytes of one batch, with room to spare: each batch is a little longer or shorter than the one before. */
function inputOf(length: number): Uint8Array {
  if (input.length < length) {
    freeMemory(input);
    input = new Uint8Array(Math.ceil(length * 1.125));
  }
  return input.subarray(0, length);
}

/** All records are there, but the file was probably cut off: somebody wants to know. */
function unclosedArray({ end }: RecordBatch): RecordBatch["rejects"][number] {
  return {
    offset: end.offset,
    length: 0,
    line: end.line,
    column: 0,
    code: "json_unfinished",
    message: "The array does not end with ]: the file may have been cut off",
    path: "",
  };
}
