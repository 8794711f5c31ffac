import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import type { NumbersCalls, NumbersThread } from "../../test/support/sqlite-thread.ts";
import { openReader, openWriter, schemaVersion } from "./open.ts";
import { SqliteWriter } from "./writer.ts";

const entry = new URL("../../test/support/sqlite-thread.ts", import.meta.url);

describe("SqliteWriter", () => {
  let folder: string;
  let migrations: URL;
  let files = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "docferry-sqlite-"));
    migrations = pathToFileURL(`${join(folder, "migrations")}/`);
    await mkdir(migrations);
    await writeFile(
      new URL("001-number.sql", migrations),
      "CREATE TABLE number (value INTEGER) STRICT;",
    );
  });
  after(() => rm(folder, { recursive: true }));

  const newFile = (): string => join(folder, `${++files}.sqlite`);
  const start = (file: string): Promise<SqliteWriter<NumbersCalls>> =>
    SqliteWriter.start(
      entry,
      { file, migrations: migrations.href } satisfies NumbersThread,
      "numbers",
    );
  it("answers calls in their order, each behind its commit", async () => {
    const file = newFile();
    await using writer = await start(file);
    assert.deepEqual(await writer.call("add", 1), [1]);
    assert.deepEqual(numbersIn(file), [1]);
    const answers = await Promise.all([2, 3, 4].map((value) => writer.call("add", value)));
    assert.deepEqual(answers, [
      [1, 2],
      [1, 2, 3],
      [1, 2, 3, 4],
    ]);
    assert.deepEqual(numbersIn(file), [1, 2, 3, 4]);
  });

  it("takes back a call that throws, not those beside it", async () => {
    const file = newFile();
    await using writer = await start(file);
    const calls = [
      writer.call("add", 1),
      writer.call("addAndFail", 2),
      writer.call("add", 3),
      writer.call("isolated", -4),
      writer.call("isolated", 5),
      writer.call("add", 6),
    ];
    const [, failed, third, isolated, alone, last] = await Promise.allSettled(calls);
    assert.equal(failed?.status === "rejected" && failed.reason.code, "conflict");
    assert.deepEqual(third, { status: "fulfilled", value: [1, 3] });
    assert.equal(isolated?.status === "rejected" && isolated.reason.message, "Not -4");
    assert.deepEqual(alone, { status: "fulfilled", value: false });
    assert.deepEqual(last, { status: "fulfilled", value: [1, 3, 5, 6] });
    assert.deepEqual(numbersIn(file), [1, 3, 5, 6]);
  });

  it("commits many waiting calls, more than one commit takes", async () => {
    const file = newFile();
    await using writer = await start(file);
    const values = Array.from({ length: 1000 }, (_, i) => i);
    await Promise.all(values.map((value) => writer.call("add", value)));
    assert.deepEqual(numbersIn(file), values);
  });

  it("lets all of a group fail whose transaction is lost, and goes on", async () => {
    const file = newFile();
    await using writer = await start(file);
    const calls = await Promise.allSettled([
      writer.call("add", 1),
      writer.call("loseTransaction", 2),
    ]);
    assert.equal(calls[1].status, "rejected");
    const committed = calls[0].status === "fulfilled" ? [1] : [];
    assert.deepEqual(numbersIn(file), committed);
    assert.deepEqual(await writer.call("add", 3), [...committed, 3]);
  });

  it("moves memory to the thread", async () => {
    await using writer = await start(newFile());
    const bytes = new Uint8Array(1000);
    assert.equal(await writer.call("size", bytes, [bytes.buffer]), 1000);
    assert.equal(bytes.length, 0);
  });

  it("answers what was asked before it is closed, and nothing later", async () => {
    const file = newFile();
    const writer = await start(file);
    const asked = writer.call("add", 1);
    const closed = writer[Symbol.asyncDispose]();
    assert.deepEqual(await asked, [1]);
    await closed;
    assert.equal(writer.ended, true);
    await assert.rejects(writer.call("add", 2), { code: "store_unavailable" });
    await writer[Symbol.asyncDispose]();
    assert.deepEqual(numbersIn(file), [1]);
  });

  it("fails every call once its thread has died", async () => {
    const writer = await start(newFile());
    const calls = await Promise.allSettled([
      writer.call("die", undefined),
      new Promise((resolve) => setImmediate(resolve)).then(() => writer.call("add", 1)),
    ]);
    assert.ok(calls.every(({ status }) => status === "fulfilled" || status === "rejected"));
    while (!writer.ended) await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(writer.call("add", 2), { code: "store_unavailable" });
    await writer[Symbol.asyncDispose]();
  });

  it("says why it cannot open its file", async () => {
    const newer = newFile();
    using db = new DatabaseSync(newer);
    db.exec("PRAGMA user_version=2; PRAGMA application_id=7");
    await assert.rejects(start(newer), { code: "newer_schema", message: /version 2/ });
    db.exec("PRAGMA user_version=1; PRAGMA application_id=8");
    await assert.rejects(start(newer), {
      code: "newer_schema",
      message: /not a file of this kind/,
    });
  });

  it("brings a file's schema up to date, step by step, and remembers how far", async () => {
    const file = newFile();
    const schema = { applicationId: 7, migrations };
    openWriter(file, schema, "FULL").close();
    const steps = pathToFileURL(`${join(folder, "more")}/`);
    await mkdir(steps);
    for (const [name, sql] of [
      ["001-number.sql", "CREATE TABLE number (value INTEGER) STRICT;"],
      ["002-name.sql", "CREATE TABLE name (text TEXT); INSERT INTO name VALUES ('x');"],
      ["003-broken.sql", "INSERT INTO name VALUES ('y'); INSERT INTO nothing VALUES (1);"],
    ] as const) {
      await writeFile(new URL(name, steps), sql);
    }
    assert.throws(() => openWriter(file, { ...schema, migrations: steps }, "FULL"), /nothing/);
    using reader = openReader(file);
    assert.equal(schemaVersion(reader, file, { ...schema, migrations: steps }), 2);
    assert.deepEqual(
      reader
        .prepare("SELECT text FROM name")
        .all()
        .map((row) => row["text"]),
      ["x"],
    );
    assert.throws(() => reader.exec("INSERT INTO name VALUES ('z')"), /readonly/);
  });
});

function numbersIn(file: string): unknown[] {
  using reader = openReader(file);
  return reader
    .prepare("SELECT value FROM number ORDER BY value")
    .all()
    .map((row) => row["value"]);
}
