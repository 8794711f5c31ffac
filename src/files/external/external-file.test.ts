import assert from "node:assert/strict";
import { appendFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/accounts.ts";
import { DiskObjectStore } from "../disk/disk-object-store.ts";
import { newObjectId } from "../object-id.ts";
import type { ObjectStore } from "../object-store.ts";
import { WithExternalFile } from "./external-file.ts";

const never = { signal: new AbortController().signal };

async function opened(content: Uint8Array) {
  const folder = await temporaryFolder();
  const path = join(folder.path, "people.json");
  await writeFile(path, content);
  const { size, mtimeMs } = await stat(path);
  const file = { id: newObjectId(), path, size, modifiedMs: mtimeMs };
  const inner = await DiskObjectStore.open(join(folder.path, "objects"));
  return {
    path,
    file,
    store: new WithExternalFile(inner, file),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function bytesOf(store: ObjectStore, id: string, from: number, to: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.read(id, { from, to }, never)));
}

const content = Buffer.alloc(3 * 1024 * 1024 + 5, "abcdefg");

test("the file is an object like the others, read where it stands", async () => {
  await using all = await opened(content);
  const { store, file } = all;
  assert.equal(await store.size(file.id), content.length);
  assert.deepEqual(await bytesOf(store, file.id, 0, content.length), content);
  assert.deepEqual(
    await bytesOf(store, file.id, 1_048_570, 1_048_580),
    content.subarray(1_048_570, 1_048_580),
  );
  await using writer = await store.create(newObjectId());
  await writer.write(Buffer.from("own"));
  const own = await writer.finish();
  const pieces = [Buffer.from("<"), { object: own.id }, { object: file.id }];
  const joined = await store.join(newObjectId(), pieces, { ...never, onBytes() {} });
  assert.equal(joined.size, 4 + content.length);
  assert.equal((await bytesOf(store, joined.id, 0, 6)).toString(), "<ownab");
});

test("it is never listed and never removed", async () => {
  await using all = await opened(content);
  const { store, file } = all;
  assert.deepEqual(await Array.fromAsync(store.list({ before: new Date(8e15) })), []);
  await store.remove(file.id);
  assert.deepEqual(await bytesOf(store, file.id, 0, 7), content.subarray(0, 7));
});

test("a file that has changed since is refused, with the reason", async () => {
  for (const [change, message] of [
    [(path: string) => appendFile(path, "x"), /has changed while it was imported/],
    [(path: string) => truncate(path, 10), /it had 3145733 bytes, now it has 10/],
    [(path: string) => writeFile(path, content), /has changed while it was imported/],
    [(path: string) => rm(path), /Cannot read .*people\.json/],
    [(path: string) => rename(path, `${path}.old`), /Cannot read .*people\.json/],
  ] as const) {
    await using all = await opened(content);
    await change(all.path);
    await assert.rejects(bytesOf(all.store, all.file.id, 0, 5), message);
  }
});

test("a file that shrinks between two pieces ends the reading", async () => {
  await using all = await opened(content);
  const reading = all.store.read(all.file.id, { from: 0, to: content.length }, never);
  const pieces = reading[Symbol.asyncIterator]();
  await pieces.next();
  await truncate(all.path, 1_048_576);
  await assert.rejects(pieces.next(), /it ends at byte 1048576 now/);
});
