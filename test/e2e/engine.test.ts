import assert from "node:assert/strict";
import { test } from "node:test";
import { planFromParts } from "../../src/query/parts.ts";
import { parseStatement } from "../../src/query/statement.ts";
import { environment, importOrder, openEngine } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";

const many = (count: number, text = "x".repeat(60)) =>
  Array.from({ length: count }, (_, n) => `{"_id":${n},"text":"${text}"}`).join("\n");
const exportOrder = (statement: string, file = "out.json") => ({
  type: "export" as const,
  file,
  query: parseStatement(statement, 0),
  format: { format: "json", form: "relaxed", array: false, pretty: false } as const,
});

test("an import that is cancelled in the middle keeps exactly what it counts", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", `${many(600_000)}\n{oops}`);
  const { id } = await engine.submit(importOrder());
  await engine.when(id, (job) => job.progress.counts.inserted > 0);
  await engine.engine.cancel(environment, id);
  const job = await engine.ended(id);
  assert.equal(job.state, "cancelled");
  const { inserted } = job.progress.counts;
  assert.ok(inserted > 0 && inserted < 600_000, `${inserted} records`);
  const database = await engine.databases.open(environment);
  const [collection] = await database.collections();
  assert.equal(collection?.count, inserted);
  // It stays ended, and nothing more is written.
  assert.deepEqual(await engine.engine.cancel(environment, id), job);
});

test("a cancelled export leaves no file", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", many(100_000));
  await engine.ended((await engine.submit(importOrder())).id);
  const { id } = await engine.submit(exportOrder("db.collection('people').get()"));
  await engine.engine.cancel(environment, id);
  assert.equal((await engine.ended(id)).state, "cancelled");
  assert.equal(await engine.store.files.get(environment, "out.json"), undefined);
});

test("two imports into one collection at once count exactly what each has written", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", many(60_000));
  const first = await engine.submit(importOrder());
  const second = await engine.submit(importOrder());
  const [one, two] = [await engine.ended(first.id), await engine.ended(second.id)];
  for (const { progress } of [one, two]) assert.equal(progress.counts.records, 60_000);
  const { inserted: a, rejected: b } = one.progress.counts;
  const { inserted: c, rejected: d } = two.progress.counts;
  assert.deepEqual([a + c, b + d], [60_000, 60_000]);
  const database = await engine.databases.open(environment);
  assert.equal((await database.collections())[0]?.count, 60_000);
});

test("a thread that hangs in a query is replaced, and holds nothing else up", async (t) => {
  const engine = await openEngine(t, await tempFolder(t), { leaseSeconds: 1, threads: 1 });
  // A pattern that takes for ever on this text: the thread is busy and cannot be asked to stop.
  await engine.put("people.json", many(1, `${"a".repeat(60)}!`));
  await engine.ended((await engine.submit(importOrder())).id);
  const hung = await engine.submit(
    exportOrder("db.collection('people').where({text: /^(a+)+$/}).get()"),
  );
  await engine.when(hung.id, (job) => job.state === "running");
  await engine.put("more.json", many(10));
  const other = await engine.submit(importOrder({ file: "more.json", collection: "more" }));
  assert.equal((await engine.ended(other.id)).progress.counts.inserted, 10);
  const { state, error } = await engine.ended(hung.id);
  assert.deepEqual([state, error?.code], ["failed", "query_too_slow"]);
});

test("a sorted export comes out in order, with skip and limit", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  const documents = Array.from(
    { length: 20_000 },
    (_, n) => `{"_id":${n},"k":${(n * 7919) % 20_000}}`,
  );
  await engine.put("people.json", documents.join("\n"));
  await engine.ended((await engine.submit(importOrder())).id);
  const { id } = await engine.submit(
    exportOrder("db.collection('people').orderBy('k', 'desc').skip(10).limit(15000).get()"),
  );
  const job = await engine.ended(id);
  assert.equal(job.progress.counts.records, 15_000);
  const keys = (await engine.text("out.json"))
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { k: number }).k);
  assert.deepEqual(
    keys,
    Array.from({ length: 15_000 }, (_, n) => 20_000 - 11 - n),
  );
});

