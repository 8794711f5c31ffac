import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobOrder } from "../../src/engine/engine.ts";
import { noCounts } from "../../src/job/counts.ts";
import { endedStates, type Job } from "../../src/job/job.ts";
import { planFromParts } from "../../src/query/parts.ts";
import { afterwards } from "../support/afterwards.ts";
import { environment, importOrder, putFile } from "../support/engine.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type FaultyEngine, openFaultyEngine, threadPoints } from "./faulty-engine.ts";
import { assertNothingLeftBehind } from "./left-behind.ts";
import { threadFaults } from "./thread-faults.ts";

// Every effect of a small import and a small export is struck in turn, before and after it. Whatever strikes, the end is the
// same: exact counts, each reject once, the very bytes of an undisturbed export, nothing left behind.

const good = Array.from({ length: 40 }, (_, n) => `{"_id":${n},"text":"${"x".repeat(20)}"}`);
const bad = ['{"_id":7,"twice":true}', '{"_id":100,"broken":'];
const content = `${[...good.slice(0, 20), bad[0], ...good.slice(20), bad[1]].join("\n")}\n`;
const exported = `[${good.join(",")}]\n`;

const exportOf = (collection: string): JobOrder => ({
  type: "export",
  file: `${collection}.out`,
  query: planFromParts({ collection }),
  // With brackets around it: there is a part, and the file is joined.
  format: { format: "json", form: "relaxed", array: true, pretty: false },
});

/** What an undisturbed import and export pass by, in the engine's thread; each has a `before` and an `after`. */
const effects = [
  "database.createCollection",
  "database.flush",
  "database.openSink",
  "database.sealJob",
  "databases.open",
  "files.create",
  "jobs.addChunks",
  "jobs.addPart",
  "jobs.claim",
  "jobs.finishJob",
  "jobs.finishPlan",
  "jobs.finishTask",
  "jobs.submit",
  "sink.write",
  "writer.finish",
  "writer.write",
];

/** What else the engine calls, and where it is proved. */
const elsewhere: Record<string, string> = {
  "jobs.mirror": "a mirror that fails changes no count: below",
  "jobs.beat": "a beat that fails costs the lease: below",
  "jobs.fail": "each error below passes by it",
  "jobs.giveBack": "test/e2e/life-cycle.test.ts",
  "jobs.dropParts": "test/contract/job-store.ts",
  "jobs.sweep": "each lost lease below passes by it",
  "jobs.cancel": "test/e2e/engine.test.ts",
  "jobs.cancelAll": "test/e2e/native-jobs.test.ts",
  "jobs.stall": "test/chaos/disk-full.test.ts",
  "jobs.forget": "test/chaos/left-behind.ts",
  "jobs.remove": "test/e2e/native-jobs.test.ts",
  "index.remove": "test/chaos/left-behind.ts",
  "index.removeAll": "test/e2e/native-jobs.test.ts",
  "database.forgetJob": "test/chaos/left-behind.ts",
  "database.dropCollection": "test/e2e/collections.test.ts",
  "database.setAccessRule": "test/e2e/batch.test.ts",
  "databases.remove": "test/e2e/native-jobs.test.ts",
  "requests.forget": "src/http/request-recorder.test.ts",
  "files.remove": "test/chaos/left-behind.ts",
};

const points = effects.flatMap((effect) => [`before ${effect}`, `after ${effect}`]);

/** Strikes once, where it is armed. */
class Faults {
  readonly passed: string[] = [];
  #armed: { point: string; strike: () => Promise<void> } | null = null;
  #struck: Promise<void> | null = null;

