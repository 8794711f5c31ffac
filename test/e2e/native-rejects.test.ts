import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertProblem, NativeService } from "../support/native.ts";

let api: NativeService;
before(async () => {
  api = await NativeService.start();
});
after(() => api[Symbol.asyncDispose]());

const lines = ['{"_id":1}', "{bad", '{"_id":1,"again":true}', '{"_id":2}'];

interface RejectLine {
  line: number;
  column: number;
  offset: number;
  code: string;
  message: string;
  path: string;
  raw: string;
}

async function rejectsOf(id: number): Promise<RejectLine[]> {
  const sent = await api.send("GET", `jobs/${id}/rejects`);
  assert.equal(sent.status, 200, sent.text);
  assert.equal(sent.headers.get("content-type"), "application/x-ndjson");
  return sent.text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

test("every reject comes back: why, and as it was", async () => {
  const job = await api.imported("some", lines.join("\n"));
  assert.deepEqual([job.result?.records, job.result?.inserted, job.result?.rejects], [4, 2, 2]);
  const rejects = await rejectsOf(job.id);
  assert.deepEqual(
    rejects.map(({ line, offset, code, raw }) => ({ line, offset, code, raw })),
    [
      { line: 2, offset: 10, code: "json_syntax", raw: "{bad" },
      { line: 3, offset: 15, code: "duplicate_id", raw: lines[2] },
    ],
  );
  assert.ok(
    rejects.every(
      ({ message, column, path }) => message !== "" && column >= 0 && typeof path === "string",
    ),
  );
  const file = await api.send("GET", `jobs/${job.id}/rejects/file`);
  assert.equal(file.text, `{bad\n${lines[2]}\n`);
  assert.match(
    file.headers.get("content-disposition") ?? "",
    new RegExp(`job-${job.id}-rejects\\.json`),
  );
  const part = await api.send("GET", `jobs/${job.id}/rejects/file`, {
    headers: { range: "bytes=0-3" },
  });
  assert.deepEqual([part.status, part.text], [206, "{bad"]);
});

test("a job without rejects has none to read, and no file", async () => {
  const job = await api.imported("all", '{"_id":1}');
  assert.deepEqual(await rejectsOf(job.id), []);
  assertProblem(
    await api.send("GET", `jobs/${job.id}/rejects/file`),
    409,
    "conflict",
    /has no rejects/,
  );
  assertProblem(
    await api.send("POST", `jobs/${job.id}/retry-rejects`),
    409,
    "conflict",
    /has no rejects/,
  );
  assertProblem(await api.send("GET", "jobs/99999/rejects"), 404, "job_not_found");
  assertProblem(await api.send("POST", "jobs/99999/retry-rejects"), 404, "job_not_found");
});

test("rejects are read while the job runs; their file and a retry wait for its end", async () => {
  for (let records = 200_000; ; records *= 2) {
    // The first record fails; the rest keeps the job busy.
    const rest = Array.from({ length: records }, (_, n) => `{"_id":${n},"t":"${"x".repeat(60)}"}`);
    await api.put("long.jsonl", ["{bad", ...rest].join("\n"));
    const order = { type: "import", file: "long.jsonl", format: "json" };
    const { id } = await api.submit({ ...order, collection: `long${records}` });
    while ((await api.send("GET", `jobs/${id}`)).json.progress.rejects === 0);
    const [first] = await rejectsOf(id);
    const file = await api.send("GET", `jobs/${id}/rejects/file`);
    const retry = await api.send("POST", `jobs/${id}/retry-rejects`);
    const { json } = await api.send("GET", `jobs/${id}`);
    if (json.ended !== null && records < 2_000_000) continue;
    assert.equal(json.ended, null, "it ran while all this was asked");
    assert.deepEqual([first?.line, first?.raw], [1, "{bad"]);
    assertProblem(file, 409, "conflict", /has not ended/);
    assertProblem(retry, 409, "conflict", /has not ended/);
    await api.send("POST", `jobs/${id}/cancel`);
    await api.ended(id);
    return;
  }
});

test("rejects are imported again with the old options, once for each key", async () => {
  const csv = "id,n\na,1\nb,x\nc,3\n";
  await api.put("typed.csv", csv);
  const order = {
    type: "import",
    file: "typed.csv",
    collection: "typed",
    format: "csv",
    csv: { header: ["id.string()", "n.int32()"], typed: true, parseGrace: "skipRow" },
  };
  const job = await api.ended((await api.submit(order)).id);
  // The first row is no header here, so it fails as well.
  assert.deepEqual([job.result?.inserted, job.result?.rejects], [2, 2], JSON.stringify(job));
  const headers = { "idempotency-key": "retry" };
  const retried = await api.send("POST", `jobs/${job.id}/retry-rejects`, { headers });
  assert.equal(retried.status, 201);
  assert.deepEqual(
    [retried.json.file, retried.json.collection, retried.json.format],
    [job.result?.file, "typed", "csv"],
  );
  const again = await api.send("POST", `jobs/${job.id}/retry-rejects`, { headers });
  assert.deepEqual([again.status, again.json.id], [200, retried.json.id]);
  const second = await api.ended(retried.json.id);
  assert.deepEqual([second.result?.records, second.result?.rejects], [2, 2]);

  // A record that failed because its document was there already goes in once that is gone.
  const taken = await api.imported("taken", '{"_id":1}\n{"_id":1}\n');
  assert.equal(taken.result?.rejects, 1);
  await api.put("remove.jsonl", '{"_id":1}');
  const remove = {
    type: "import",
    file: "remove.jsonl",
    collection: "taken",
    format: "json",
    mode: "delete",
  };
  assert.equal((await api.ended((await api.submit(remove)).id)).result?.deleted, 1);
  const retry = await api.send("POST", `jobs/${taken.id}/retry-rejects`);
  assert.equal((await api.ended(retry.json.id)).result?.inserted, 1);
});

test("an export has no rejects", async () => {
  await api.imported("exported", '{"_id":1}');
  const order = { type: "export", file: "e.jsonl", format: "json", collection: "exported" };
  const job = await api.ended((await api.submit(order)).id);
  assert.deepEqual(await rejectsOf(job.id), []);
  assertProblem(await api.send("POST", `jobs/${job.id}/retry-rejects`), 409, "conflict");
});
