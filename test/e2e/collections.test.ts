import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { environment, importOrder, openEngine } from "../support/engine.ts";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";
import { tempFolder } from "../support/temp-folder.ts";

suite("collections on the vendor's wire and in the native API", () => {
  let api: NativeService;
  before(async () => {
    api = await NativeService.start();
  });
  after(() => api[Symbol.asyncDispose]());

  const tcb = async (call: string, body: object, token = api.token) => {
    const path = `/tcb/databasecollection${call}?access_token=${token}`;
    const sent = await api.send("POST", path, {
      token: null,
      body: { env: nativeAccount.envId, ...body },
    });
    assert.equal(sent.status, 200);
    return sent.json;
  };
  const drop = (name: string, query = "") =>
    api.send("DELETE", `collections/${encodeURIComponent(name)}${query}`);

  test("a collection is made, listed with its figures, and dropped", async () => {
    const made = await tcb("add", { collection_name: "test_add_collection" });
    assert.deepEqual(made, { errcode: 0, errmsg: "ok" });
    await api.imported("geo", '{"_id":"a","n":1}\n{"_id":"b","n":2}\n');
    const listed = await tcb("get", {});
    assert.deepEqual(Object.keys(listed), ["errcode", "errmsg", "collections", "pager"]);
    assert.deepEqual(listed.pager, { Offset: 0, Limit: 10, Total: 2 });
    const [geo, empty] = listed.collections;
    assert.deepEqual(
      { ...geo, index_size: geo.index_size > 0 },
      { name: "geo", count: 2, size: 2 * 23, index_count: 1, index_size: true },
    );
    assert.deepEqual(empty, {
      name: "test_add_collection",
      count: 0,
      size: 0,
      index_count: 1,
      index_size: 0,
    });
    assert.deepEqual(await tcb("delete", { collection_name: "geo" }), made);
    assert.deepEqual(await tcb("delete", { collection_name: "test_add_collection" }), made);
    assert.deepEqual((await tcb("get", {})).collections, []);
  });

  test("a list is paged; numbers may be text, and zero means the default", async () => {
    const names = Array.from({ length: 23 }, (_, i) => `page${String(i).padStart(2, "0")}`);
    for (const name of names) await tcb("add", { collection_name: name });
    const namesOf = async (body: object) => {
      const { collections, pager } = await tcb("get", body);
      return [
        (collections as { name: string }[]).map(({ name }) => name),
        [pager.Offset, pager.Limit, pager.Total],
      ];
    };
    assert.deepEqual(await namesOf({}), [names.slice(0, 10), [0, 10, 23]]);
    const second = [names.slice(10, 20), [10, 10, 23]];
    assert.deepEqual(await namesOf({ limit: 0, offset: 10 }), second);
    assert.deepEqual(await namesOf({ limit: "10", offset: "10" }), second);
    assert.deepEqual(await namesOf({ limit: 100, offset: 20 }), [names.slice(20), [20, 100, 23]]);
    assert.deepEqual(await namesOf({ limit: 1e9, offset: 23 }), [[], [23, 1000, 23]]);
    assert.equal((await tcb("get", { limit: -1 })).errcode, 40097);
    assert.equal((await tcb("get", { offset: "x" })).errcode, 40097);
    for (const name of names) await tcb("delete", { collection_name: name });
  });

  test("what is there is not made again, what is not there is not dropped", async () => {
    await tcb("add", { collection_name: "once" });
    const again = await tcb("add", { collection_name: "once" });
    assert.equal(again.errcode, -502013);
    assert.match(again.errmsg, /collection once is there already/);
    assert.equal((await tcb("delete", { collection_name: "once" })).errcode, 0);
    const gone = await tcb("delete", { collection_name: "once" });
    assert.equal(gone.errcode, -502005);
    assert.match(gone.errmsg, / rid: /);
  });

  test("a name is allowed here exactly where an import takes it", async () => {
    await api.put("one.jsonl", '{"_id":1}\n');
    const names = [
      "",
      "a$b",
      "a\0b",
      "system.users",
      "x".repeat(121),
      "中".repeat(41),
      "a.b",
      "with blank",
      "中".repeat(40),
      "a/b?c#d",
      "-",
    ];
    for (const name of names) {
      const added = await tcb("add", { collection_name: name });
      const dropped = await tcb("delete", { collection_name: name });
      const path = `/tcb/databasemigrateimport?access_token=${api.token}`;
      const { json: imported } = await api.send("POST", path, {
        token: null,
        body: {
          env: nativeAccount.envId,
          collection_name: name,
          file_path: "one.jsonl",
          file_type: 1,
          conflict_mode: 1,
        },
      });
      const told = JSON.stringify([name, added, dropped, imported]);
      assert.equal(added.errcode, imported.errcode, told);
      assert.equal(dropped.errcode, imported.errcode, told);
      if (imported.errcode === 0) {
        await api.ended(imported.job_id);
        assert.equal((await drop(name)).status, 204);
      } else assert.equal(imported.errcode, 40097, told);
    }
    assert.equal((await tcb("add", {})).errcode, 40101);
    assert.equal((await tcb("add", { collection_name: 5 })).errcode, 40097);
  });

  test("another app's environment has none of it", async () => {
    const app = await api.admin("POST", "apps", { id: "wx-collections" });
    await api.admin("POST", "environments", { id: "col-1", app: "wx-collections" });
    const token = await api.tokenOf("wx-collections", app.json.secret);
    await tcb("add", { collection_name: "mine" });
    for (const call of ["add", "delete", "get"]) {
      const answer = await tcb(call, { collection_name: "mine" }, token);
      assert.equal(answer.errcode, -501005, call);
    }
    assert.deepEqual((await tcb("get", { env: "col-1" }, token)).collections, []);
    assertProblem(
      await api.send("DELETE", "collections/mine", { token }),
      404,
      "environment_not_found",
    );
    assert.equal((await drop("mine")).status, 204);
  });

  test("the native API makes a collection once and drops it once", async () => {
    const put = () => api.send("PUT", `collections/${encodeURIComponent("a/b ü")}`);
    const first = await put();
    assert.equal(first.status, 201);
    const info = { name: "a/b ü", count: 0, size: 0, indexCount: 1, indexSize: 0 };
    assert.deepEqual(first.json, info);
    await api.imported("a/b ü", '{"_id":1}\n');
    const second = await put();
    assert.equal(second.status, 200);
    assert.deepEqual([second.json.count, second.json.size], [1, 14]);
    assert.equal((await drop("a/b ü")).status, 204);
    assertProblem(await drop("a/b ü"), 404, "collection_not_found");
    assertProblem(await drop("a$b"), 400, "invalid_collection_name");
    assertProblem(await drop("x", "?cancelJobs=maybe"), 400, "invalid_argument");
    assertProblem(await api.send("PUT", "collections/system.x"), 400, "invalid_collection_name");
    assertProblem(await api.send("POST", "collections/x"), 405, "method_not_allowed");
  });

  test("a job that has not ended keeps its collection, until it may be cancelled", async () => {
    await api.imported("kept", '{"_id":1}\n');
    const records = Array.from({ length: 400_000 }, (_, _id) => `{"_id":"n${_id}"}\n`).join("");
    await api.put("many.jsonl", records);
    const order = { type: "import", file: "many.jsonl", collection: "kept", format: "json" };
    const job = await api.submit(order);
    const refused = await drop("kept");
    assertProblem(refused, 409, "collection_in_use", new RegExp(`not ended: ${job.id}$`));
    const wire = await tcb("delete", { collection_name: "kept" });
    assert.equal(wire.errcode, -502010);
    assert.match(wire.errmsg, new RegExp(`have not ended: ${job.id}`));
    assert.equal((await drop("kept", "?cancelJobs=true")).status, 204);
    assert.equal((await api.ended(job.id)).state, "cancelled");
    assert.deepEqual((await tcb("get", {})).collections, []);
  });
});

