import { parentPort, type Transferable, workerData } from "node:worker_threads";
import type { DecoderMemory } from "../src/formats/codec.ts";
import { createDecoder, createEncoder } from "../src/formats/formats.ts";
import type { PieceReply, PieceRequest, ThreadWork } from "./codec/threads.ts";

// A thread of the bench: does to what it is sent what the steps of an import and of an export do. A decoder for each piece, all
// of which use one memory; one encoder for all pages.

const work = workerData as ThreadWork;
const memory: DecoderMemory = { text: Buffer.alloc(0), documents: Buffer.alloc(0) };
const encoder = work.type === "encode" ? createEncoder(work.spec) : null;

parentPort?.on("message", ({ text, page }: PieceRequest) => {
  if (page && encoder) {
    const size = encoder.encode(page, false).length;
    say({ text: null, page, batch: null, size }, [page.bytes, page.starts]);
  } else if (text && work.type === "decode") {
    const batch = createDecoder(work.spec, { offset: 0, line: 1 }, memory).push(text, true);
    const [reject] = batch.rejects;
    if (reject) throw new Error(`Line ${reject.line}: ${reject.message}`);
    const { bytes, starts, offsets, lengths, lines } = batch;
    const arrays = [text, bytes, starts, offsets, lengths, lines];
    say({ text, page: null, batch, size: bytes.length }, arrays);
  }
});

function say(reply: PieceReply, arrays: ArrayBufferView[]): void {
  parentPort?.postMessage(reply, [
    ...new Set(arrays.map(({ buffer }) => buffer)),
  ] as Transferable[]);
}
