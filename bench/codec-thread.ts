import { parentPort } from "node:worker_threads";
import { createDecoder } from "../src/formats/formats.ts";
import { jsonIn } from "./codec/directions.ts";
import type { PieceReply, PieceRequest } from "./codec/threads.ts";

// A thread of the bench: decodes what it is sent, as the step of an import does.

parentPort?.on("message", ({ text }: PieceRequest) => {
  const batch = createDecoder(jsonIn, { offset: 0, line: 1 }).push(text, true);
  const { count, bytes, starts } = batch;
  const reply: PieceReply = { text, count, bytes, starts };
  const buffers = [text.buffer, bytes.buffer, starts.buffer] as ArrayBuffer[];
  parentPort?.postMessage(reply, [...new Set(buffers)]);
});
