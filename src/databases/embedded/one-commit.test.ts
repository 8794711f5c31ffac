import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import {
  query,
  readObjects,
  rejectsOf,
  sinkSpec,
  uniqueName,
} from "../../../test/contract/database-harness.ts";
import { afterwards } from "../../../test/support/afterwards.ts";
import { batchOf } from "../../../test/support/record-batch.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { EmbeddedDatabases } from "./embedded-databases.ts";

// What a batch writes stands in four tables. Had it more than one commit, a kill between two of them would lose or double it: here
// the last of its statements fail, one after another, which takes a commit's place that never comes.

const changes = {
  "the progress": "UPDATE OF offset ON task_progress",
  "a reject": "INSERT ON rejects",
  "the collection's totals": "UPDATE ON collection",
};

for (const [what, change] of Object.entries(changes)) {
  test(`a batch that cannot write ${what} has written nothing, and is written once when it can`, async (t) => {
    const folder = await tempFolder(t);
    const databases = await EmbeddedDatabases.open({ folder });
    afterwards(t, () => databases[Symbol.asyncDispose]());
    const environment = uniqueName("env");
    const database = await databases.open(environment);
    const spec = sinkSpec({ mode: "insert" });
    await using sink = await database.openSink(spec);
    const first = await sink.write(
      batchOf([{ _id: 1 }, { reject: "json_syntax" }], 0),
      sink.progress.position,
    );
    using other = new DatabaseSync(join(folder, `${environment}.sqlite`), { timeout: 5_000 });
    other.exec(`CREATE TRIGGER strike BEFORE ${change} BEGIN SELECT RAISE(ABORT, 'Injected'); END`);
    const second = () => batchOf([{ _id: 2 }, { reject: "json_syntax" }, { _id: 3 }], 2);
    await assert.rejects(sink.write(second(), first.position), /Injected/);

    const plan = query(spec.collection);
    assert.deepEqual(await readObjects(database, plan), [{ _id: 1 }]);
    assert.equal((await rejectsOf(database, spec.jobKey)).length, 1);
    assert.equal((await database.collections())[0]?.count, 1);
    await using again = await database.openSink({ ...spec, attempt: 2 });
    assert.deepEqual(again.progress, first);

    other.exec("DROP TRIGGER strike");
    const done = await again.write(second(), first.position);
    assert.deepEqual([done.counts.records, done.counts.inserted, done.counts.rejected], [5, 3, 2]);
    assert.deepEqual(await readObjects(database, plan), [{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    assert.equal((await rejectsOf(database, spec.jobKey)).length, 2);
    assert.equal((await database.collections())[0]?.count, 3);
  });
}
