import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { suite, test } from "node:test";
import { freeMemory } from "../../src/bson/free-memory.ts";
import { newObjectId } from "../../src/files/object-id.ts";
import type { ObjectStore } from "../../src/files/object-store.ts";
import { DocferryError, type ErrorCode } from "../../src/job/errors.ts";

const MiB = 1024 * 1024;

/**
 * What every object store promises. `reopen` opens the store again from what is kept, as after a crash: nothing is closed
 * before. `openFiles` counts what the store holds open at the moment.
 */
export function objectStoreSuite(
  name: string,
  open: () => Promise<
    {
      store: ObjectStore;
      reopen(): Promise<ObjectStore>;
      openFiles(): Promise<number>;
    } & AsyncDisposable
  >,
): void {
  suite(`${name} as an object store`, () => {
    test("gives back what was written, with its size and MD5", async () => {
      await using opened = await open();
      const { store } = opened;
      const bytes = randomBytes(3 * MiB + 17);
      await using writer = await store.create(newObjectId());
      for (const [from, to] of [
        [0, 1],
        [1, 1],
        [1, 2 * MiB],
        [2 * MiB, bytes.length],
      ]) {
        await writer.write(bytes.subarray(from, to));
        assert.equal(writer.size, to);
      }
      const object = await writer.finish();
      assert.deepEqual(object, { id: writer.id, size: bytes.length, md5: md5(bytes) });
      const reopened = await opened.reopen();
      assert.equal(await reopened.size(object.id), bytes.length);
      assert.deepEqual(await whole(reopened, object.id), bytes);
    });

    test("a piece is an object that nobody has hashed", async () => {
      await using opened = await open();
      const { store } = opened;
      const bytes = randomBytes(2 * MiB + 5);
      await using writer = await store.createPiece(newObjectId());
      await writer.write(bytes);
      assert.equal(writer.size, bytes.length);
      await rejectsAs("object_not_found", store.size(writer.id));
      assert.deepEqual(await writer.finish(), { id: writer.id, size: bytes.length });
      assert.deepEqual(await whole(await opened.reopen(), writer.id), bytes);
      const joined = await store.join(newObjectId(), [{ object: writer.id }], counting());
      assert.equal(joined.md5, md5(bytes));
      {
        await using forgotten = await store.createPiece(newObjectId());
        await forgotten.write(bytes);
      }
      assert.deepEqual(await idsOf(store, tomorrow()), [writer.id, joined.id].sort());
      await rejectsAs("conflict", store.createPiece(writer.id));
    });

    test("has objects of no bytes", async () => {
      await using opened = await open();
      const object = await put(opened.store, Buffer.alloc(0));
      assert.equal(object.md5, "d41d8cd98f00b204e9800998ecf8427e");
      assert.equal(await opened.store.size(object.id), 0);
      assert.equal((await whole(opened.store, object.id)).length, 0);
    });

    test("a writer may use its memory again after each write", async () => {
      await using opened = await open();
      const memory = Buffer.alloc(700_000);
      await using writer = await opened.store.create(newObjectId());
      const hash = createHash("md5");
      for (let round = 0; round < 5; round++) {
        memory.fill(round);
        hash.update(memory);
        await writer.write(memory);
      }
      memory.fill(0xff);
      const object = await writer.finish();
      assert.equal(object.md5, hash.digest("hex"));
      assert.equal(md5(await whole(opened.store, object.id)), object.md5);
    });

    test("an object is invisible until it is finished, also after a crash", async () => {
      await using opened = await open();
      await using writer = await opened.store.create(newObjectId());
      await writer.write(Buffer.from("half"));
      for (const store of [opened.store, await opened.reopen()]) {
        await rejectsAs("object_not_found", store.size(writer.id));
        await rejectsAs("object_not_found", whole(store, writer.id, 4));
      }
      await writer.finish();
      assert.equal(await opened.store.size(writer.id), 4);
    });

    test("an aborted or forgotten writer leaves nothing", async () => {
      await using opened = await open();
      const aborted = await opened.store.create(newObjectId());
      await aborted.write(Buffer.from("x"));
      await aborted.abort();
      await aborted.abort();
      await assert.rejects(aborted.write(Buffer.from("y")));
      await assert.rejects(aborted.finish());
      {
        await using forgotten = await opened.store.create(newObjectId());
        await forgotten.write(Buffer.from("x"));
      }
      assert.deepEqual(await idsOf(opened.store, tomorrow()), []);
    });

    test("a reader may free each piece before it asks for the next", async () => {
      await using opened = await open();
      const bytes = Buffer.alloc(3 << 20, "0123456789");
      const object = await put(opened.store, bytes);
      const hash = createHash("md5");
      const { signal } = new AbortController();
      let size = 0;
      for await (const piece of opened.store.read(
        object.id,
        { from: 0, to: bytes.length },
        { signal },
      )) {
        size += piece.length;
        assert.ok(size <= bytes.length);
        hash.update(piece);
        freeMemory(piece);
      }
      assert.equal(hash.digest("hex"), md5(bytes));
    });

    test("disposing a finished writer keeps the object", async () => {
      await using opened = await open();
      const object = await put(opened.store, Buffer.from("kept"));
      assert.equal((await whole(opened.store, object.id)).toString(), "kept");
    });

    test("refuses an id that is taken, and leaves its holder alone", async () => {
      await using opened = await open();
      const finished = await put(opened.store, Buffer.from("first"));
      await rejectsAs("conflict", opened.store.create(finished.id));
      assert.equal((await whole(opened.store, finished.id)).toString(), "first");
      await using writer = await opened.store.create(newObjectId());
      await writer.write(Buffer.from("one"));
      await rejectsAs("conflict", opened.store.create(writer.id));
      await writer.write(Buffer.from(" and two"));
      await writer.finish();
      assert.equal((await whole(opened.store, writer.id)).toString(), "one and two");
    });

    test("reads any range, in pieces of at most 1 MiB that own their memory", async () => {
      await using opened = await open();
      const bytes = randomBytes(2 * MiB + 5);
      const { id } = await put(opened.store, bytes);
      for (const [from, to] of [
        [0, 0],
        [0, 1],
        [5, 5],
        [MiB - 1, MiB + 1],
        [1, 2 * MiB + 1],
        [bytes.length - 1, bytes.length],
        [bytes.length, bytes.length],
      ] as const) {
        const pieces = [];
        for await (const piece of opened.store.read(id, { from, to }, unstopped())) {
          assert.ok(piece.length > 0 && piece.length <= MiB);
          assert.ok(piece.buffer.byteLength <= MiB, "a piece of a larger memory cannot be moved");
          pieces.push(piece);
        }
        assert.deepEqual(Buffer.concat(pieces), bytes.subarray(from, to), `${from} to ${to}`);
      }
    });

    test("a range beyond the end is a fault, not a short answer", async () => {
      await using opened = await open();
      const { id } = await put(opened.store, Buffer.from("short"));
      await rejectsAs("internal", whole(opened.store, id, 6));
    });

    test("what is not there cannot be read, joined, or have a size, but removed", async () => {
      await using opened = await open();
      const { store } = opened;
      const id = newObjectId();
      await rejectsAs("object_not_found", store.size(id));
      await rejectsAs("object_not_found", whole(store, id, 1));
      await rejectsAs("object_not_found", store.join(newObjectId(), [{ object: id }], counting()));
      await store.remove(id);
      assert.deepEqual(await idsOf(store, tomorrow()), []);
    });

    test("an id is never a path", async () => {
      await using opened = await open();
      for (const id of ["", "..", "../objects", "a/b/c/d/e/f", ".hidden-name", "nul\0nul\0nul"]) {
        await rejectsAs("object_not_found", opened.store.size(id));
        await assert.rejects(opened.store.create(id));
      }
    });

    test("an object may be removed while it is read", async () => {
      await using opened = await open();
      const bytes = randomBytes(3 * MiB);
      const { id } = await put(opened.store, bytes);
      const pieces = [];
      for await (const piece of opened.store.read(id, { from: 0, to: bytes.length }, unstopped())) {
        await opened.store.remove(id);
        pieces.push(piece);
      }
      assert.deepEqual(Buffer.concat(pieces), bytes);
      await rejectsAs("object_not_found", opened.store.size(id));
    });

    test("a reader that leaves early or is aborted holds nothing open", async () => {
      await using opened = await open();
      const { id } = await put(opened.store, randomBytes(3 * MiB));
      const range = { from: 0, to: 3 * MiB };
      const before = await opened.openFiles();
      for await (const _ of opened.store.read(id, range, unstopped())) break;
      const controller = new AbortController();
      const reason = new Error("enough");
      let pieces = 0;
      await assert.rejects(
        async () => {
          for await (const _ of opened.store.read(id, range, { signal: controller.signal })) {
            pieces++;
            controller.abort(reason);
          }
        },
        (error) => error === reason,
      );
      assert.equal(pieces, 1);
      assert.equal(await opened.openFiles(), before);
    });

    test("joins literal bytes and objects into a new object and keeps the old ones", async () => {
      await using opened = await open();
      const [one, two] = [randomBytes(2 * MiB + 1), randomBytes(3)];
      const [first, second] = [await put(opened.store, one), await put(opened.store, two)];
      const whole1 = Buffer.concat([
        Buffer.from("["),
        one,
        Buffer.from(","),
        two,
        Buffer.from("]"),
      ]);
      const options = counting();
      const id = newObjectId();
      const pieces = [
        Buffer.from("["),
        { object: first.id },
        Buffer.from(","),
        { object: second.id },
        Buffer.from("]"),
      ];
      const joined = await opened.store.join(id, pieces, options);
      assert.deepEqual(joined, { id, size: whole1.length, md5: md5(whole1) });
      assert.equal(options.bytes, whole1.length);
      assert.deepEqual(await whole(opened.store, id), whole1);
      assert.equal(await opened.store.size(first.id), one.length);
      const empty = await opened.store.join(newObjectId(), [], counting());
      assert.equal(empty.size, 0);
    });

    test("a join that fails or is aborted leaves no object", async () => {
      await using opened = await open();
      const part = await put(opened.store, randomBytes(2 * MiB));
      const controller = new AbortController();
      const reason = new Error("enough");
      const ids = [newObjectId(), newObjectId()] as const;
      await assert.rejects(
        opened.store.join(ids[0], [{ object: part.id }, { object: part.id }], {
          signal: controller.signal,
          onBytes: () => controller.abort(reason),
        }),
        (error) => error === reason,
      );
      await rejectsAs(
        "object_not_found",
        opened.store.join(ids[1], [{ object: part.id }, { object: newObjectId() }], counting()),
      );
      for (const id of ids) await rejectsAs("object_not_found", opened.store.size(id));
      assert.deepEqual(await idsOf(opened.store, tomorrow()), [part.id]);
    });

    test("lists finished and unfinished ones for the sweeper, none too young, and removes both", async () => {
      await using opened = await open();
      const { store } = opened;
      const finished = await Promise.all(
        Array.from({ length: 40 }, (_, at) => put(store, Buffer.from(`${at}`))),
      );
      // A crash leaves it behind: nobody disposes it.
      const unfinished = await store.create(newObjectId());
      await unfinished.write(Buffer.from("x"));
      const all = [...finished.map(({ id }) => id), unfinished.id].sort();
      assert.deepEqual(await idsOf(store, tomorrow()), all);
      assert.deepEqual(await idsOf(store, new Date(Date.now() - 3600_000)), []);
      for await (const id of store.list({ before: tomorrow() })) await store.remove(id);
      assert.deepEqual(await idsOf(store, tomorrow()), []);
      await assert.rejects(unfinished.finish());
      await rejectsAs("object_not_found", store.size(unfinished.id));
      assert.equal(await opened.openFiles(), 0);
    });

    test("many writers side by side do not mix", async () => {
      await using opened = await open();
      await Promise.all(
        Array.from({ length: 16 }, async (_, at) => {
          const bytes = Buffer.alloc(300_000, at);
          const { id } = await put(opened.store, bytes);
          assert.deepEqual(await whole(opened.store, id), bytes);
        }),
      );
      assert.equal(await opened.openFiles(), 0);
    });
  });
}

async function put(store: ObjectStore, bytes: Uint8Array) {
  await using writer = await store.create(newObjectId());
  await writer.write(bytes);
  return await writer.finish();
}

async function whole(store: ObjectStore, id: string, to?: number): Promise<Buffer> {
  const pieces = [];
  const range = { from: 0, to: to ?? (await store.size(id)) };
  for await (const piece of store.read(id, range, unstopped())) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function idsOf(store: ObjectStore, before: Date): Promise<string[]> {
  const ids = [];
  for await (const id of store.list({ before })) ids.push(id);
  return ids.sort();
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

function unstopped() {
  return { signal: new AbortController().signal };
}

function counting() {
  return {
    ...unstopped(),
    bytes: 0,
    onBytes(bytes: number): void {
      this.bytes += bytes;
    },
  };
}

function tomorrow(): Date {
  return new Date(Date.now() + 86_400_000);
}

async function rejectsAs(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(
    promise,
    (error) => error instanceof DocferryError && error.code === code,
    code,
  );
}
