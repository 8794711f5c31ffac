import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertProblem, nativeAccount, NativeService } from "../support/native.ts";

let api: NativeService;
before(async () => {
  api = await NativeService.start();
});
after(() => api[Symbol.asyncDispose]());

const order = { type: "import", file: "people.jsonl", collection: "people", format: "json" };

test("an import and an export go from submit to result, and no number is lost", async () => {
  const lines = [
    '{"_id":1,"n":9007199254740993}',
    '{"_id":2,"n":1.0}',
    '{"_id":3,"n":{"$numberDecimal":"1.10"}}',
  ];
  await api.put("people.jsonl", lines.join("\n"));
  const sent = await api.send("POST", "jobs", { body: order });
  assert.equal(sent.status, 201);
  const { id } = sent.json;
  assert.equal(sent.headers.get("location"), `/v1/environments/${nativeAccount.envId}/jobs/${id}`);
  assert.deepEqual(
    [sent.json.type, sent.json.state, sent.json.file, sent.json.collection, sent.json.format],
    ["import", "queued", "people.jsonl", "people", "json"],
  );
  const job = await api.ended(id);
  assert.equal(job.state, "succeeded");
  assert.deepEqual(job.result, {
    file: null,
    records: 3,
    rejects: 0,
    inserted: 3,
    updated: 0,
    unchanged: 0,
    deleted: 0,
    digest: null,
    retyped: 0,
    formulas: 0,
    consistency: null,
  });
  assert.deepEqual(
    [job.progress.records, job.progress.phase, job.progress.eta],
    [3, "ended", null],
  );
  assert.equal(job.progress.totalBytes, lines.join("\n").length);
  assert.ok(job.progress.rate > 0);
  assert.ok(Date.parse(job.created) <= Date.parse(job.started ?? ""));
  assert.ok(Date.parse(job.started ?? "") <= Date.parse(job.ended ?? ""));

  // The filter's integer is beyond what a JavaScript number holds: as a JSON value it would be another one.
  const body = `{"type":"export","file":"out.jsonl","format":"json","jsonFormat":"lossless",
    "collection":"people","filter":{"n":9007199254740993},"fields":{"n":1},"sort":{"_id":-1}}`;
  const one = await api.ended((await api.submit(body)).id);
  assert.equal(one.state, "succeeded", JSON.stringify(one));
  assert.equal(one.result?.file, "out.jsonl");
  assert.match(one.result?.digest ?? "", /./);
  const file = await api.send("GET", "files/out.jsonl");
  assert.equal(file.text, '{"_id":1,"n":9007199254740993}\n');
});

test("a CSV of another dialect is read as its order says", async () => {
  await api.put("dialect.csv", "_id;t\n1;'a;b'\n2;'it''s'\n3;\"x\n");
  const dialect = { header: true, separator: ";", quote: "'" };
  const body = {
    ...order,
    file: "dialect.csv",
    collection: "dialect",
    format: "csv",
    csv: dialect,
  };
  const job = await api.ended((await api.submit(JSON.stringify(body))).id);
  assert.deepEqual([job.result?.records, job.result?.rejects], [3, 0]);
  const out = { type: "export", file: "dialect.jsonl", format: "json", collection: "dialect" };
  await api.ended((await api.submit(JSON.stringify(out))).id);
  const file = await api.send("GET", "files/dialect.jsonl");
  assert.equal(file.text, '{"_id":1,"t":"a;b"}\n{"_id":2,"t":"it\'s"}\n{"_id":3,"t":"\\"x"}\n');
});

test("an export takes the parts of a query in their order, or a statement", async () => {
  await api.imported(
    "sorted",
    '{"_id":1,"1":1,"0":2}\n{"_id":2,"1":1,"0":1}\n{"_id":3,"1":0,"0":9}\n',
  );
  const exported = async (parts: string) => {
    const job = await api.ended(
      (await api.submit(`{"type":"export","file":"s.csv","format":"csv",${parts}}`)).id,
    );
    assert.equal(job.state, "succeeded", JSON.stringify(job.error));
    return (await api.send("GET", "files/s.csv")).text;
  };
  const csv = '"csv":{"columns":["_id"],"header":false},"collection":"sorted"';
  // As a JavaScript object this sort would begin with "0".
  assert.equal(await exported(`${csv},"sort":{"1":1,"0":1}`), "3\n2\n1\n");
  assert.equal(await exported(`${csv},"sort":{"0":1},"skip":1,"limit":1`), "1\n");
  assert.equal(
    await exported(
      `"statement":"db.collection('sorted').where({_id: 2}).field({_id: true}).get()"`,
    ),
    "_id\n2\n",
  );
});