test("whatever is submitted around a drop, no job counts what the drop has taken", async (t) => {
  const engine = await openEngine(t, await tempFolder(t));
  const records = 300;
  await engine.put(
    "people.json",
    Array.from({ length: records }, (_, _id) => `{"_id":${_id}}\n`).join(""),
  );
  const countNow = async () =>
    (await engine.engine.collections(environment)).find(({ name }) => name === "people")?.count;
  for (let round = 0; round < 12; round++) {
    await engine.engine.addCollection(environment, "people");
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
    };
    const drop = turns(round % 5).then(() =>
      engine.engine.dropCollection(environment, "people", { cancelJobs: true }),
    );
    const submits = [0, 1, 3, 7].map(async (wait) => {
      await turns(wait);
      return engine.ended((await engine.submit(importOrder({ mode: "upsert" }))).id);
    });
    const [, ...jobs] = await Promise.all([drop, ...submits]);
    const succeeded = jobs.filter(({ state }) => state === "succeeded");
    assert.equal(await countNow(), succeeded.length > 0 ? records : undefined, `round ${round}`);
    const inserted = succeeded.reduce((sum, job) => sum + job.progress.counts.inserted, 0);
    assert.equal(inserted, succeeded.length > 0 ? records : 0, `round ${round}`);
    if (succeeded.length === 0) continue;
    await engine.engine.dropCollection(environment, "people", { cancelJobs: false });
  }
});

test("two drops at once: one has it, the other finds nothing", async (t) => {
  const { engine } = await openEngine(t, await tempFolder(t));
  await engine.addCollection(environment, "people");
  const drop = () => engine.dropCollection(environment, "people", { cancelJobs: false });
  const results = await Promise.allSettled([drop(), drop()]);
  const codes = results.map((result) =>
    result.status === "fulfilled" ? "done" : (result.reason as { code: string }).code,
  );
  assert.deepEqual(codes, ["done", "collection_not_found"]);
});
