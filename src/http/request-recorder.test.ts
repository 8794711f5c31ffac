import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openTestApp } from "../../test/support/wechat.ts";

test("a flood of errors is dropped and counted, and the few of others are kept", async () => {
  await using opened = await openTestApp();
  const { access, accounts, call, log, recorder, store } = opened;
  const { token } = await access.appToken(accounts.other);
  for (let n = 0; n < 400; n++) await call("/tcb/nothing", {});
  const quiet: string[] = [];
  for (let n = 0; n < 5; n++) {
    const { errmsg = "" } = await call(`/tcb/nothing?access_token=${token}`, {});
    quiet.push(errmsg.slice(-26));
  }
  for (let n = 0; n < 100; n++) await call("/tcb/nothing", {});
  await recorder.flush();
  for (const rid of quiet) assert.notEqual(await store().requests.find(rid), undefined);
  const dropped = log.filter((line) => line.includes("cannot be looked up"));
  assert.equal(dropped.length, 1);
  assert.equal(JSON.parse(dropped[0] ?? "{}").dropped, 505 - 256);
});

test("while the disk is full nothing is written, and it is told", async () => {
  let full = true;
  await using opened = await openTestApp({ isFull: () => full });
  const { call, log, recorder, store } = opened;
  const lost = ridOf(await call("/tcb/nothing", {}));
  assert.notEqual(await recorder.find(lost), undefined, "as long as it waits");
  await recorder.flush();
  assert.equal(await store().requests.find(lost), undefined);
  assert.ok(log.some((line) => line.includes('"dropped":1')));
  full = false;
  const kept = ridOf(await call("/tcb/nothing", {}));
  await recorder.flush();
  assert.notEqual(await store().requests.find(kept), undefined);
});

test("a store that fails costs the records alone", async () => {
  await using opened = await openTestApp();
  const { call, file, log, recorder } = opened;
  await call("/tcb/nothing", {});
  using db = new DatabaseSync(file);
  db.exec("DROP TABLE request");
  await recorder.flush();
  assert.ok(log.some((line) => line.includes('"dropped":1')));
  assert.equal((await call("/tcb/nothing", {})).errcode, 40066);
});

test("what is written is not lost while it is", async () => {
  await using opened = await openTestApp();
  const { call, recorder } = opened;
  const rids = [];
  for (let n = 0; n < 50; n++) {
    const rid = ridOf(await call("/tcb/nothing", {}));
    rids.push(rid);
    if (n % 10 === 0) void recorder.flush();
    assert.equal((await recorder.find(rid))?.rid, rid);
  }
  await recorder.flush();
  for (const rid of rids) assert.equal((await recorder.find(rid))?.rid, rid);
});

function ridOf({ errmsg = "" }: { errmsg?: string }): string {
  return errmsg.slice(-26);
}