test("what a submit gets wrong is named", async () => {
  await api.put("people.jsonl", "{}");
  const refused = async (body: unknown, status: number, code: string, detail: RegExp) =>
    assertProblem(await api.send("POST", "jobs", { body }), status, code, detail);
  await refused(
    { ...order, formt: "json" },
    400,
    "invalid_argument",
    /^formt is unknown: there may be type, file, /,
  );
  await refused(
    { ...order, csv: { tyed: true } },
    400,
    "invalid_argument",
    /^csv\.tyed is unknown: in csv there may be header, typed/,
  );
  await refused({ type: "import" }, 400, "missing_argument", /^file$/);
  await refused({ file: "x" }, 400, "missing_argument", /^type$/);
  await refused(
    { ...order, type: "move" },
    400,
    "invalid_argument",
    /^type must be "import" or "export", not "move"$/,
  );
  await refused(
    { ...order, format: "xml" },
    400,
    "invalid_argument",
    /^format must be "json" or "csv" or "tsv", not "xml"$/,
  );
  await refused(
    { ...order, stopOnError: "yes" },
    400,
    "invalid_argument",
    /^stopOnError must be true or false, not "yes"$/,
  );
  await refused(
    { ...order, format: "csv", csv: { header: ["a", 7] } },
    400,
    "invalid_argument",
    /^csv\.header\[1\] must be a text that is not empty, not 7$/,
  );
  await refused(
    { ...order, upsertFields: ["a"] },
    400,
    "invalid_argument",
    /^upsertFields is only for modes but insert$/,
  );
  await refused({ ...order, collection: "a$b" }, 400, "invalid_collection_name", /has a \$/);
  await refused({ ...order, file: "none" }, 404, "file_not_found", /none/);
  await refused(
    { ...order, file: "\ud800" },
    400,
    "invalid_argument",
    /^file has half a surrogate pair$/,
  );
  await refused("", 400, "empty_body", /empty/);
  await refused("[]", 400, "invalid_body", /not an object/);
  await refused("{", 400, "invalid_body", /not JSON/);
  await refused(Uint8Array.of(0x7b, 0xff, 0x7d), 400, "invalid_body", /not UTF-8/);
  await refused('{"type":"import","type":"export"}', 400, "invalid_body", /"type" is there twice/);
  await refused(" ".repeat(1024 * 1024 + 1), 413, "body_too_large", /1048576/);
  const out = { type: "export", file: "o", format: "json" };
  await refused(out, 400, "missing_argument", /^statement or collection$/);
  await refused(
    { ...out, statement: "x", limit: 1 },
    400,
    "invalid_argument",
    /^Either statement or limit, not both$/,
  );
  await refused({ ...out, statement: "db.collection(" }, 400, "invalid_query", /line 1/);
  await refused({ ...out, collection: "nowhere" }, 404, "collection_not_found", /nowhere/);
  await refused(
    { ...out, collection: "c", filter: { a: { $numberLong: "x" } } },
    400,
    "invalid_argument",
    /^filter: .*line 1, column/,
  );
  await refused({ ...out, collection: "c", filter: { $nope: 1 } }, 400, "invalid_query", /\$nope/);
  await refused(
    { ...out, collection: "c", sort: { a: 2 } },
    400,
    "invalid_query",
    /"a" must be 1 or -1/,
  );
  await refused(
    { ...out, collection: "c", csv: {} },
    400,
    "invalid_argument",
    /^csv is only for format csv$/,
  );
  await refused(
    { ...out, file: ".docferry/x", collection: "c" },
    400,
    "invalid_file_name",
    /begins with/,
  );
  // Nested deeper than any document may be, and than a call stack.
  const deep = `{"type":"export","file":"o","format":"json","collection":"c","filter":{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}}`;
  await refused(deep, 400, "invalid_argument", /^filter: .*200 levels/);
  await refused({ ...order, file: "x".repeat(100_000) }, 404, "file_not_found", /^.{400,600}$/);
  assertProblem(
    await api.send("POST", "jobs?x=1", { body: order }),
    400,
    "invalid_argument",
    /^x is unknown/,
  );
});

test("a submit that is sent again under its key is the same job, whatever has become of its file", async () => {
  await api.put("once.jsonl", '{"_id":1}');
  const body = JSON.stringify({ ...order, file: "once.jsonl", collection: "once" });
  const headers = { "idempotency-key": "first" };
  const [one, two] = await Promise.all([
    api.send("POST", "jobs", { body, headers }),
    api.send("POST", "jobs", { body, headers }),
  ]);
  assert.deepEqual(
    [one.status, two.status].sort((a, b) => a - b),
    [200, 201],
  );
  assert.equal(one.json.id, two.json.id);
  await api.ended(one.json.id);
  assert.equal((await api.send("DELETE", "files/once.jsonl")).status, 204);
  const again = await api.send("POST", "jobs", { body, headers });
  assert.equal(again.status, 200);
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.deepEqual([again.json.id, again.json.state], [one.json.id, "succeeded"]);
  assertProblem(
    await api.send("POST", "jobs", { body: `${body} `, headers }),
    409,
    "submit_key_used",
    /"first" was used for job/,
  );
  const other = await api.send("POST", "jobs", { body, headers: { "idempotency-key": "é" } });
  assertProblem(other, 400, "invalid_argument", /Idempotency-Key/);
});

