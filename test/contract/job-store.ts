import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { noCounts } from "../../src/job/counts.ts";
import { type ImportSpec, type JobResult, type JobSpec, plainCsv } from "../../src/job/job.ts";
import type { Part, TaskWork } from "../../src/job/task.ts";
import type { Claim, JobStore, Lease } from "../../src/store/job-store.ts";
import type { Store } from "../../src/store/store.ts";

const leaseMs = 30_000;
const start = 1_800_000_000_000;

const importSpec: ImportSpec = {
  type: "import",
  file: "people.json",
  object: "00000000000000000000000000000001",
  size: 1000,
  collection: "people",
  format: "json",
  mode: "insert",
  upsertFields: ["_id"],
  stopOnError: false,
  csv: plainCsv,
};
const importFile = {
  name: importSpec.file,
  object: { id: importSpec.object, size: importSpec.size, md5: "0".repeat(32) },
  contentType: "application/x-ndjson",
  now: start,
};
const exportSpec: JobSpec = {
  type: "export",
  file: "out.json",
  query: {
    collection: "people",
    filter: "BQAAAAA=",
    projection: null,
    sort: [],
    skip: 0,
    limit: null,
  },
  format: { format: "json", form: "relaxed", array: false, pretty: false },
};
const importTask: TaskWork = { kind: "import", fromChunk: 0, toChunk: 1 };
const exportTask: TaskWork = { kind: "export", from: null, to: null };
const result: JobResult = {
  file: null,
  digest: null,
  retyped: 0,
  formulas: 0,
  consistency: null,
  firstReject: null,
};
const part = (task: number, ordinal: number): Part => ({
  task,
  ordinal,
  object: `object-${ordinal}`,
  size: 10,
  md5: "d41d8cd98f00b204e9800998ecf8427e",
  counts: { ...noCounts, records: 2 },
  digest: "digest",
  retyped: 1,
  formulas: 3,
  endKey: null,
});
const isLost = { code: "lease_lost" } as const;