test("a query that the database cannot run makes no job", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", many(1));
  await engine.ended((await engine.submit(importOrder())).id);
  const statement = "db.collection('people').where({text: db.RegExp({regexp: '(?>a)b'})}).get()";
  await assert.rejects(engine.submit(exportOrder(statement)), { code: "invalid_query" });
});

test("JSON arrays, pretty documents and lossless text come out as asked", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", '[{"_id":1,"n":{"$numberLong":"5"}}, {"_id":2}]');
  await engine.ended((await engine.submit(importOrder())).id);
  const query = planFromParts({ collection: "people" });
  const format = { format: "json", form: "lossless", array: true, pretty: false } as const;
  const { id } = await engine.submit({ type: "export", file: "out.json", query, format });
  const job = await engine.ended(id);
  assert.equal(await engine.text("out.json"), '[{"_id":1,"n":{"$numberLong":"5"}},{"_id":2}]\n');
  assert.equal(job.result?.retyped, 0);
  const relaxed = { ...format, form: "relaxed", array: false } as const;
  const again = await engine.submit({ type: "export", file: "out.json", query, format: relaxed });
  assert.equal((await engine.ended(again.id)).result?.retyped, 1);
  const empty = planFromParts({ collection: "people", skip: 9 });
  const none = await engine.submit({ type: "export", file: "none.json", query: empty, format });
  await engine.ended(none.id);
  assert.equal(await engine.text("none.json"), "[]\n");
});

test("an array without its end gives its records and tells of the end that is missing", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", '[{"_id":1},\n{"_id":2}');
  const job = await engine.ended((await engine.submit(importOrder())).id);
  assert.deepEqual([job.progress.counts.inserted, job.progress.counts.rejected], [2, 1]);
  assert.match(job.result?.firstReject?.message ?? "", /cut off/);
});

test("a CSV whose header is wrong fails at once and says why", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  for (const [content, message] of [
    ["", /header row is missing/],
    ["a,a\n1,2\n", /identical/],
    ["a,a.b\n1,2\n", /incompatible/],
    // mongoimport takes it for one header row, and imports nothing with exit code 0.
    ["a,b\r1,2\r3,4\r", /lone CRs/],
  ] as const) {
    await engine.put("people.json", content);
    const job = await engine.ended((await engine.submit(importOrder({ format: "csv" }))).id);
    assert.equal(job.state, "failed");
    assert.equal(job.error?.code, "invalid_file");
    assert.match(job.error?.message ?? "", message);
  }
});

test("rejected rows of a CSV come back under its header, to mend and submit again", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  await engine.put("people.json", '_id,name\n1,good\n2,"open\n3,good\n1,twice\n');
  const job = await engine.ended((await engine.submit(importOrder({ format: "csv" }))).id);
  assert.deepEqual([job.progress.counts.inserted, job.progress.counts.rejected], [2, 2]);
  assert.equal(await engine.text(job.result?.file ?? ""), '_id,name\n2,"open\n1,twice\n');
});

test("what belongs to a job goes when its keep time is over, and what users stored stays", async (t) => {
  const engine = await openEngine(t, await tempFolder(t), { keepDays: 0 });
  await engine.put("people.json", '{"_id":1}\n{oops}');
  const job = await engine.ended((await engine.submit(importOrder())).id);
  assert.ok(await engine.store.files.get(environment, job.result?.file ?? ""));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await engine.engine.clean();
  assert.equal(await engine.store.files.get(environment, job.result?.file ?? ""), undefined);
  assert.ok(await engine.store.files.get(environment, "people.json"));
  const database = await engine.databases.open(environment);
  assert.equal(await database.firstReject(job.key), undefined);
  assert.equal((await engine.engine.job(environment, job.id)).progress.counts.rejected, 1);
});
