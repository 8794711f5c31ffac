import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type RequestRecord,
  type RequestRecords,
  sizeOfRecord,
} from "../../src/store/request-records.ts";

const roomy = { records: 1_000, bytes: 1 << 20 };

/** What every store of failed requests promises. `reopen` closes it and opens it again from what is on the disk. */
export function requestRecordsSuite(
  name: string,
  open: () => Promise<
    { records: RequestRecords; reopen(): Promise<RequestRecords> } & AsyncDisposable
  >,
): void {
  suite(`${name} as a store of failed requests`, () => {
    test("finds each record as it was added, after a restart too", async () => {
      await using opened = await open();
      const mine = record(1, { account: "wx1", share: "wx1", body: "häßlich 🐛" });
      const nobodys = record(2);
      await opened.records.add([mine, nobodys], roomy);
      const records = await opened.reopen();
      assert.deepEqual(await records.find(mine.rid), mine);
      assert.deepEqual(await records.find(nobodys.rid), nobodys);
      assert.equal(await records.find("00000000-00000000-00000000"), undefined);
    });

    test("keeps what stands under a rid that comes again", async () => {
      await using opened = await open();
      await opened.records.add([record(1, { body: "first" })], roomy);
      await opened.records.add([record(1, { body: "second" }), record(2)], roomy);
      assert.equal((await opened.records.find(ridOf(1)))?.body, "first");
      assert.notEqual(await opened.records.find(ridOf(2)), undefined);
    });

    test("keeps within its bounds in records and in bytes, the newest of a share", async () => {
      await using opened = await open();
      const many = Array.from({ length: 100 }, (_, n) => record(n));
      await opened.records.add(many, { records: 50, bytes: 1 << 20 });
      const kept = await found(opened.records, many);
      assert.ok(kept.length <= 50 && kept.length >= 40, String(kept.length));
      assert.deepEqual(kept, many.slice(-kept.length), "the oldest went");
      const long = Array.from({ length: 100 }, (_, n) =>
        record(1_000 + n, { body: "x".repeat(1_000) }),
      );
      for (const one of long) await opened.records.add([one], { records: 1_000, bytes: 50_000 });
      const bytes = (await found(opened.records, [...many, ...long])).reduce(
        (sum, one) => sum + sizeOfRecord(one),
        0,
      );
      assert.ok(bytes <= 50_000 && bytes > 30_000, String(bytes));
    });

    test("lets no account push out the records of another", async () => {
      await using opened = await open();
      const bounds = { records: 100, bytes: 1 << 20 };
      const quiet = Array.from({ length: 10 }, (_, n) => record(n, { share: "quiet" }));
      await opened.records.add(quiet, bounds);
      for (let round = 0; round < 20; round++) {
        const noise = Array.from({ length: 50 }, (_, n) =>
          record(1_000 + round * 50 + n, { share: round % 2 === 0 ? "loud" : "" }),
        );
        await opened.records.add(noise, bounds);
      }
      assert.equal((await found(opened.records, quiet)).length, 10);
    });

    test("forgets what came before a moment, a bounded number at a time", async () => {
      await using opened = await open();
      const many = Array.from({ length: 10 }, (_, n) => record(n));
      await opened.records.add(many, roomy);
      assert.equal(await opened.records.forget(5, 3), 3);
      assert.equal(await opened.records.forget(5, 3), 2);
      assert.equal(await opened.records.forget(5, 3), 0);
      assert.deepEqual(await found(opened.records, many), many.slice(5));
      // The room that they took is free again.
      await opened.records.add([record(20), record(21)], { records: 7, bytes: 1 << 20 });
      assert.equal((await found(opened.records, many)).length, 5);
    });
  });
}

/** The n-th request came at n. */
function record(n: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    rid: ridOf(n),
    account: null,
    share: "",
    at: n,
    ms: 3,
    method: "POST",
    url: "/tcb/x?access_token=***",
    body: "{}",
    answer: '{"errcode":40014}',
    client: "127.0.0.1",
    ...changes,
  };
}

function ridOf(n: number): string {
  return `68aeab00-00000000-${n.toString(16).padStart(8, "0")}`;
}

async function found(
  records: RequestRecords,
  wanted: readonly RequestRecord[],
): Promise<RequestRecord[]> {
  const all = await Promise.all(wanted.map(({ rid }) => records.find(rid)));
  return all.filter((one) => one !== undefined);
}
