import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, open, readdir, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterwards } from "../../../test/support/afterwards.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { DocferryError } from "../../job/errors.ts";
import { DiskObjectStore } from "./disk-object-store.ts";

const noLimits = process.platform === "win32" ? "no limits of file size on Windows" : false;

test("a finish that fails leaves nothing behind and publishes nothing", async (t) => {
  const folder = await tempFolder(t);
  const store = await DiskObjectStore.open(folder);
  await using writer = await store.create("abcdef0123456789");
  await writer.write(Buffer.from("x"));
  const shard = join(folder, "objects", "ab");
  await writeFile(shard, "a file where the folder should be");
  await assert.rejects(writer.finish());
  assert.deepEqual(await readdir(join(folder, "incoming")), []);
  await unlink(shard);
  // What has failed is not remembered: the same folder works once it can be made.
  await using next = await store.create("abcdef0123456789");
  await next.finish();
  assert.equal(await store.size("abcdef0123456789"), 0);
});

test("a write that the system refuses leaves no half file", { skip: noLimits }, async (t) => {
  const folder = await tempFolder(t);
  const script = `
    import { DiskObjectStore } from ${JSON.stringify(new URL("disk-object-store.ts", import.meta.url))};
    const store = await DiskObjectStore.open(${JSON.stringify(folder)});
    const writer = await store.create("abcdef0123456789");
    await writer.write(Buffer.alloc(100 * 1024));
    const failure = await writer.write(Buffer.alloc(1024 * 1024)).catch((error) => error);
    console.log(failure.name, failure.cause.code ?? failure.message);
    const joining = store.join("0123456789abcdef", [Buffer.alloc(1024 * 1024)],
      { signal: new AbortController().signal, onBytes() {} });
    console.log((await joining.catch((error) => error)).name);
    await writer.finish().catch((error) => console.log(error.message));
  `;
  const { stdout } = await promisify(execFile)("sh", [
    "-c",
    'ulimit -f 512 && exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ]);
  assert.equal(
    stdout,
    "DocferryError EFBIG\nDocferryError\nObject abcdef0123456789 is already aborted\n",
  );
  assert.deepEqual(await readdir(join(folder, "incoming")), []);
  assert.deepEqual(await readdir(join(folder, "objects")), []);
});

test("a disk that failed while the object was still written is told of at its finish", async (t) => {
  const folder = await tempFolder(t);
  const store = await DiskObjectStore.open(folder);
  const handle = await open(join(folder, "any"), "w");
  await handle.close();
  let syncs = 0;
  // As the system does it: the first sync after the fault has its error, the next succeeds.
  t.mock.method(Object.getPrototypeOf(handle) as typeof handle, "datasync", async () => {
    if (syncs++ === 0) throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
  });
  await using writer = await store.create("abcdef0123456789");
  await writer.write(Buffer.alloc(17 << 20));
  await assert.rejects(writer.finish(), (error: DocferryError) => /EIO/.test(error.message));
  assert.equal(syncs, 1);
  assert.deepEqual(await readdir(join(folder, "incoming")), []);
  await assert.rejects(store.size("abcdef0123456789"), { code: "object_not_found" });
});

test("a piece that could not be read ahead is told of when it is asked for", async (t) => {
  const store = await DiskObjectStore.open(await tempFolder(t));
  await using writer = await store.create("abcdef0123456789");
  await writer.write(Buffer.alloc(3 << 20));
  await writer.finish();
  const handle = await open(import.meta.filename);
  await handle.close();
  let reads = 0;
  t.mock.method(Object.getPrototypeOf(handle) as typeof handle, "read", async () => {
    if (reads++ === 1) throw new Error("EIO: i/o error, read");
    return { bytesRead: 1 << 20 };
  });
  const { signal } = new AbortController();
  const pieces = store.read("abcdef0123456789", { from: 0, to: 3 << 20 }, { signal });
  assert.equal((await pieces.next()).done, false);
  // Nobody asks for the next: an error that nobody takes would end the process.
  await sleep(50);
  assert.equal(reads, 2);
  await assert.rejects(pieces.next(), /EIO/);
});

test("objects lie in folders by the start of their id, unfinished ones apart", async (t) => {
  const folder = await tempFolder(t);
  const store = await DiskObjectStore.open(folder);
  await using writer = await store.create("abcdef0123456789");
  await writer.write(Buffer.from("x"));
  assert.deepEqual(await readdir(join(folder, "incoming")), ["abcdef0123456789"]);
  assert.deepEqual(await readdir(join(folder, "objects")), []);
  await writer.finish();
  assert.deepEqual(await readdir(join(folder, "incoming")), []);
  assert.deepEqual(await readdir(join(folder, "objects", "ab")), ["abcdef0123456789"]);
});

test("the sweeper's list goes by when a file was last touched and passes over strange files", async (t) => {
  const folder = await tempFolder(t);
  const store = await DiskObjectStore.open(folder);
  const ids = ["old-finished-1", "new-finished-1", "old-unfinished"];
  for (const id of ids) {
    const writer = await store.create(id);
    if (id.includes("-finished")) await writer.finish();
    else afterwards(t, () => writer.abort());
  }
  await writeFile(join(folder, "incoming", ".strange"), "");
  await mkdir(join(folder, "objects", "ol", "a-folder-there"));
  await writeFile(join(folder, "objects", "lost.txt"), "");
  const long = new Date("2020-01-01T00:00:00Z");
  await utimes(join(folder, "objects", "ol", "old-finished-1"), long, long);
  await utimes(join(folder, "incoming", "old-unfinished"), long, long);
  await utimes(join(folder, "incoming", ".strange"), long, long);
  const found = [];
  for await (const id of store.list({ before: new Date("2020-01-02T00:00:00Z") })) found.push(id);
  assert.deepEqual(found.sort(), ["old-finished-1", "old-unfinished"]);
});

test("a file that lost its end on the disk is a fault, not a shorter object", async (t) => {
  const folder = await tempFolder(t);
  const store = await DiskObjectStore.open(folder);
  await using writer = await store.create("abcdef0123456789");
  await writer.write(Buffer.alloc(1000, "x"));
  await writer.finish();
  await truncate(join(folder, "objects", "ab", "abcdef0123456789"), 900);
  await assert.rejects(
    async () => {
      const range = { from: 0, to: 1000 };
      const { signal } = new AbortController();
      for await (const piece of store.read("abcdef0123456789", range, { signal })) {
        assert.equal(piece.length, 900);
      }
    },
    (error) => error instanceof DocferryError && error.code === "internal",
  );
});
