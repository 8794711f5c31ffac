import assert from "node:assert/strict";
import { test } from "node:test";
import { GatheredWriter } from "./gathered-writer.ts";

test("pieces of any size come in order, and few writes bring many of them", async () => {
  const writes: Buffer[] = [];
  const writer = new GatheredWriter({
    write: async (bytes) => void writes.push(Buffer.from(bytes)),
  });
  const pieces = Array.from({ length: 20_000 }, (_, n) =>
    Buffer.alloc(n % 5_000 === 0 ? 300_000 : n % 90, n % 251),
  );
  for (const piece of pieces) await writer.write(piece);
  await writer.flush();
  await writer.flush();
  assert.ok(Buffer.concat(writes).equals(Buffer.concat(pieces)));
  assert.ok(writes.length < 20, `${writes.length} writes`);
});
