import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BSON } from "bson";
import type { JobOrder } from "../../src/engine/engine.ts";
import { DocferryError } from "../../src/job/errors.ts";
import { endedStates, type Job } from "../../src/job/job.ts";
import { planFromParts, type QueryParts } from "../../src/query/parts.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder, putFile } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type FaultyEngine, openFaultyEngine } from "./faulty-engine.ts";

// An export of several parts whose attempt ends behind each of them, by a query that takes the documents in a way of its own:
// the file is that of an undisturbed one. A service makes parts of 64 MiB; here each page of a thousand documents is one.

const records = 3_500;
const lines = Array.from({ length: records }, (_, n) => `{"_id":${n},"n":${(n * 7919) % records}}`);

const queries = {
  everything: {},
  "a limit in a later part": { limit: 2_300 },
  "a skip and a limit": { skip: 700, limit: 1_900 },
  "a filter and a limit": { filter: BSON.serialize({ _id: { $gte: 500 } }), limit: 2_100 },
  "an order that has no key to go on from": {
    sort: [{ path: "n", direction: 1 }],
    skip: 10,
    limit: 2_300,
  },
} satisfies Record<string, Partial<QueryParts>>;

const strikes: Record<string, (engine: FaultyEngine) => Promise<void>> = {
  fails: async () => {
    throw new DocferryError("busy", "Injected");
  },
  "loses its lease": (engine) => engine.loseLeases(),
};

for (const [what, parts] of Object.entries(queries)) {
  test(`an export of ${what} whose attempts end behind one part after another has each document once`, async (t) => {
    let strike: ((engine: FaultyEngine) => Promise<void>) | null = null;
    let made = 0;
    let struck = 0;
    const engine: FaultyEngine = await openFaultyEngine(await tempFolder(t), async (point) => {
      if (point !== "after jobs.addPart" || strike === null) return;
      // Behind the first part of the first attempt, the second of the second, …: those without a key begin anew each time.
      if (++made <= struck) return;
      made = 0;
      struck++;
      await strike(engine);
    });
    afterwards(t, () => engine[Symbol.asyncDispose]());
    await putFile(engine, "people.json", `${lines.join("\n")}\n`);
    assert.equal((await ended(engine, importOrder())).state, "succeeded");
    const undisturbed = await exported(engine, "undisturbed", parts);
    for (const [how, doing] of Object.entries(strikes)) {
      strike = doing;
      [made, struck] = [0, 0];
      assert.deepEqual(await exported(engine, how.replaceAll(" ", "-"), parts), undisturbed, how);
      assert.ok(struck > 1, `${struck} attempts ended`);
    }
  });
}

async function exported(engine: FaultyEngine, name: string, parts: Partial<QueryParts>) {
  const job = await ended(engine, {
    type: "export",
    file: `${name}.json`,
    query: planFromParts({ collection: "people", ...parts }),
    format: { format: "json", form: "relaxed", array: false, pretty: false },
  });
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  const file = await engine.store.files.get(environment, `${name}.json`);
  assert.ok(file);
  const pieces: Uint8Array[] = [];
  const { signal } = new AbortController();
  for await (const piece of engine.files.read(
    file.object,
    { from: 0, to: file.size },
    { signal },
  )) {
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  assert.equal(text.split("\n").length - 1, job.progress.counts.records);
  return { text, counts: job.progress.counts, digest: job.result?.digest };
}

async function ended(engine: FaultyEngine, order: JobOrder): Promise<Job> {
  const { id } = await engine.engine.submit(environment, order);
  for (let looks = 1; ; looks++) {
    const job = await engine.store.jobs.get(id);
    if (job && endedStates.has(job.state)) return job;
    await sleep(2);
    if (looks % 25 === 0) await engine.releaseDue();
  }
}
