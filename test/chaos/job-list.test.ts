import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { dataPaths } from "../../src/data-folder.ts";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { storedQuery } from "../../src/engine/job-plan.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { Cli } from "../support/cli.ts";
import { importOrder } from "../support/engine.ts";
import { account, commandVariables, TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { Ferryman, peopleOrder } from "./heavy-import.ts";

const old = 10_000;
test("10,000 jobs are listed page by page, each once and in order, while jobs come in, run and are cancelled", async (t) => {
  const { ferryman, folder } = await serviceWithJobs(t);
  const stop = new AbortController();
  const made: number[] = [];
  const coming = Promise.all(
    Array.from({ length: 4 }, () => comeAndGo(ferryman, made, stop.signal)),
  );
  coming.catch(() => undefined);
  const all = Array.from({ length: old }, (_, n) => old - n);
  for (const [query, ids] of [
    ["", all],
    ["state=cancelled", all],
    ["type=export", all.filter((id) => id % 4 === 0)],
    ["type=export&state=cancelled", all.filter((id) => id % 4 === 0)],
  ] as const) {
    for (const limit of [1000, 137]) {
      const before = made.length;
      const listed = await pages(ferryman, `${query}&limit=${limit}`);
      const told = `${query} by ${limit}`;
      for (const [n, { id }] of listed.entries()) {
        assert.ok(n === 0 || id < (listed[n - 1]?.id ?? 0), `${told}: ${id} is out of order`);
      }
      assert.deepEqual(
        listed.map(({ id }) => id).filter((id) => id <= old),
        ids,
        told,
      );
      // What came before the first page was asked for and is asked for is there.
      const seen = new Set(listed.map(({ id }) => id));
      if (query === "")
        for (const id of made.slice(0, before))
          assert.ok(seen.has(id), `${told}: ${id} is missing`);
      for (const job of listed) {
        if (query.includes("state")) assert.equal(job.state, "cancelled");
        if (query.includes("type")) assert.equal(job.type, "export");
      }
    }
  }
  stop.abort();
  await coming;
  t.diagnostic(`${made.length} jobs came meanwhile`);
  assert.ok(made.length > 8);

  const cli = new Cli(folder, commandVariables(ferryman.service));
  const words = ["jobs", "list", "--limit", "100000"];
  const json = await cli.run(...words, "--json");
  assert.equal(json.code, 0, json.stderr);
  const ids = (JSON.parse(json.stdout) as NativeJob[]).map(({ id }) => id);
  assert.deepEqual(
    ids,
    Array.from({ length: old + made.length }, (_, n) => old + made.length - n),
  );
  const table = await cli.run(...words, "--type", "export");
  assert.equal(table.stdout.trimEnd().split("\n").length, old / 4 + 1);
  assert.equal(await ferryman.service.stop(), 0);
});

/** A service on a folder with ended jobs, three imports to an export. */
async function serviceWithJobs(t: TestContext) {
  const folder = await tempFolder(t);
  const data = join(folder, "data");
  const flags = ["--log-level", "warn"];
  const first = await TestService.start(t, data, { flags });
  await (await Ferryman.of(first)).put("people.json", '{"_id":1}\n{oops}\n');
  assert.equal(await first.stop(), 0);
  {
    const limits = { total: 4, perEnvironment: 4 };
    await using store = await SqliteStore.open({ file: dataPaths(data).store, limits });
    const { environment } = account;
    const file = await store.files.get(environment, "people.json");
    assert.ok(file);
    const specs = [
      {
        type: "export" as const,
        file: "out.json",
        query: storedQuery(planFromParts({ collection: "people" })),
        format: { format: "json", form: "relaxed", array: false, pretty: false } as const,
      },
      ...Array.from({ length: 3 }, () => ({
        ...importOrder(),
        object: file.object,
        size: file.size,
      })),
    ] as const;
    for (let n = 0; n < old; n += 500) {
      const jobs = await Promise.all(
        Array.from({ length: 500 }, (_, k) =>
          store.jobs.submit({
            key: randomBytes(16).toString("hex"),
            environment,
            spec: specs[(n + k + 1) % 4] ?? specs[0],
            now: Date.now(),
          }),
        ),
      );
      await Promise.all(jobs.map(({ id }) => store.jobs.cancel(id, Date.now())));
    }
  }
  return { ferryman: await Ferryman.of(await TestService.start(t, data, { flags })), folder };
}

/** Jobs one after the other, of which some are let run and none is left. */
async function comeAndGo(ferryman: Ferryman, made: number[], stop: AbortSignal): Promise<void> {
  for (let n = 0; !stop.aborted; n++) {
    const { id } = await ferryman.submit(peopleOrder);
    made.push(id);
    // One that is cancelled would stand in the list of the cancelled: it comes on top, as all do.
    if (n % 3 === 0) await ferryman.send("POST", `jobs/${id}/cancel`);
    await ferryman.ended(id);
  }
}

async function pages(ferryman: Ferryman, query: string): Promise<NativeJob[]> {
  const jobs: NativeJob[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await ferryman.send("GET", `jobs?${query.replace(/^&/, "")}${at}`);
    const page = (await answer.json()) as { items: NativeJob[]; nextCursor: string | null };
    assert.equal(answer.status, 200, JSON.stringify(page));
    jobs.push(...page.items);
    cursor = page.nextCursor;
  }
  return jobs;
}
