import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize } from "bson";
import { cloudCaller } from "../../../test/support/cloud-api.ts";
import { exampleJob, openTestApp } from "../../../test/support/wechat.ts";
import type { JobOrder } from "../../engine/engine.ts";
import { noCounts } from "../../job/counts.ts";
import { plainCsv } from "../../job/job.ts";

async function open() {
  const opened = await openTestApp();
  const caller = await cloudCaller(opened);
  return { ...opened, ask: caller.ask.bind(caller) };
}

const importing = {
  EnvId: "mine-1",
  CollectionName: "c1",
  FilePath: "tmp/a.JSON",
  FileType: "JSON",
  StopOnError: true,
  ConflictMode: "upsert",
};

test("an import's words become the order of the other calls", async () => {
  await using opened = await open();
  const { ask, engine } = opened;
  const { RequestId: _, ...answer } = await ask("DatabaseMigrateImport", importing);
  assert.deepEqual(answer, { JobId: 1 });
  await ask("DatabaseMigrateImport", {
    ...importing,
    FileType: "csv",
    StopOnError: undefined,
    ConflictMode: "insert",
    WxAppId: "wx1",
  });
  const order: JobOrder = {
    type: "import",
    file: "tmp/a.JSON",
    collection: "c1",
    format: "json",
    mode: "upsert",
    upsertFields: ["_id"],
    stopOnError: true,
    csv: plainCsv,
  };
  assert.deepEqual(engine.orders, [
    { environment: "mine-1", order },
    {
      environment: "mine-1",
      order: { ...order, format: "csv", mode: "insert", stopOnError: false },
    },
  ]);
});

test("an import says which of its words is wrong", async () => {
  await using opened = await open();
  const cases: [object, string, RegExp][] = [
    [{ ConflictMode: undefined }, "MissingParameter", /^ConflictMode/],
    [{ ConflictMode: "merge" }, "InvalidParameterValue", /^ConflictMode must be insert or upsert/],
    [{ ConflictMode: 1 }, "InvalidParameterValue", /^ConflictMode must be string/],
    [{ FileType: "" }, "InvalidParameterValue", /^FileType must be json or csv, it is ""/],
    [{ FileType: "xlsx" }, "InvalidParameterValue", /^FileType must be json or csv/],
    [{ CollectionName: "a$b" }, "InvalidParameterValue", /^Collection name "a\$b" has a \$/],
    [{ StopOnError: "true" }, "InvalidParameterValue", /^StopOnError must be boolean/],
    [{ FilePath: undefined }, "MissingParameter", /^FilePath/],
    [{ EnvId: "other-1" }, "ResourceNotFound", /other-1/],
  ];
  for (const [change, code, message] of cases) {
    const { Error: error } = await opened.ask("DatabaseMigrateImport", { ...importing, ...change });
    assert.equal(error?.Code, code);
    assert.match(error?.Message ?? "", message);
  }
  assert.deepEqual(opened.engine.orders, []);
});

const exporting = {
  EnvId: "mine-1",
  CollectionName: "c1",
  FilePath: "tmp/b.csv",
  FileType: "csv",
  Fields: " _id, name ,address.city",
};

async function orderOf(change: object) {
  await using opened = await open();
  const { Error: error } = await opened.ask("DatabaseMigrateExport", { ...exporting, ...change });
  if (error) return { error };
  const [submitted] = opened.engine.orders;
  const { order } = submitted ?? assert.fail("no order");
  assert.equal(order.type, "export");
  return { order, error: undefined };
}

test("an export's query, fields, sort, skip and limit are mongoexport's", async () => {
  const { order } = await orderOf({
    Query: "{ a: { $gte: 3 }, nested: {x: 1}, id: ObjectId('5f0c1a2b3c4d5e6f70819203') }",
    Sort: '{"name":-1, age: 1}',
    Skip: 1,
    Limit: 2,
  });
  const { query, format } = order ?? assert.fail();
  assert.deepEqual(format, {
    format: "csv",
    columns: ["_id", "name", "address.city"],
    header: true,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(deserialize(query.filter))), {
    a: { $gte: 3 },
    nested: { x: 1 },
    id: "5f0c1a2b3c4d5e6f70819203",
  });
  assert.deepEqual(deserialize(query.projection ?? assert.fail()), {
    _id: 1,
    name: 1,
    "address.city": 1,
  });
  assert.deepEqual(query.sort, [
    { path: "name", direction: -1 },
    { path: "age", direction: 1 },
  ]);
  assert.deepEqual([query.collection, query.skip, query.limit], ["c1", 1, 2]);
});

