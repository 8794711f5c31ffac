import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pino from "pino";
import { compose } from "../../src/compose.ts";
import { resolveConfig } from "../../src/config.ts";

/**
 * Asserts that on a folder whose jobs have all ended the sweeper leaves what users stored and nothing else: no object without
 * a name, no task, no lease, no progress of a task, no reject, no file that docferry made for a job.
 */
export async function assertNothingLeftBehind(folder: string): Promise<void> {
  endLongAgo(join(folder, "store.sqlite"));
  const config = resolveConfig(
    { data: folder, threads: 1, keepDays: 0, garbageSeconds: 0 },
    {},
    null,
  );
  await using parts = await compose(config, pino({ level: "silent" }));
  // A hundred jobs a time.
  for (let left = Infinity; left > 0;) {
    await parts.engine.clean();
    left = (await parts.store.jobs.expired(Date.now(), 1)).length;
  }
  const objects: string[] = [];
  for await (const id of parts.files.list({ before: new Date(Date.now() + 60_000) })) {
    objects.push(id);
  }
  using store = new DatabaseSync(join(folder, "store.sqlite"), { readOnly: true });
  const named = store.prepare("SELECT DISTINCT object FROM file").all();
  assert.deepEqual(
    objects.sort(),
    named.map((row) => String(row["object"])).sort(),
    "objects without a name are left",
  );
  const hidden = store.prepare("SELECT name FROM file WHERE name GLOB '.docferry/jobs/*'").all();
  assert.deepEqual(hidden, [], "files of jobs that are forgotten are left");
  for (const table of ["task", "part", "chunk"]) {
    const left = store.prepare(`SELECT * FROM ${table} LIMIT 3`).all();
    assert.deepEqual(left, [], `${table} has rows left`);
  }
  for (const environment of store.prepare("SELECT DISTINCT environment FROM job").all()) {
    const file = join(folder, "environments", `${String(environment["environment"])}.sqlite`);
    using database = new DatabaseSync(file, { readOnly: true });
    for (const table of ["task_progress", "rejects"]) {
      assert.deepEqual(database.prepare(`SELECT * FROM ${table} LIMIT 3`).all(), [], table);
    }
    const { integrity_check: whole } = database.prepare("PRAGMA integrity_check").get() ?? {};
    assert.equal(whole, "ok");
  }
}

/** Whatever clock the jobs ended by, their keep time is over. */
function endLongAgo(file: string): void {
  using store = new DatabaseSync(file);
  const [running] = store.prepare("SELECT * FROM job WHERE ended_at IS NULL LIMIT 1").all();
  assert.equal(running, undefined, "a job has not ended");
  store.exec("UPDATE job SET ended_at = 0");
}
