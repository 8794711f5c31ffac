import assert from "node:assert/strict";
import { test } from "node:test";
import { noLimits } from "../../store/limit-store.ts";
import { openFileApp } from "../../../test/support/file-app.ts";
import { UploadRoom } from "./upload-room.ts";

async function open(storedBytes: number) {
  const app = await openFileApp();
  await app.access.limits.set({
    kind: "environment",
    id: "mine-1",
    limits: { ...noLimits, storedBytes },
    addresses: [],
  });
  return { app, room: new UploadRoom(app.store().files) };
}

test("uploads that are under way share the room, and give it back when they fail", async () => {
  const { app, room } = await open(100);
  await using _ = app;
  const one = await room.begin("mine-1", "a");
  one.take(60);
  const two = await room.begin("mine-1", "b");
  assert.throws(() => two.take(41), { code: "storage_limit" });
  two.take(40);
  assert.throws(() => one.require(1), { code: "storage_limit" });
  two[Symbol.dispose]();
  one.take(40);
  one.land();
  one[Symbol.dispose]();
  // Of what has its name since the store was asked, the one that asked before knows.
  assert.throws(() => two.take(1), { code: "storage_limit" });
  const elsewhere = await room.begin("other-1", "c");
  elsewhere.take(1_000_000);
});

test("an upload beyond the limit ends early, and leaves nothing behind", async () => {
  const { app } = await open(1_000);
  await using _ = app;
  assert.equal((await app.put("a", Buffer.alloc(600))).status, 204);
  const ticket = await app.ticket("b");
  const refused = await app.put("b", Buffer.alloc(5_000_000));
  assert.equal(refused.status, 507);
  assert.match(refused.body.toString(), /<Code>QuotaExceeded<\/Code>/);
  assert.ok(ticket.url);
  assert.equal((await app.objectIds()).length, 1);
  assert.equal((await app.put("b", Buffer.alloc(400))).status, 204);
  const none = await app.ask("/tcb/uploadfile", { env: "mine-1", path: "c" });
  assert.equal(none.errcode, -501017);
  assert.match(
    none.errmsg ?? "",
    /^disk full: environment mine-1 may store 1000 bytes, and does rid: /,
  );
  assert.equal((await app.put("a", Buffer.alloc(600))).status, 204, "another content of its size");
});

test("of uploads at once no more get their names than there is room for", async () => {
  const { app } = await open(10_000);
  await using _ = app;
  const all = await Promise.all(
    Array.from({ length: 12 }, (_file, n) => app.put(`f${n}`, Buffer.alloc(3_000))),
  );
  const stored = all.filter(({ status }) => status === 204).length;
  assert.ok(stored >= 1 && stored <= 3, String(stored));
  const { storedBytes } = await app.store().limits.use({ kind: "environment", id: "mine-1" });
  assert.equal(storedBytes, stored * 3_000);
});
