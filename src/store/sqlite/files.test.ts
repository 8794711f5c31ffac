import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { afterwards } from "../../../test/support/afterwards.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { openTestStore } from "../../../test/support/accounts.ts";
import type { FileCondition } from "../file-index.ts";

async function openIndex(t: TestContext) {
  const file = join(await tempFolder(t), "jobs.sqlite");
  const store = await openTestStore(file);
  afterwards(t, () => store[Symbol.asyncDispose]());
  const put = (
    name: string,
    options: { object?: string; environment?: string; now?: number } = {},
  ) =>
    store.files.put({
      environment: options.environment ?? "e1",
      name,
      object: { id: options.object ?? `object of ${name}`, size: 5, md5: "0".repeat(32) },
      contentType: "text/plain",
      now: options.now ?? 1,
    });
  return { index: store.files, put, file };
}

test("a name points to what was put last, and to nothing once removed", async (t) => {
  const { index, put } = await openIndex(t);
  assert.equal(await index.get("e1", "a"), undefined);
  const first = await put("a", { object: "one" });
  assert.deepEqual(await index.get("e1", "a"), first);
  assert.deepEqual(first, {
    environment: "e1",
    name: "a",
    object: "one",
    size: 5,
    md5: "0".repeat(32),
    contentType: "text/plain",
    modifiedAt: 1,
  });
  const second = await put("a", { object: "two", now: 2 });
  assert.deepEqual(await index.get("e1", "a"), second);
  assert.equal(second.object, "two");
  assert.equal(await index.remove("e1", "a"), true);
  assert.equal(await index.remove("e1", "a"), false);
  assert.equal(await index.get("e1", "a"), undefined);
});

test("environments do not see each other, and names are not paths", async (t) => {
  const { index, put } = await openIndex(t);
  await put("a");
  await put("a/b");
  await put("A");
  await put("a", { environment: "e2", object: "other" });
  assert.equal((await index.get("e2", "a"))?.object, "other");
  assert.equal(await index.get("e2", "a/b"), undefined);
  await index.remove("e1", "a");
  assert.ok(await index.get("e1", "a/b"));
  assert.ok(await index.get("e2", "a"));
});

test("lists in the order of name bytes, page by page", async (t) => {
  const { index, put } = await openIndex(t);
  // In UTF-16, which JavaScript compares by, the ship would come before U+FFFD.
  const names = ["A", "a", "a b", "a/", "a/b", "b", "é", "\ufffd", "🛳", "\u{10ffff}"];
  const byBytes = [...names].sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  for (const name of names.toReversed()) await put(name);
  await put("b", { environment: "e2" });
  const seen: string[] = [];
  let after: string | null = null;
  for (;;) {
    const page = await index.list({ environment: "e1", prefix: "", after, limit: 3 });
    if (page.length === 0) break;
    assert.ok(page.length <= 3);
    seen.push(...page.map(({ name }) => name));
    after = seen.at(-1) ?? null;
  }
  assert.deepEqual(seen, byBytes);
});

test("a prefix selects exactly the names that begin with it", async (t) => {
  const { index, put } = await openIndex(t);
  const names = [
    "a",
    "a/",
    "a/b",
    "a0",
    "aé",
    "a\u{10ffff}",
    "a\u{10ffff}b",
    "b",
    "\ud7ff",
    "\ue000",
    "%",
    "_",
  ];
  for (const name of names) await put(name);
  for (const prefix of [
    "",
    "a",
    "a/",
    "a\u{10ffff}",
    "\u{10ffff}",
    "\ud7ff",
    "%",
    "_",
    "zz",
    "A",
  ]) {
    const found = await index.list({ environment: "e1", prefix, after: null, limit: 100 });
    assert.deepEqual(
      found.map(({ name }) => name).sort(),
      names.filter((name) => name.startsWith(prefix)).sort(),
      JSON.stringify(prefix),
    );
  }
  const rest = await index.list({ environment: "e1", prefix: "a", after: "a/b", limit: 2 });
  assert.deepEqual(
    rest.map(({ name }) => name),
    ["a0", "aé"],
  );
});

test("an object is needed by a name, by a job that has not ended, by a part of such a job", async (t) => {
  const { index, put, file } = await openIndex(t);
  await put("a", { object: "named" });
  await put("b", { object: "replaced" });
  await put("b", { object: "replacing" });
  const db = new DatabaseSync(file, { timeout: 5000 });
  afterwards(t, () => db.close());
  const job = db.prepare(
    `INSERT INTO job (key, environment, type, spec, object, state, counts, created_at, ended_at)
     VALUES (?, 'e1', 'import', '{}', ?, 'queued', '{}', 1, ?)`,
  );
  job.run("k1", "pinned", null);
  job.run("k2", "unpinned", 5);
  job.run("k3", "both", 5);
  job.run("k4", "both", null);
  db.exec(
    `INSERT INTO part (job_id, task, ordinal, object, size, md5, counts, digest, retyped)
     VALUES (1, 0, 0, 'part', 1, '', '{}', '', 0), (2, 0, 0, 'joined', 1, '', '{}', '', 0)`,
  );
  const needed = ["named", "replacing", "pinned", "both", "part"];
  const unneeded = ["joined", "replaced", "unknown", "unpinned"];
  assert.deepEqual((await index.unreferenced([...needed, ...unneeded])).sort(), unneeded);
  assert.deepEqual(await index.unreferenced([]), []);
});

test("a change happens only to the file that was meant", async (t) => {
  const { index } = await openIndex(t);
  const put = (content: string, condition: FileCondition) =>
    index.put({
      environment: "e1",
      name: "a",
      object: { id: `object ${content}`, size: 1, md5: content },
      contentType: "text/plain",
      now: 1,
      condition,
    });
  const refused = { code: "precondition_failed" };
  await assert.rejects(put("1", { is: "any", isNot: null }), refused);
  await put("1", { is: null, isNot: "any" });
  await assert.rejects(put("2", { is: null, isNot: "any" }), refused);
  await assert.rejects(put("2", { is: ["0"], isNot: null }), refused);
  await assert.rejects(put("2", { is: null, isNot: ["1"] }), refused);
  assert.equal((await index.get("e1", "a"))?.md5, "1");
  await put("2", { is: ["0", "1"], isNot: ["2"] });
  await assert.rejects(index.remove("e1", "a", { is: ["1"], isNot: null }), refused);
  assert.equal(await index.remove("e1", "a", { is: ["2"], isNot: null }), true);
  await assert.rejects(index.remove("e1", "a", { is: "any", isNot: null }), refused);
});

test("an environment's names are removed together, hidden ones too", async (t) => {
  const { index, put } = await openIndex(t);
  for (const name of ["a", "b", ".docferry/jobs/1/x"]) await put(name);
  await put("a", { environment: "e2" });
  assert.equal(await index.removeAll("e1", 2), 2);
  assert.equal(await index.removeAll("e1", 2), 1);
  assert.equal(await index.removeAll("e1", 2), 0);
  assert.notEqual(await index.get("e2", "a"), undefined);
});
