import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { constants, createZstdDecompress, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { cutAtFrames } from "./zstd-frames.ts";

/** Frames of all kinds: with and without checksum, of blocks raw, repeated and compressed, of none, and ones to be skipped. */
const frame = fc.oneof(
  fc
    .record({
      text: fc.oneof(
        fc.constant(Buffer.alloc(0)),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc.integer({ min: 1, max: 400_000 }).map((bytes) => Buffer.alloc(bytes, "a")),
        fc.integer({ min: 1, max: 200_000 }).map((bytes) => randomBytes(bytes)),
      ),
      checksum: fc.boolean(),
    })
    .map(({ text, checksum }) => ({
      text,
      packed: zstdCompressSync(text, {
        params: { [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 },
      }),
    })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({
    text: Buffer.alloc(0),
    packed: Buffer.from([0x53, 0x2a, 0x4d, 0x18, bytes.length, 0, 0, 0, ...bytes]),
  })),
);

test("all frames of a file are unpacked, wherever the pieces of it are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 }),
      async (frames, sizes) => {
        const packed = Buffer.concat(frames.map((each) => each.packed));
        const unpacked = await unpack(cutInto(packed, sizes));
        assert.ok(unpacked.equals(Buffer.concat(frames.map(({ text }) => text))));
      },
    ),
    { numRuns: 200 },
  );
});

test("bytes behind the last frame, and a frame that is cut anywhere, are errors", async () => {
  const first = zstdCompressSync(Buffer.from("one\n".repeat(100)));
  const second = zstdCompressSync(Buffer.from("two\n".repeat(100)));
  const junk = [Buffer.from("junk"), Buffer.alloc(512), Buffer.from([1])];
  for (const bytes of [...junk, ...cuts(second)]) {
    await assert.rejects(unpack([Buffer.concat([first, bytes])]), /frame descriptor|end of file/);
  }
});

function cuts(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length - 1 }, (_, n) => bytes.subarray(0, n + 1));
}

function* cutInto(bytes: Buffer, sizes: number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

function unpack(pieces: Iterable<Buffer>): Promise<Buffer> {
  const cut = cutAtFrames();
  const unpacker = createZstdDecompress();
  return buffer(Readable.from(pieces).pipe(cut).pipe(unpacker));
}
