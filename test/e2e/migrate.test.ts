import assert from "node:assert/strict";
import { test } from "node:test";
import type { DocferryApiError } from "#client";
import { tempFolder } from "../support/temp-folder.ts";
import { finalStatus, statuses, TestService } from "../support/service.ts";

const people = [
  '{"_id":"user_001","name":"张三","age":25,"big":9007199254740993,"half":1.0}',
  '{"_id":"user_002","name":"李四","age":30,"date":{"$date":"2018-08-31T17:30:00.882Z"}}',
  '{"_id":"user_003","name":"王五","tags":["a",{"b":null}]}',
];

const importOrder = {
  collection_name: "people",
  file_path: "people.json",
  file_type: 1,
  stop_on_error: false,
  conflict_mode: 1,
};

test("a file goes up, in, out again and comes down byte for byte", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  await client.upload("people.json", new Blob([`${people.join("\n")}\n`]));

  const imported = await statuses(
    client,
    await client.submit("databasemigrateimport", importOrder),
  );
  assert.deepEqual(imported.at(-1), {
    errcode: 0,
    errmsg: "ok",
    status: "success",
    record_success: 3,
    record_fail: 0,
    err_msg: "Import completed.",
    error_msg: "Import completed.",
    file_url: "",
  });
  for (const answer of imported.slice(0, -1)) {
    assert.match(answer.status, /^(waiting|reading|writing)$/);
    assert.equal(answer.error_msg, "");
    assert.equal(answer.file_url, "");
  }

  const exportJob = await client.submit("databasemigrateexport", {
    file_path: "out/people.json",
    file_type: 1,
    query: "db.collection('people').get()",
  });
  const exported = await finalStatus(client, exportJob);
  assert.equal(exported.status, "success");
  assert.equal(exported.record_success, 3);
  assert.equal(exported.error_msg, "Export completed.");
  const response = await fetch(exported.file_url);
  assert.equal(await response.text(), `${people.join("\n")}\n`);
  assert.match(response.headers.get("content-disposition") ?? "", /attachment/);
});

test("each record that fails comes back with its reason, and the rest goes in", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  const broken = '{"_id":"user_004","name":"unfinished';
  const twice = '{"_id":"user_001","name":"again"}';
  const lines = [people[0], broken, people[1], "not json at all", twice, people[2]];
  await client.upload("people.json", new Blob([lines.join("\n")]));
  const done = await finalStatus(client, await client.submit("databasemigrateimport", importOrder));
  assert.equal(done.status, "success");
  assert.equal(done.record_success, 3);
  assert.equal(done.record_fail, 3);
  assert.match(done.error_msg, /^Import completed\. 3 records failed\. Line 2: /);
  const rejects = await (await fetch(done.file_url)).text();
  assert.equal(rejects, `${broken}\nnot json at all\n${twice}\n`);

  const errorsUrl = await client.call("batchdownloadfile", {
    file_list: [{ fileid: fileIdBeside(done.file_url), max_age: 60 }],
  });
  const [item] = errorsUrl["file_list"] as { download_url: string; status: number }[];
  assert.equal(item?.status, 0);
  const errors = (await (await fetch(item?.download_url ?? "")).text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    errors.map(({ line, code, raw }) => [line, code, raw]),
    [
      [2, "json_unfinished", broken],
      [4, "json_syntax", "not json at all"],
      [5, "duplicate_id", twice],
    ],
  );
  assert.deepEqual(
    errors.map(({ offset }) => offset),
    [1, 3, 4].map((index) => Buffer.byteLength(`${lines.slice(0, index).join("\n")}\n`)),
  );

  // Mended and submitted again: only what is still wrong fails again.
  await client.upload("people.json", new Blob([rejects.replace("unfinished", 'mended"}')]));
  const again = await finalStatus(
    client,
    await client.submit("databasemigrateimport", importOrder),
  );
  assert.deepEqual([again.record_success, again.record_fail], [1, 2]);
});

function fileIdBeside(fileUrl: string): string {
  const [, environment, name] = /\/download\/([^/]+)\/([^?]+)/.exec(fileUrl) ?? [];
  return `cloud://${environment}.bucket/${decodeURIComponent(name ?? "")}.errors.jsonl`;
}

test("stop_on_error writes nothing after the first record that fails", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  await client.upload("people.json", new Blob([[people[0], "{oops}", people[1]].join("\n")]));
  const job = await client.submit("databasemigrateimport", { ...importOrder, stop_on_error: true });
  const done = await finalStatus(client, job);
  assert.equal(done.status, "fail");
  assert.deepEqual([done.record_success, done.record_fail], [1, 1]);
  assert.match(done.error_msg, /Line 2: /);
  assert.equal(await (await fetch(done.file_url)).text(), "{oops}\n");
});