test("lists newest first, page by page, right while jobs come in", async () => {
  await api.put("p.jsonl", '{"a":1}');
  const submit = () => api.submit({ ...order, file: "p.jsonl", collection: "pages" });
  const ids = [];
  for (let n = 0; n < 5; n++) ids.unshift((await submit()).id);
  const first = (await api.send("GET", "jobs?limit=2")).json;
  assert.deepEqual(
    first.items.map(({ id }: { id: number }) => id),
    ids.slice(0, 2),
  );
  await submit();
  const second = (await api.send("GET", `jobs?limit=2&cursor=${first.nextCursor}`)).json;
  assert.deepEqual(
    second.items.map(({ id }: { id: number }) => id),
    ids.slice(2, 4),
  );
  const rest = (await api.send("GET", `jobs?limit=1000&cursor=${second.nextCursor}`)).json;
  assert.equal(rest.items[0].id, ids[4]);
  assert.equal(rest.nextCursor, null);
  const exports = (await api.send("GET", "jobs?type=export&state=succeeded")).json;
  assert.ok(
    exports.items.every(
      (job: { type: string; state: string }) => job.type === "export" && job.state === "succeeded",
    ),
  );
  for (const [query, detail] of [
    ["limit=0", /^limit must be an integer of 1 to 1000, not 0$/],
    ["limit=1001", /^limit /],
    ["limit=ten", /^limit must be an integer of 1 to 1000, not "ten"$/],
    ["limit=1&limit=2", /"limit" is there twice/],
    ["state=done", /^state must be "queued" or/],
    ["cursor=abc", /^cursor "abc" is not one that this list gave$/],
    [`cursor=${Buffer.from("file:x").toString("base64url")}`, /is not one that this list gave/],
    ["page=2", /^page is unknown: there may be state, type, limit, cursor$/],
  ] as const) {
    assertProblem(await api.send("GET", `jobs?${query}`), 400, "invalid_argument", detail);
  }
});

test("a job that runs is cancelled, keeps its counts, and one that has ended stays as it is", async () => {
  const lines = Array.from({ length: 300_000 }, (_, n) => `{"_id":${n},"t":"${"x".repeat(60)}"}`);
  await api.put("big.jsonl", lines.join("\n"));
  const { id } = await api.submit({ ...order, file: "big.jsonl", collection: "big" });
  while ((await api.send("GET", `jobs/${id}`)).json.progress.records === 0);
  const asked = await api.send("POST", `jobs/${id}/cancel`);
  assert.deepEqual([asked.status, asked.json.state], [200, "cancelling"]);
  const job = await api.ended(id);
  assert.equal(job.state, "cancelled");
  const { json } = await api.send("GET", "collections");
  const { count } = json.items.find(({ name }: { name: string }) => name === "big");
  assert.ok(count > 0);
  assert.deepEqual([job.result?.records, job.result?.inserted], [count, count]);
  const again = await api.send("POST", `jobs/${id}/cancel`);
  assert.deepEqual(
    [again.status, again.json.state, again.json.ended],
    [200, "cancelled", job.ended],
  );
});

test("nobody sees what is not theirs, and each refusal of a caller says how to do better", async () => {
  const other = (await api.admin("POST", "apps", {})).json;
  await api.admin("POST", "environments", { app: other.id, id: "others-1" });
  const token = await api.tokenOf(other.id, other.secret);
  const job = await api.imported("mine", '{"_id":1}');
  const mine = `/v1/environments/${nativeAccount.envId}/jobs/${job.id}`;
  assertProblem(await api.send("GET", mine, { token }), 404, "environment_not_found");
  assertProblem(
    await api.send("GET", `/v1/environments/others-1/jobs/${job.id}`, { token }),
    404,
    "job_not_found",
  );
  assertProblem(await api.send("GET", "/v1/environments/none/jobs"), 404, "environment_not_found");
  for (const id of ["0", "999999", "2147483648", "abc", "1.5", "-1", "99999999999999999999"]) {
    assertProblem(await api.send("GET", `jobs/${id}`), 404, "job_not_found");
  }
  const missing = await api.send("GET", mine, { token: null });
  assertProblem(missing, 401, "bearer_missing");
  assert.equal(missing.headers.get("www-authenticate"), "Bearer");
  assertProblem(await api.send("GET", mine, { token: "x" }), 401, "token_unknown");
  assertProblem(
    await api.send("GET", mine, { token: null, headers: { authorization: "Basic eDp5" } }),
    401,
    "bearer_missing",
  );
  const put = await api.send("PUT", mine);
  assertProblem(put, 405, "method_not_allowed", /^PUT is not for this path: GET, HEAD$/);
  assert.equal(put.headers.get("allow"), "GET, HEAD");
  assertProblem(await api.send("GET", `${mine}/nothing`), 404, "unknown_path");
  const head = await api.send("HEAD", mine);
  assert.deepEqual([head.status, head.text], [200, ""]);
});

test("collections are listed with their documents", async () => {
  await api.imported("counted", '{"_id":1}\n{"_id":2}\n');
  const { json } = await api.send("GET", "collections");
  assert.equal(json.nextCursor, null);
  const counted = json.items.find(({ name }: { name: string }) => name === "counted");
  assert.deepEqual(
    [counted.count, Object.keys(counted)],
    [2, ["name", "count", "size", "indexCount", "indexSize"]],
  );
  assert.ok(counted.size > 0);
});
