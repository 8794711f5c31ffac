import { plainCsv } from "../../job/job.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleJob, openTestApp } from "../../../test/support/wechat.ts";

test("an import order is what mongoimport would be told", async () => {
  await using opened = await openTestApp();
  const { ask, engine } = opened;
  const body = {
    env: "mine-1",
    collection_name: "test1",
    file_path: "目录/test import",
    file_type: 1,
    stop_on_error: true,
    conflict_mode: 2,
  };
  assert.deepEqual(await ask("/tcb/databasemigrateimport", body), {
    errcode: 0,
    errmsg: "ok",
    job_id: 1,
  });
  assert.deepEqual(engine.orders, [
    {
      environment: "mine-1",
      order: {
        type: "import",
        file: "目录/test import",
        collection: "test1",
        format: "json",
        mode: "upsert",
        upsertFields: ["_id"],
        stopOnError: true,
        csv: plainCsv,
      },
    },
  ]);
});

test("an export order has its query as a plan", async () => {
  await using opened = await openTestApp();
  const { ask, engine } = opened;
  const query =
    "const Point = db.Geo.Point;db.collection('geo').where({age: _.gt(10)}).limit(10).skip(1).orderBy('age','asc').field({ name: true }).get()";
  const body = { env: "mine-1", file_path: "test_export", query };
  assert.equal((await ask("/tcb/databasemigrateexport", { ...body, file_type: 1 })).errcode, 0);
  assert.equal((await ask("/tcb/databasemigrateexport", { ...body, file_type: "2" })).errcode, 0);
  const [json, csv] = engine.orders.map(({ order }) => order);
  assert.ok(json?.type === "export" && csv?.type === "export");
  const { filter, projection, ...plan } = json.query;
  assert.deepEqual(plan, {
    collection: "geo",
    sort: [{ path: "age", direction: 1 }],
    skip: 1,
    limit: 10,
  });
  assert.ok(filter.length > 5 && projection !== null);
  assert.deepEqual(json.format, { format: "json", form: "relaxed", array: false, pretty: false });
  assert.deepEqual(csv.format, { format: "csv", columns: null, header: true });
});

test("a query that cannot be read is refused with its place, before the environment is", async () => {
  await using opened = await openTestApp();
  const { ask, engine } = opened;
  const queries = ["db.collection('x')", "db.collection(", "", "db.collection('a$b').get()", "1"];
  for (const query of queries) {
    const body = { env: "nobody", file_path: "x", file_type: 1, query };
    const answer = await ask("/tcb/databasemigrateexport", body);
    assert.equal(answer.errcode, 40097, query);
    assert.match(answer.errmsg ?? "", /^invalid args: .*(at line 1, column|query must not)/);
  }
  for (const file_path of ["/x", ".docferry/x", "x".repeat(513), "a\0b"]) {
    const query = "db.collection('x').get()";
    const body = { env: "nobody", file_path, file_type: 1, query };
    assert.equal((await ask("/tcb/databasemigrateexport", body)).errcode, 40097);
  }
  assert.equal(engine.orders.length, 0);
});

test("a job answers with every field of the vendor's, both message names included", async () => {
  await using opened = await openTestApp();
  const { ask, clock, engine } = opened;
  engine.jobs.set(7, exampleJob({ id: 7 }));
  assert.deepEqual(await info(opened, 7), {
    errcode: 0,
    errmsg: "ok",
    status: "waiting",
    record_success: 0,
    record_fail: 0,
    err_msg: "",
    error_msg: "",
    file_url: "",
  });
  engine.jobs.set(8, exampleJob(finishedExport));
  const answer = await ask("/tcb/databasemigratequeryinfo", { env: "mine-1", job_id: "8" });
  assert.deepEqual(answer, {
    errcode: 0,
    errmsg: "ok",
    status: "success",
    record_success: 3,
    record_fail: 0,
    err_msg: "Export completed.",
    error_msg: "Export completed.",
    file_url: `http://localhost:80/signed/mine-1/a%20b?now=${clock.now}`,
  });
});

test("an address begins with what the operator says, else with what the client asked for", async () => {
  const cases = [
    { parts: {}, headers: { host: "ferry.example:8790" }, start: "http://ferry.example:8790/" },
    { parts: {}, headers: { host: "[::1]:8790" }, start: "http://[::1]:8790/" },
    { parts: {}, headers: { host: "a/b?<x>" }, start: "http://127.0.0.1:80/" },
    {
      parts: { publicUrl: "https://files.example/base/" },
      headers: { host: "inner" },
      start: "https://files.example/base/signed",
    },
    {
      parts: { trustProxy: true },
      headers: { "x-forwarded-host": "outer.example", "x-forwarded-proto": "https" },
      start: "https://outer.example/",
    },
    {
      parts: {},
      headers: { host: "inner", "x-forwarded-host": "evil", "x-forwarded-proto": "https" },
      start: "http://inner/",
    },
  ];
  for (const { parts, headers, start } of cases) {
    await using opened = await openTestApp(parts);
    opened.engine.jobs.set(8, exampleJob(finishedExport));
    const answer = await opened.call(
      `/tcb/databasemigratequeryinfo?access_token=${opened.token}`,
      { env: "mine-1", job_id: 8 },
      { headers },
    );
    assert.ok(String(answer["file_url"]).startsWith(start), String(answer["file_url"]));
  }
});

test("no job, another environment's job and an id that is none are the same answer", async () => {
  await using opened = await openTestApp();
  const { engine } = opened;
  engine.jobs.set(5, exampleJob({ id: 5, environment: "other-1" }));
  const ids = [5, 6, 0, -1, 2 ** 31, "99999999999", 1e15];
  for (const id of ids) {
    const answer = await info(opened, id);
    assert.equal(answer.errcode, 40097);
    const text = `invalid args: no job ${id} in this environment rid: `;
    assert.ok(answer.errmsg?.startsWith(text), answer.errmsg);
  }
  for (const id of ["", "a", "1e3", 1.5, null, true, [1]]) {
    const answer = await info(opened, id);
    assert.equal(answer.errcode, 40097);
    assert.match(answer.errmsg ?? "", /^invalid args: job_id must be integer, it is /);
  }
});

const finishedExport = {
  id: 8,
  spec: {
    type: "export",
    file: "a b",
    query: { collection: "c", filter: "", projection: null, sort: [], skip: 0, limit: null },
    format: { format: "json", form: "relaxed", array: false, pretty: false },
  },
  state: "succeeded",
  progress: {
    counts: { records: 3, inserted: 0, updated: 0, unchanged: 0, deleted: 0, rejected: 0 },
    bytes: 30,
    totalBytes: null,
  },
  result: {
    file: "a b",
    digest: "d",
    retyped: 0,
    formulas: 0,
    consistency: "each-document-once",
    firstReject: null,
  },
  startedAt: 1,
  endedAt: 2,
} as const satisfies Partial<ReturnType<typeof exampleJob>>;

function info(opened: Awaited<ReturnType<typeof openTestApp>>, job_id: unknown) {
  return opened.ask("/tcb/databasemigratequeryinfo", { env: "mine-1", job_id });
}