test("what an export leaves out, or leaves empty, stands for all", async () => {
  const whole = { FileType: "json", Fields: undefined };
  for (const change of [whole, { ...whole, Query: "", Sort: " ", Fields: "", Skip: 0, Limit: 0 }]) {
    const { order } = await orderOf(change);
    const { query, format } = order ?? assert.fail();
    assert.deepEqual(format, { format: "json", form: "relaxed", array: false, pretty: false });
    assert.deepEqual(deserialize(query.filter), {});
    assert.equal(query.projection, null);
    assert.deepEqual([query.sort, query.skip, query.limit], [[], 0, null]);
  }
});

test("an export says which of its words is wrong", async () => {
  const cases: [object, string, RegExp][] = [
    [{ Fields: undefined }, "MissingParameter", /^Fields, the columns of a CSV/],
    [{ Fields: " " }, "MissingParameter", /^Fields/],
    [{ Fields: "a,,b" }, "InvalidParameterValue", /^Fields has an empty name/],
    [{ Fields: "a,a" }, "InvalidParameterValue", /^Fields: .*twice/],
    [{ Query: "{a: 1" }, "InvalidParameterValue", /^Query: .* \(line 1, column 6\)/],
    [{ Query: "{a: {$gtee: 1}}" }, "InvalidParameterValue", /\$gtee/],
    [{ Query: "{}).get()" }, "InvalidParameterValue", /^Query: Nothing more may stand behind/],
    [{ Query: "{$where: 'sleep(1)'}" }, "InvalidParameterValue", /\$where/],
    [{ Sort: '{"a":2}' }, "InvalidParameterValue", /^Sort: The direction of "a" must be 1 or -1/],
    [{ Sort: "a" }, "InvalidParameterValue", /^Sort: /],
    [{ Skip: -1 }, "InvalidParameterValue", /^Skip must be >= 0/],
    [{ Limit: 1.5 }, "InvalidParameterValue", /^Limit must be integer/],
    [{ FilePath: "a".repeat(513) }, "InvalidParameterValue", /513 bytes/],
    [{ FilePath: ".docferry/jobs/1/rejects" }, "InvalidParameterValue", /begins with \.docferry/],
    [{ CollectionName: "" }, "InvalidParameterValue", /^CollectionName/],
  ];
  for (const [change, code, message] of cases) {
    const { error } = await orderOf(change);
    assert.equal(error?.Code, code, JSON.stringify(change));
    assert.match(error?.Message ?? "", message);
  }
});

test("a job is shown with the Cloud API's names", async () => {
  await using opened = await open();
  const { ask, engine, clock } = opened;
  const counts = { ...noCounts, records: 3, inserted: 3 };
  engine.jobs.set(
    7,
    exampleJob({
      id: 7,
      spec: {
        type: "export",
        file: "out",
        query: { collection: "c", filter: "", projection: null, sort: [], skip: 0, limit: null },
        format: { format: "csv", columns: null, header: true },
      },
      state: "succeeded",
      endedAt: 2,
      progress: { counts, bytes: 9, totalBytes: 9 },
      result: {
        file: "out",
        firstReject: null,
        digest: null,
        retyped: 0,
        formulas: 0,
        consistency: "each-document-once",
      },
    }),
  );
  const { RequestId: _, ...answer } = await ask("DatabaseMigrateQueryInfo", {
    EnvId: "mine-1",
    JobId: 7,
  });
  assert.deepEqual(answer, {
    Status: "success",
    RecordSuccess: 3,
    RecordFail: 0,
    ErrorMsg: "Export completed.",
    FileUrl: `http://tcb.example.org/signed/mine-1/out?now=${clock.now}`,
  });
});

test("no job, another environment's job and what is no id are one and the same", async () => {
  await using opened = await open();
  opened.engine.jobs.set(8, exampleJob({ id: 8, environment: "other-1" }));
  for (const id of [8, 9, 0, -1, 2 ** 31]) {
    const { Error: error } = await opened.ask("DatabaseMigrateQueryInfo", {
      EnvId: "mine-1",
      JobId: id,
    });
    assert.equal(error?.Code, "ResourceNotFound");
    assert.match(error?.Message ?? "", new RegExp(`^no job ${id} in this environment`));
  }
});