/** What every job store promises. */
export function jobStoreContract(name: string, make: (t: TestContext) => Promise<Store>): void {
  suite(`job store: ${name}`, () => {
    let key = 0;
    /** A store whose environments have the file that the imports pin. */
    const openStore = async (t: TestContext) => {
      const store = await make(t);
      for (const environment of ["env-a", "env-b", "env-big", "env-small"]) {
        await store.files.put({ environment, ...importFile });
      }
      return store;
    };
    const open = async (t: TestContext) => (await openStore(t)).jobs;
    const submit = (jobs: JobStore, spec: JobSpec = importSpec, environment = "env-a") =>
      jobs.submit({
        key: (++key).toString(16).padStart(32, "0"),
        environment,
        spec,
        now: start,
      });
    const claim = async (jobs: JobStore, now = start): Promise<Claim> => {
      const [first] = await jobs.claim({ limit: 1, now, leaseMs });
      assert.ok(first, "nothing is claimable");
      return first;
    };
    const leaseOf = ({ task }: Claim): Lease => ({ task: task.id, attempt: task.attempt });
    /** Submits and plans; gives the lease of the first task. */
    const planned = async (jobs: JobStore, spec: JobSpec, tasks: TaskWork[]) => {
      const job = await submit(jobs, spec);
      await jobs.finishPlan(leaseOf(await claim(jobs)), {
        plan: { found: true },
        tasks,
        totalBytes: 1000,
        now: start,
      });
      return job;
    };

    test("a submitted job is queued, claimable, and reads back whole", async (t) => {
      const jobs = await open(t);
      const job = await submit(jobs);
      assert.equal(job.state, "queued");
      assert.ok(job.id >= 1 && job.id <= 2 ** 31 - 1);
      assert.deepEqual(await jobs.get(job.id), job);
      assert.deepEqual(job.spec, importSpec);
      assert.equal(job.progress.totalBytes, 1000);
      const { task } = await claim(jobs);
      assert.deepEqual([task.kind, task.ordinal, task.attempt], ["plan", 0, 1]);
      const running = await jobs.get(job.id);
      assert.equal(running?.state, "planning");
      assert.equal(running?.startedAt, start);
    });

    test("a task is claimed once", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      assert.equal((await jobs.claim({ limit: 10, now: start, leaseMs })).length, 1);
      assert.equal((await jobs.claim({ limit: 10, now: start, leaseMs })).length, 0);
    });

    test("a job goes the straight way to its end", async (t) => {
      const jobs = await open(t);
      const job = await planned(jobs, importSpec, [importTask]);
      const work = await claim(jobs);
      assert.deepEqual(work.plan, { found: true });
      assert.equal(work.job.state, "running");
      const counts = { ...noCounts, records: 3, inserted: 2, rejected: 1 };
      await jobs.finishTask(leaseOf(work), { counts, bytes: 1000, stopped: null, now: start + 1 });
      const assemble = await claim(jobs, start + 1);
      assert.equal(assemble.task.kind, "assemble");
      assert.equal((await jobs.get(job.id))?.state, "finishing");
      const end = await jobs.finishJob(leaseOf(assemble), {
        result,
        error: null,
        counts: null,
        files: [],
        now: start + 2,
      });
      assert.equal(end.state, "succeeded");
      assert.equal(end.endedAt, start + 2);
      assert.deepEqual(end.progress.counts, counts);
      assert.deepEqual(await jobs.get(job.id), end);
      assert.deepEqual(await jobs.claim({ limit: 9, now: start + 9e9, leaseMs }), []);
    });

    test("ending a task or a job twice by the same attempt changes nothing", async (t) => {
      const jobs = await open(t);
      await planned(jobs, importSpec, [importTask]);
      const lease = leaseOf(await claim(jobs));
      const counts = { ...noCounts, records: 1, inserted: 1 };
      const once = await jobs.finishTask(lease, { counts, bytes: 9, stopped: null, now: start });
      const twice = await jobs.finishTask(lease, {
        counts,
        bytes: 9,
        stopped: null,
        now: start + 5,
      });
      assert.deepEqual(twice.progress, once.progress);
      const assemble = leaseOf(await claim(jobs));
      const end = { result, error: null, counts: null, files: [], now: start };
      const ended = await jobs.finishJob(assemble, end);
      assert.deepEqual(await jobs.finishJob(assemble, { ...end, now: start + 7 }), ended);
    });

    test("an attempt that lost its lease can change nothing", async (t) => {
      const jobs = await open(t);
      const job = await planned(jobs, importSpec, [importTask]);
      const old = leaseOf(await claim(jobs));
      await jobs.sweep(start + leaseMs);
      const next = await claim(jobs, start + leaseMs);
      assert.equal(next.task.attempt, 2);
      const counts = { ...noCounts, records: 5, inserted: 5 };
      const now = start + leaseMs;
      await assert.rejects(jobs.mirror(old, { counts, bytes: 5, kept: true }), isLost);
      await assert.rejects(jobs.finishTask(old, { counts, bytes: 5, stopped: null, now }), isLost);
      await assert.rejects(jobs.giveBack(old, now), isLost);
      const error = { code: "internal", message: "late" } as const;
      await assert.rejects(jobs.fail(old, { error, kept: false, now }), isLost);
      await assert.rejects(jobs.addChunks(old, { from: 0, chunks: [] }), isLost);
      await assert.rejects(
        jobs.finishPlan(old, { plan: {}, tasks: [], totalBytes: 1, now }),
        isLost,
      );
      await assert.rejects(
        jobs.finishJob(old, { result, error: null, counts: null, files: [], now }),
        isLost,
      );
      assert.deepEqual(await jobs.beat({ leases: [old, leaseOf(next)], now, leaseMs }), [
        { task: old.task, reason: "lease_lost" },
      ]);
      assert.deepEqual((await jobs.get(job.id))?.progress.counts, noCounts);
    });

    test("a lease that is prolonged does not run out", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      const lease = leaseOf(await claim(jobs));
      assert.deepEqual(await jobs.beat({ leases: [lease], now: start + leaseMs - 1, leaseMs }), []);
      assert.equal((await jobs.sweep(start + leaseMs)).lost, 0);
      assert.equal((await jobs.sweep(start + 2 * leaseMs)).lost, 1);
    });

    test("the sweeper says when the next lease or retry is due", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      const lease = leaseOf(await claim(jobs));
      assert.equal((await jobs.sweep(start)).nextDue, start + leaseMs);
      await jobs.fail(lease, {
        error: { code: "busy", message: "Busy" },
        kept: false,
        now: start,
      });
      const { nextDue } = await jobs.sweep(start);
      assert.ok(nextDue !== null && nextDue > start && nextDue < start + leaseMs);
    });

    test("a failed attempt comes again after its delay, and says meanwhile why it waits", async (t) => {
      const jobs = await open(t);
      const job = await submit(jobs);
      await jobs.fail(leaseOf(await claim(jobs)), {
        error: { code: "disk_full", message: "The disk is full" },
        kept: false,
        now: start,
      });
      assert.equal((await jobs.get(job.id))?.stalled, "disk full");
      assert.deepEqual(await jobs.claim({ limit: 1, now: start + 1, leaseMs }), []);
      await jobs.sweep(start + 60_000);
      const again = await claim(jobs, start + 60_000);
      assert.equal(again.task.attempt, 2);
      await jobs.addChunks(leaseOf(again), { from: 0, chunks: [{ from: 0, to: 9, line: 1 }] });
      assert.equal((await jobs.get(job.id))?.stalled, null);
    });

    const oneChunk = { from: 0, chunks: [{ from: 0, to: 9, line: 1 }] };
    const mirrored = (kept: boolean) => ({ counts: noCounts, bytes: 0, kept });
    /** Tries at a task, which each do something and fail, before the job is given up. */
    const triesOf = async (
      jobs: JobStore,
      does: (lease: Lease, tried: number) => Promise<unknown>,
    ): Promise<number> => {
      const error = { code: "internal", message: "A fault" } as const;
      const first = await claim(jobs);
      for (let lease = leaseOf(first), tried = 1, now = start; tried < 10; tried++) {
        await does(lease, tried);
        await jobs.fail(lease, { error, kept: false, now });
        await jobs.sweep((now += 120_000));
        const [next] = await jobs.claim({ limit: 1, now, leaseMs });
        if (next?.task.id !== first.task.id) return tried;
        lease = leaseOf(next);
      }
      return Infinity;
    };

    test("failures of a plan add up whatever it had found: it begins anew", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      assert.equal(await triesOf(jobs, (lease) => jobs.addChunks(lease, oneChunk)), 3);
    });

    test("failures of an import are forgotten by what an attempt commits, not by what it reads", async (t) => {
      const jobs = await open(t);
      await planned(jobs, importSpec, [importTask]);
      const kept = (tried: number) => mirrored(tried === 2);
      assert.equal(await triesOf(jobs, (lease, tried) => jobs.mirror(lease, kept(tried))), 4);
    });

    test("failures of an export are forgotten by a part that the next attempt goes on from", async (t) => {
      const jobs = await open(t);
      await planned(jobs, exportSpec, [exportTask]);
      const add = (lease: Lease, tried: number) =>
        jobs.addPart(lease, { ...part(1, tried), endKey: tried === 2 ? "0a" : null });
      assert.equal(await triesOf(jobs, add), 4);
    });

    test("what cannot get better ends the job with its error", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      const error = { code: "invalid_file", message: "No header" } as const;
      const job = await jobs.fail(leaseOf(await claim(jobs)), {
        error,
        kept: false,
        now: start + 5,
      });
      assert.equal(job.state, "failed");
      assert.deepEqual(job.error, error);
      assert.equal(job.endedAt, start + 5);
    });

    test("a lease given back is claimable at once", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      await jobs.giveBack(leaseOf(await claim(jobs)), start);
      assert.equal((await claim(jobs)).task.attempt, 2);
    });

    test("taking over frees what a dead process held", async (t) => {
      const jobs = await open(t);
      await submit(jobs);
      await claim(jobs);
      assert.equal(await jobs.takeOver(start + 1), 1);
      assert.equal((await claim(jobs, start + 1)).task.attempt, 2);
    });

    test("mirrored progress is the sum of the tasks and never goes back", async (t) => {
      const jobs = await open(t);
      const tasks: TaskWork[] = [importTask, { kind: "import", fromChunk: 1, toChunk: 2 }];
      const job = await planned(jobs, importSpec, tasks);
      const [first, second] = await jobs.claim({ limit: 2, now: start, leaseMs });
      assert.ok(first && second);
      const counts = (inserted: number) => ({ ...noCounts, records: inserted, inserted });
      await jobs.mirror(leaseOf(first), { counts: counts(4), bytes: 40, kept: true });
      await jobs.mirror(leaseOf(second), { counts: counts(3), bytes: 30, kept: true });
      await jobs.mirror(leaseOf(first), { counts: counts(2), bytes: 20, kept: true });
      const seen = await jobs.get(job.id);
      assert.deepEqual(seen?.progress.counts, counts(7));
      assert.equal(seen?.progress.bytes, 70);
      await jobs.finishTask(leaseOf(first), {
        counts: counts(9),
        bytes: 90,
        stopped: null,
        now: start,
      });
      assert.deepEqual((await jobs.get(job.id))?.progress.counts, counts(12));
    });

    test("chunks come back in pages; a new plan begins their list anew", async (t) => {
      const jobs = await open(t);
      const job = await submit(jobs);
      const lease = leaseOf(await claim(jobs));
      const chunk = (from: number) => ({ from, to: from + 10, line: from + 1 });
      await jobs.addChunks(lease, { from: 0, chunks: [chunk(0), chunk(10)] });
      await jobs.addChunks(lease, { from: 2, chunks: [chunk(20)] });
      assert.deepEqual(await jobs.chunks(job.id, 1, 3), [chunk(10), chunk(20)]);
      await jobs.giveBack(lease, start);
      await jobs.addChunks(leaseOf(await claim(jobs)), { from: 0, chunks: [chunk(5)] });
      assert.deepEqual(await jobs.chunks(job.id, 0, 9), [chunk(5)]);
    });

    test("parts are in order of task and ordinal, and fenced", async (t) => {
      const jobs = await open(t);
      const job = await planned(jobs, exportSpec, [exportTask]);
      const work = await claim(jobs);
      await jobs.addPart(leaseOf(work), part(work.task.ordinal, 0));
      const unhashed = { ...part(work.task.ordinal, 1), md5: null };
      await jobs.addPart(leaseOf(work), unhashed);
      assert.deepEqual(await jobs.parts(job.id), [part(work.task.ordinal, 0), unhashed]);
      await jobs.sweep(start + leaseMs);
      await assert.rejects(jobs.addPart(leaseOf(work), part(work.task.ordinal, 2)), isLost);
      const next = leaseOf(await claim(jobs, start + leaseMs));
      await jobs.dropParts(next);
      assert.deepEqual(await jobs.parts(job.id), []);
    });

    test("a job that is cancelled before it began ends at once", async (t) => {
      const jobs = await open(t);
      const { id } = await submit(jobs);
      const job = await jobs.cancel(id, start + 1);
      assert.equal(job.state, "cancelled");
      assert.deepEqual(await jobs.claim({ limit: 1, now: start + 1, leaseMs }), []);
      assert.deepEqual(await jobs.cancel(id, start + 2), job);
    });

    test("a job that has ended stays as it ended, whoever cancels it", async (t) => {
      const jobs = await open(t);
      const { id } = await planned(jobs, exportSpec, []);
      const lease = leaseOf(await claim(jobs));
      const end = await jobs.finishJob(lease, {
        result,
        error: null,
        counts: null,
        files: [],
        now: start,
      });
      assert.equal(end.state, "succeeded");
      assert.deepEqual(await jobs.cancel(id, start + 1), end);
      await jobs.cancelAll("env-a", start + 1);
      assert.deepEqual(await jobs.get(id), end);
      assert.deepEqual(await jobs.claim({ limit: 9, now: start + 9e9, leaseMs }), []);
    });

    test("a plan that is done while its job is cancelled leads to nothing", async (t) => {
      const jobs = await open(t);
      const { id } = await submit(jobs);
      const lease = leaseOf(await claim(jobs));
      assert.equal((await jobs.cancel(id, start)).state, "cancelling");
      const tasks = [importTask];
      const job = await jobs.finishPlan(lease, { plan: {}, tasks, totalBytes: 1, now: start });
      assert.equal(job.state, "cancelled");
      assert.deepEqual(await jobs.claim({ limit: 9, now: start + 9e9, leaseMs }), []);
    });

    test("an assembly that fails for good has told what was written", async (t) => {
      const jobs = await open(t);
      const { id } = await planned(jobs, importSpec, [importTask]);
      const error = { code: "invalid_file", message: "Bad" } as const;
      await jobs.fail(leaseOf(await claim(jobs)), { error, kept: false, now: start });
      const counts = { ...noCounts, records: 3, inserted: 3 };
      const lease = leaseOf(await claim(jobs));
      const end = await jobs.fail(lease, { error, kept: false, counts, now: start });
      assert.deepEqual([end.state, end.progress.counts], ["failed", counts]);
      assert.deepEqual(await jobs.get(id), end);
    });

    test("an import that has failed is assembled whoever cancels it meanwhile", async (t) => {
      const jobs = await open(t);
      const { id } = await planned(jobs, importSpec, [importTask]);
      const error = { code: "invalid_file", message: "Bad" } as const;
      await jobs.fail(leaseOf(await claim(jobs)), { error, kept: false, now: start });
      const lease = leaseOf(await claim(jobs));
      assert.equal((await jobs.cancel(id, start)).state, "cancelling");
      assert.deepEqual(await jobs.beat({ leases: [lease], now: start, leaseMs }), []);
      const counts = { ...noCounts, records: 3, inserted: 3 };
      const end = await jobs.finishJob(lease, { result, error, counts, files: [], now: start });
      assert.deepEqual([end.state, end.progress.counts], ["cancelled", counts]);
    });

    for (const [spec, tasks, given] of [
      [importSpec, [importTask], true],
      [exportSpec, [exportTask], false],
    ] as const) {
      test(`an ${spec.type} that is cancelled while its files are named ${given ? "gives its rejects back" : "has no file"}`, async (t) => {
        const store = await openStore(t);
        const { jobs } = store;
        const { id } = await planned(jobs, spec, [...tasks]);
        const work = leaseOf(await claim(jobs));
        await jobs.finishTask(work, { counts: noCounts, bytes: 1, stopped: null, now: start });
        const lease = leaseOf(await claim(jobs));
        assert.equal((await jobs.cancel(id, start)).state, "cancelling");
        const object = { id: "object-9", size: 1, md5: "0".repeat(32) };
        const end = await jobs.finishJob(lease, {
          result,
          error: null,
          counts: null,
          files: [{ name: "made", object, contentType: "text/csv" }],
          now: start,
        });
        assert.equal(end.state, "cancelled");
        assert.equal(end.result !== null, given);
        assert.equal((await store.files.get("env-a", "made")) !== undefined, given);
      });
    }

    test("a running import that is cancelled stops, is assembled, and keeps its counts", async (t) => {
      const jobs = await open(t);
      const { id } = await planned(jobs, importSpec, [importTask]);
      const lease = leaseOf(await claim(jobs));
      const counts = { ...noCounts, records: 3, inserted: 3 };
      await jobs.mirror(lease, { counts, bytes: 30, kept: true });
      assert.equal((await jobs.cancel(id, start)).state, "cancelling");
      assert.deepEqual(await jobs.beat({ leases: [lease], now: start, leaseMs }), [
        { task: lease.task, reason: "cancelled" },
      ]);
      assert.equal(await jobs.mirror(lease, { counts, bytes: 30, kept: true }), "cancelled");
      await jobs.giveBack(lease, start);
      const assemble = await claim(jobs);
      assert.equal(assemble.task.kind, "assemble");
      const beats = await jobs.beat({ leases: [leaseOf(assemble)], now: start, leaseMs });
      assert.deepEqual(beats, []);
      const end = await jobs.finishJob(leaseOf(assemble), {
        result,
        error: null,
        counts: null,
        files: [],
        now: start,
      });
      assert.equal(end.state, "cancelled");
      assert.deepEqual(end.progress.counts, counts);
    });

    test("a cancelled job whose worker dies ends all the same", async (t) => {
      const jobs = await open(t);
      const { id } = await planned(jobs, exportSpec, [exportTask]);
      await claim(jobs);
      await jobs.cancel(id, start);
      await jobs.sweep(start + leaseMs);
      assert.equal((await jobs.get(id))?.state, "cancelled");
    });

    test("a record that fails under stop_on_error ends the job as failed, with its rejects", async (t) => {
      const jobs = await open(t);
      await planned(jobs, importSpec, [importTask]);
      const stopped = { code: "stopped_on_error", message: "Stopped" } as const;
      const counts = { ...noCounts, records: 2, inserted: 1, rejected: 1 };
      await jobs.finishTask(leaseOf(await claim(jobs)), { counts, bytes: 20, stopped, now: start });
      const end = await jobs.finishJob(leaseOf(await claim(jobs)), {
        result,
        error: { code: "stopped_on_error", message: "Line 2: bad" },
        counts: null,
        files: [],
        now: start,
      });
      assert.equal(end.state, "failed");
      assert.equal(end.error?.message, "Line 2: bad");
    });

    test("finished files get their names in the transaction that ends the job", async (t) => {
      const store = await openStore(t);
      const { jobs } = store;
      await planned(jobs, exportSpec, [exportTask]);
      const work = await claim(jobs);
      await jobs.finishTask(leaseOf(work), {
        counts: noCounts,
        bytes: 0,
        stopped: null,
        now: start,
      });
      assert.equal(await store.files.get("env-a", "out.json"), undefined);
      const object = { id: "object-9", size: 3, md5: "900150983cd24fb0d6963f7d28e17f72" };
      await jobs.finishJob(leaseOf(await claim(jobs)), {
        result: { ...result, file: "out.json" },
        error: null,
        counts: null,
        files: [{ name: "out.json", object, contentType: "application/x-ndjson" }],
        now: start,
      });
      const file = await store.files.get("env-a", "out.json");
      assert.equal(file?.object, "object-9");
      assert.deepEqual(await store.files.unreferenced(["object-9", "object-8"]), ["object-8"]);
    });

    test("an import pins its object until it ends", async (t) => {
      const store = await openStore(t);
      const { id } = await submit(store.jobs);
      const pinned = importSpec.object;
      for (const environment of ["env-a", "env-b", "env-big", "env-small"]) {
        await store.files.remove(environment, importSpec.file);
      }
      assert.deepEqual(await store.files.unreferenced([pinned]), []);
      await store.jobs.cancel(id, start);
      assert.deepEqual(await store.files.unreferenced([pinned]), [pinned]);
    });

    test("an export needs its parts until it ends", async (t) => {
      const store = await openStore(t);
      const job = await planned(store.jobs, exportSpec, [exportTask]);
      const work = await claim(store.jobs);
      const made = part(work.task.ordinal, 0);
      await store.jobs.addPart(leaseOf(work), made);
      assert.deepEqual(await store.files.unreferenced([made.object]), []);
      await store.jobs.cancel(job.id, start);
      assert.deepEqual(await store.files.unreferenced([made.object]), []);
      await store.jobs.giveBack(leaseOf(work), start);
      assert.deepEqual(await store.files.unreferenced([made.object]), [made.object]);
    });

    test("an import of what the name no longer points to is refused", async (t) => {
      const store = await openStore(t);
      const object = { ...importFile.object, id: "another" };
      await store.files.put({ environment: "env-a", ...importFile, object });
      await assert.rejects(submit(store.jobs), { code: "conflict" });
      assert.deepEqual(await store.jobs.claim({ limit: 1, now: start, leaseMs }), []);
    });

    test("environments take turns, whatever one of them has queued", async (t) => {
      const jobs = await open(t);
      for (let n = 0; n < 20; n++) await submit(jobs, importSpec, "env-big");
      await submit(jobs, importSpec, "env-small");
      const seen: string[] = [];
      for (;;) {
        const claims = await jobs.claim({ limit: 1, now: start, leaseMs });
        const [first] = claims;
        if (!first) break;
        seen.push(first.job.environment);
        await jobs.fail(leaseOf(first), {
          error: { code: "invalid_file", message: "x" },
          kept: false,
          now: start,
        });
      }
      assert.equal(seen.length, 21);
      // At most what was released before the small one came stands before it.
      assert.ok(seen.indexOf("env-small") < 6, `env-small was number ${seen.indexOf("env-small")}`);
    });

    test("lists newest first, by state and type, page by page", async (t) => {
      const jobs = await open(t);
      const one = await submit(jobs);
      const two = await submit(jobs, exportSpec);
      const three = await submit(jobs);
      await submit(jobs, importSpec, "env-b");
      await jobs.cancel(three.id, start);
      const list = async (options: Partial<Parameters<JobStore["list"]>[0]>) =>
        (
          await jobs.list({
            environment: "env-a",
            state: null,
            type: null,
            before: null,
            limit: 10,
            ...options,
          })
        ).map(({ id }) => id);
      assert.deepEqual(await list({}), [three.id, two.id, one.id]);
      assert.deepEqual(await list({ limit: 2 }), [three.id, two.id]);
      assert.deepEqual(await list({ before: two.id }), [one.id]);
      assert.deepEqual(await list({ type: "export" }), [two.id]);
      assert.deepEqual(await list({ state: "cancelled" }), [three.id]);
    });

    test("an ended job expires, is forgotten, and still reads back", async (t) => {
      const jobs = await open(t);
      const { id } = await submit(jobs);
      assert.deepEqual(await jobs.expired(start + 9e9, 10), []);
      const ended = await jobs.cancel(id, start);
      assert.deepEqual(await jobs.expired(start, 10), []);
      assert.deepEqual(await jobs.expired(start + 1, 10), [ended]);
      await jobs.forget(id);
      assert.deepEqual(await jobs.expired(start + 1, 10), []);
      assert.deepEqual(await jobs.get(id), ended);
    });

    test("whoever waits for work hears of a change", async (t) => {
      const jobs = await open(t);
      let heard = 0;
      jobs.onChange(() => heard++);
      await submit(jobs);
      assert.ok(heard > 0);
    });

    test("a submit that is sent again under its key is the same job", async (t) => {
      const jobs = await open(t);
      const once = { key: "mine", digest: "a".repeat(64) };
      const send = (change: Partial<Parameters<JobStore["submit"]>[0]> = {}) =>
        jobs.submit({
          key: (++key).toString(16).padStart(32, "0"),
          environment: "env-a",
          spec: importSpec,
          now: start,
          once,
          ...change,
        });
      const first = await send();
      assert.deepEqual(await send({ now: start + 1 }), first);
      assert.deepEqual(await jobs.submitted("env-a", once), first);
      assert.equal(
        (await Promise.all([send(), send()])).every(({ id }) => id === first.id),
        true,
      );
      assert.notEqual((await send({ environment: "env-b" })).id, first.id);
      assert.notEqual((await send({ once: { ...once, key: "other" } })).id, first.id);
      const other = { ...once, digest: "b".repeat(64) };
      await assert.rejects(send({ once: other }), { code: "submit_key_used" });
      await assert.rejects(jobs.submitted("env-a", other), { code: "submit_key_used" });
      assert.equal(await jobs.submitted("env-big", once), undefined);
      // The key stands as long as the job does, ended or not.
      await jobs.cancel(first.id, start + 2);
      assert.equal((await send()).id, first.id);
    });

    test("an environment's jobs end and are removed together; others stay", async (t) => {
      const jobs = await open(t);
      const waiting = await submit(jobs);
      const lease = leaseOf(await claim(jobs));
      const other = await submit(jobs, importSpec, "env-b");
      await submit(jobs);
      assert.equal(await jobs.unended("env-a"), 2);
      await jobs.cancelAll("env-a", start + 1);
      assert.equal(await jobs.unended("env-a"), 1, "what runs has to stop first");
      assert.equal(await jobs.remove("env-a", 10), 1);
      const beat = await jobs.beat({ leases: [lease], now: start + 2, leaseMs });
      assert.deepEqual(beat, [{ task: lease.task, reason: "cancelled" }]);
      await jobs.giveBack(lease, start + 3);
      assert.equal(await jobs.unended("env-a"), 0);
      assert.equal(await jobs.remove("env-a", 10), 1);
      assert.equal(await jobs.remove("env-a", 10), 0);
      assert.equal(await jobs.get(waiting.id), undefined);
      assert.equal((await jobs.get(other.id))?.state, "queued");
    });

    test("jobs on a collection are found until they have ended, with submits that are under way", async (t) => {
      const jobs = await open(t);
      const on = (options: object = {}) =>
        jobs.unendedOn({
          environment: "env-a",
          collection: "people",
          after: 0,
          limit: 10,
          ...options,
        });
      assert.deepEqual(await on(), []);
      const into = submit(jobs);
      const from = submit(jobs, exportSpec);
      const found = await on();
      const [first, second] = await Promise.all([into, from]);
      assert.deepEqual(found, [first.id, second.id]);
      await submit(jobs, importSpec, "env-b");
      await submit(jobs, { ...importSpec, collection: "others" });
      assert.deepEqual(await on(), found);
      assert.deepEqual(await on({ limit: 1 }), [first.id]);
      assert.deepEqual(await on({ after: first.id }), [second.id]);
      const lease = leaseOf(await claim(jobs));
      await jobs.cancel(second.id, start);
      await jobs.cancel(first.id, start);
      assert.deepEqual(await on(), [first.id], "it has to stop first");
      await jobs.giveBack(lease, start);
      assert.deepEqual(await on(), []);
    });

    test("who no longer listens is not called", async (t) => {
      const jobs = await open(t);
      let calls = 0;
      const stop = jobs.onChange(() => calls++);
      await submit(jobs);
      assert.equal(calls, 1);
      stop();
      await submit(jobs);
      assert.equal(calls, 1);
    });
  });
}