test("upsert replaces, and an equal document counts as success", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  await client.upload("people.json", new Blob([people.join("\n")]));
  await finalStatus(client, await client.submit("databasemigrateimport", importOrder));
  const changed = [people[0], '{"_id":"user_002","name":"changed"}', '{"_id":"new"}'];
  await client.upload("people.json", new Blob([changed.join("\n")]));
  const job = await client.submit("databasemigrateimport", { ...importOrder, conflict_mode: 2 });
  const done = await finalStatus(client, job);
  assert.deepEqual([done.record_success, done.record_fail], [3, 0]);
  const out = await exportText(client, "db.collection('people').get()");
  assert.equal(
    out,
    `{"_id":"new"}\n${people[0]}\n{"_id":"user_002","name":"changed"}\n${people[2]}\n`,
  );
});

async function exportText(
  client: Awaited<ReturnType<TestService["client"]>>,
  query: string,
  fileType = 1,
): Promise<string> {
  const job = await client.submit("databasemigrateexport", {
    file_path: "out",
    file_type: fileType,
    query,
  });
  const done = await finalStatus(client, job);
  assert.equal(done.status, "success", done.error_msg);
  return (await fetch(done.file_url)).text();
}

test("a CSV keeps what looks like a number but is none, and comes out as it went in", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  const csv = '_id,zip,lat,note\n1,01234,42.5,"a, ""b"""\n2,99501,-3.75,"two\nlines"\n';
  await client.upload("zips.csv", new Blob([csv]));
  const job = await client.submit("databasemigrateimport", {
    ...importOrder,
    collection_name: "zips",
    file_path: "zips.csv",
    file_type: 2,
  });
  assert.deepEqual((await finalStatus(client, job)).record_success, 2);
  assert.equal(await exportText(client, "db.collection('zips').get()", 2), csv);
  assert.equal(
    await exportText(client, "db.collection('zips').where({lat: _.lt(0)}).get()"),
    '{"_id":2,"zip":99501,"lat":-3.75,"note":"two\\nlines"}\n',
  );
  assert.equal(
    await exportText(client, "db.collection('zips').field({zip: true, lat: 1}).get()", 2),
    "zip,lat\n01234,42.5\n99501,-3.75\n",
  );
});

test("a query filters, sorts, skips, limits and projects", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  const documents = Array.from(
    { length: 300 },
    (_, n) => `{"_id":${n},"mod":${n % 7},"n":{"sq":${n * n}}}`,
  );
  await client.upload("people.json", new Blob([`[${documents.join(",\n")}]`]));
  await finalStatus(client, await client.submit("databasemigrateimport", importOrder));
  const query = `const $mod = 3;
    db.collection("people").where({mod: $mod, "n.sq": _.gt(100).and(_.lt(40000))})
      .orderBy("n.sq", "desc").skip(1).limit(3).field({n: true}).get()`;
  assert.equal(
    await exportText(client, query),
    [192, 185, 178].map((n) => `{"_id":${n},"n":{"sq":${n * n}}}\n`).join(""),
  );
});

test("the vendor's numbers tell what is wrong", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  const code = async (name: string, body: object) => {
    return client.call(name, body).then(
      () => "no error",
      (thrown: DocferryApiError) => thrown.code,
    );
  };
  assert.equal(await code("databasemigrateimport", importOrder), "-503003");
  const query = "db.collection('nothing').get()";
  const exportOrder = { file_path: "x", file_type: 1, query };
  assert.equal(await code("databasemigrateexport", exportOrder), "-502005");
  assert.equal(await code("databasemigratequeryinfo", { job_id: 1 }), "40097");
  assert.equal(await code("databasemigratequeryinfo", {}), "40101");
  assert.equal(await code("databasemigratequeryinfo", { job_id: 1, env: "other" }), "-501005");
  assert.equal(
    await code("databasemigrateexport", { ...exportOrder, query: "db.collection('x').remove()" }),
    "40097",
  );
});

test("what is imported is the file of the submit, whatever happens to its name", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  const many = Array.from({ length: 50_000 }, (_, n) => `{"_id":${n},"from":"first"}`).join("\n");
  await client.upload("people.json", new Blob([many]));
  const job = await client.submit("databasemigrateimport", importOrder);
  await client.upload("people.json", new Blob(['{"_id":"second"}']));
  const done = await finalStatus(client, job);
  assert.deepEqual([done.record_success, done.record_fail], [50_000, 0]);
});

test("an empty file is imported as nothing", async (t) => {
  const service = await TestService.start(t, await tempFolder(t));
  const client = await service.client();
  await client.upload("people.json", new Blob([]));
  const done = await finalStatus(client, await client.submit("databasemigrateimport", importOrder));
  assert.deepEqual([done.status, done.record_success, done.record_fail], ["success", 0, 0]);
  assert.equal(await exportText(client, "db.collection('people').get()"), "");
});