  readonly at = async (point: string): Promise<void> => {
    this.passed.push(point);
    if (this.#armed?.point !== point) return;
    const { strike } = this.#armed;
    this.#armed = null;
    this.#struck = strike();
    await this.#struck;
  };

  arm(point: string, strike: () => Promise<void>): void {
    this.#struck = null;
    this.#armed = { point, strike };
  }

  /** It has struck, and is over. */
  async over(): Promise<void> {
    assert.ok(this.#struck, "the fault has not struck");
    await this.#struck.catch(() => undefined);
    // What it has let go goes on.
    await sleep(5);
  }
}

interface Ferried {
  about: string;
  name: string;
  imported: Job;
  out: Job;
}

/** One import and one export, submitted as often as it takes. */
class Ferry {
  readonly #folder: string;
  readonly #faults: Faults;
  #opened: Promise<FaultyEngine>;
  readonly #ferried: Ferried[] = [];
  /** The job under way. */
  job: number | null = null;

  constructor(folder: string, faults: Faults) {
    this.#folder = folder;
    this.#faults = faults;
    this.#opened = openFaultyEngine(folder, faults.at);
  }

  get engine(): Promise<FaultyEngine> {
    return this.#opened;
  }

  /** The process dies here and now, and another one takes the folder. */
  async crash(): Promise<void> {
    const old = await this.#opened;
    this.#opened = old.crash().then(() => openFaultyEngine(this.#folder, this.#faults.at));
    throw new Error("The process is gone");
  }

  /** Ferries in and out, and asserts that nothing shows what happened meanwhile. */
  async thereAndBack(about: string): Promise<void> {
    const name = `c${this.#ferried.length}`;
    await this.#put(`${name}.json`);
    const imported = await this.#run(
      `${name} in`,
      importOrder({ file: `${name}.json`, collection: name }),
    );
    const out = await this.#run(`${name} out`, exportOf(name));
    await this.#faults.over();
    for (const job of [imported, out]) {
      assert.equal(job.state, "succeeded", `${about}: ${JSON.stringify(job.error)}`);
      assert.equal(job.stalled, null, about);
    }
    assert.deepEqual(
      imported.progress.counts,
      { ...noCounts, records: 42, inserted: 40, rejected: 2 },
      about,
    );
    assert.equal(out.progress.counts.records, 40, about);
    this.#ferried.push({ about, name, imported, out });
    await this.#assertStands(this.#ferried.at(-1) as Ferried);
  }

  /** Ends it, once all is still as it was: a zombie may have taken its time. */
  async end(): Promise<void> {
    for (const ferried of this.#ferried) await this.#assertStands(ferried);
    await this.close();
  }

  async close(): Promise<void> {
    await (await this.#opened)[Symbol.asyncDispose]();
  }

  async #assertStands({ about, name, imported, out }: Ferried): Promise<void> {
    const { engine, databases, store } = await this.#opened;
    for (const job of [imported, out]) {
      assert.deepEqual(
        await engine.job(environment, job.id),
        job,
        `${about}: it stays as it ended`,
      );
    }
    const collections = await (await databases.open(environment)).collections();
    assert.equal(collections.find((each) => each.name === name)?.count, 40, about);
    assert.equal(await this.#text(imported.result?.file ?? ""), `${bad.join("\n")}\n`, about);
    assert.equal(await this.#text(`${name}.out`), exported, about);
    assert.ok(await store.files.get(environment, `${name}.json`));
  }

  async #run(key: string, order: JobOrder): Promise<Job> {
    const once = { key, digest: "0".repeat(64) };
    this.job = null;
    while (this.job === null) {
      const { engine } = await this.#opened;
      try {
        this.job = (await engine.submitOnce(environment, order, once)).job.id;
      } catch (error) {
        if (!/gone|Injected/.test(String(error))) throw error;
      }
    }
    const { job } = this;
    for (let looks = 1; ; looks++) {
      const { store, releaseDue, loseLeases } = await this.#opened;
      const now = await store.jobs.get(job).catch(() => undefined);
      if (now && endedStates.has(now.state)) return now;
      assert.ok(looks < 4_000, `job ${job} does not end: ${JSON.stringify(now)}`);
      await sleep(2);
      // What waits for a retry, or for a lease that nobody holds, need not wait for the clock.
      if (looks % 400 === 0) await loseLeases().catch(() => undefined);
      else if (looks % 25 === 0) await releaseDue().catch(() => undefined);
    }
  }

  async #put(name: string): Promise<void> {
    await putFile(await this.#opened, name, content);
  }

  async #text(name: string): Promise<string> {
    const { files, store } = await this.#opened;
    const file = await store.files.get(environment, name);
    assert.ok(file, `no file ${name}`);
    const pieces: Uint8Array[] = [];
    const { signal } = new AbortController();
    for await (const piece of files.read(file.object, { from: 0, to: file.size }, { signal })) {
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }
}

type Strike = (ferry: Ferry) => Promise<void>;

const strikes: Record<string, Strike> = {
  "a crash": (ferry) => ferry.crash(),
  "an error": async () => {
    throw new Error("Injected");
  },
  "a lost lease": async (ferry) => (await ferry.engine).loseLeases(),
  // The next attempt does all of it, then this one goes on where it was.
  "a hang past the lease": async (ferry) => {
    const { loseLeases, store } = await ferry.engine;
    const { job } = ferry;
    if (job === null) return;
    await loseLeases();
    for (let looks = 0; looks < 150; looks++) {
      const now = await store.jobs.get(job);
      if (!now || endedStates.has(now.state)) return;
      await sleep(2);
    }
  },
};

for (const [name, strike] of Object.entries(strikes)) {
  test(`${name} at any point loses nothing and doubles nothing`, async (t: TestContext) => {
    const folder = await tempFolder(t);
    const faults = new Faults();
    const ferry = new Ferry(folder, faults);
    afterwards(t, () => ferry.close());
    for (const point of points) {
      faults.arm(point, () => strike(ferry));
      await ferry.thereAndBack(`${name} ${point}`);
    }
    await ferry.end();
    await assertNothingLeftBehind(folder);
  });
}

test("an error, the death or a hang of a thread at any point of a step loses nothing and doubles nothing", async (t) => {
  const folder = await tempFolder(t);
  const faults = new Faults();
  const ferry = new Ferry(folder, faults);
  afterwards(t, () => ferry.close());
  for (const point of threadPoints) {
    for (const how of threadFaults) {
      faults.arm("before jobs.claim", async () => (await ferry.engine).armThreads(point, how));
      await ferry.thereAndBack(`${how} ${point}`);
    }
  }
  await ferry.end();
  await assertNothingLeftBehind(folder);
});

test("a task that failed goes on when its retry is due, not when somebody looks by chance", async (t) => {
  const faults = new Faults();
  const engine = await openFaultyEngine(await tempFolder(t), faults.at);
  afterwards(t, () => engine[Symbol.asyncDispose]());
  await engine.databases.open(environment).then((each) => each.createCollection("empty"));
  let seconds = Infinity;
  // A machine that is slow once is not slow each time.
  for (let tries = 0; tries < 3 && seconds > 3.5; tries++) {
    // The sweeper has found nothing to do and pauses: for five seconds.
    await sleep(50);
    faults.arm("before jobs.finishPlan", async () => {
      throw new Error("Injected");
    });
    const began = performance.now();
    const { id } = await engine.engine.submit(environment, exportOf("empty"));
    while (!endedStates.has((await engine.engine.job(environment, id)).state)) await sleep(5);
    seconds = (performance.now() - began) / 1000;
  }
  assert.ok(seconds < 3.5, `the first retry is due after 0.2 s, not ${seconds}`);
});

test("every effect that the engine calls is struck, here or where it is said", async (t) => {
  const faults = new Faults();
  const ferry = new Ferry(await tempFolder(t), faults);
  afterwards(t, () => ferry.close());
  faults.arm("before jobs.claim", async () => undefined);
  await ferry.thereAndBack("undisturbed");
  await ferry.end();
  // A power cut comes after the last commit of the documents or before the word that they are there: no kill shows which.
  for (const [written, told] of [
    ["after sink.write", "before jobs.finishTask"],
    ["after database.sealJob", "before jobs.finishJob"],
  ] as const) {
    const since = faults.passed.slice(0, faults.passed.indexOf(told));
    assert.ok(
      since.lastIndexOf("after database.flush") > since.lastIndexOf(written),
      `${told} nothing was flushed`,
    );
  }
  const passed = [...new Set(faults.passed)].filter((point) => point.startsWith("before"));
  const timed = ["jobs.mirror", "jobs.beat", "jobs.sweep", "requests.forget"];
  assert.deepEqual(
    passed
      .map((point) => point.replace("before ", ""))
      .filter((effect) => !timed.includes(effect))
      .sort(),
    effects,
    "the list of effects is that of the code",
  );
  const source = await engineSource();
  const known = new Set(
    [...effects, ...Object.keys(elsewhere)].map((effect) => effect.split(".")[1]),
  );
  const called = [
    ...source.matchAll(
      /\b(?:store\.(?:jobs|files|requests)|jobs|databases?|sink|files|writer)\.(\w+)\(/g,
    ),
  ];
  const reading =
    /^(get|list|submitted|chunks|parts|expired|unended|unendedOn|onChange|unreferenced|openSource|collections|accessRule|checkQuery|ranges|read|rejects|firstReject|size|abort|push|join)$/;
  const unknown = called
    .map(([, method]) => method ?? "")
    .filter((method) => !known.has(method) && !reading.test(method));
  assert.deepEqual(unknown, [], "effects that no point is known for");
});

async function engineSource(): Promise<string> {
  const folder = new URL("../../src/engine/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => /^[^.]*\.ts$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  return texts.join("\n");
}
