import assert from "node:assert/strict";
import * as fc from "fast-check";
import { noCounts } from "../../src/job/counts.ts";
import type { ErrorCode } from "../../src/job/errors.ts";
import type { JobResult, JobSpec, JobState } from "../../src/job/job.ts";
import type { TaskWork } from "../../src/job/task.ts";
import type { Claim, JobStore, Lease } from "../../src/store/job-store.ts";
import { importOrder } from "../support/engine.ts";
import {
  isEnded,
  type JobModel,
  leaseMs,
  type ModelJob,
  type ModelTask,
  recordsOf,
} from "./job-model.ts";

/** Active tasks that the store hands out at a time, in all and for one environment. */
export const limits = { total: 5, perEnvironment: 3 };

/** The object that imports pin; the test's environments have it as `people.json`. */
export const object = { id: "0".repeat(32), size: 1000, md5: "0".repeat(32) };

const specs: Record<JobSpec["type"], JobSpec> = {
  import: { ...importOrder(), object: object.id, size: object.size },
  export: {
    type: "export",
    file: "out.json",
    query: {
      collection: "c",
      filter: "BQAAAAA=",
      projection: null,
      sort: [],
      skip: 0,
      limit: null,
    },
    format: { format: "json", form: "relaxed", array: false, pretty: false },
  },
};
const result: JobResult = {
  file: null,
  digest: null,
  retyped: 0,
  formulas: 0,
  consistency: null,
  firstReject: null,
};
const counts = (records: number) => ({ ...noCounts, records, inserted: records });

/** What a person may see a job go through. */
const ways: Record<JobState, readonly JobState[]> = {
  queued: ["planning", "cancelled", "failed"],
  planning: ["running", "finishing", "cancelling", "failed", "cancelled"],
  running: ["finishing", "cancelling", "failed", "cancelled"],
  finishing: ["succeeded", "failed", "cancelled", "cancelling"],
  cancelling: ["cancelled"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** The store beside the model, and what was last seen of each job. */
export interface Real {
  jobs: JobStore;
  seen: Map<number, JobState>;
}

type Command = fc.AsyncCommand<JobModel, Real>;

/** One step: what it is called, and what it does to both. Afterwards both must show the same. */
function command(
  name: string,
  run: (model: JobModel, jobs: JobStore) => Promise<void>,
  check: (model: JobModel) => boolean = () => true,
): Command {
  return {
    check,
    run: async (model, real) => {
      await run(model, real.jobs);
      await assertSame(model, real);
    },
    toString: () => name,
  };
}

async function assertSame(model: JobModel, { jobs, seen }: Real): Promise<void> {
  for (const expected of model.jobs) {
    const job = await jobs.get(expected.id);
    assert.ok(job);
    assert.equal(job.state, expected.state, `state of job ${job.id}`);
    assert.equal(job.progress.counts.records, recordsOf(expected), `records of job ${job.id}`);
    assert.equal(job.endedAt !== null, isEnded(expected), `end of job ${job.id}`);
    if (isEnded(expected)) assert.equal(job.stalled, null);
    const before = seen.get(job.id) ?? "queued";
    if (before !== job.state) {
      assert.ok(
        ways[before].includes(job.state),
        `job ${job.id} went from ${before} to ${job.state}`,
      );
    }
    seen.set(job.id, job.state);
  }
}

const submit = (environment: string, type: JobSpec["type"]) =>
  command(`submit ${type} in ${environment}`, async (model, jobs) => {
    const key = model.jobs.length.toString(16).padStart(32, "0");
    const job = await jobs.submit({ key, environment, spec: specs[type], now: model.now });
    model.submit(job.id, environment, type);
  });

const claim = (limit: number) =>
  command(`claim ${limit}`, async (model, jobs) => {
    await sweepBoth(model, jobs);
    const claims = await jobs.claim({ limit, now: model.now, leaseMs });
    assert.ok(claims.length <= limit);
    for (const each of claims) takeClaim(model, each);
    assertLimits(model);
    // Nobody waits while there is room: what is due and was not handed out has no slot.
    if (claims.length < limit) assertNobodyWaits(model);
  });

function takeClaim(model: JobModel, { job, task }: Claim): void {
  const known = model.jobs.find(({ id }) => id === job.id);
  const expected = known?.tasks[task.ordinal];
  assert.ok(known && expected, `job ${job.id} has no task ${task.ordinal}`);
  assert.equal(expected.state, "open", `task ${task.ordinal} of job ${job.id} is not to be had`);
  assert.ok(expected.availableAt <= model.now, "it is not due");
  assert.equal(task.kind, expected.kind);
  assert.equal(task.attempt, expected.attempt + 1, "each attempt has a number of its own");
  model.claimed(known, task.ordinal, { task: task.id, attempt: task.attempt });
}

function active(model: JobModel, environment: string | null): number {
  return model.jobs
    .filter((job) => environment === null || job.environment === environment)
    .flatMap(({ tasks }) => tasks)
    .filter(({ state }) => state === "running").length;
}

function assertLimits(model: JobModel): void {
  assert.ok(active(model, null) <= limits.total);
  for (const { environment } of model.jobs) {
    assert.ok(active(model, environment) <= limits.perEnvironment);
  }
}

function assertNobodyWaits(model: JobModel): void {
  if (active(model, null) >= limits.total) return;
  for (const job of model.jobs) {
    if (active(model, job.environment) >= limits.perEnvironment) continue;
    const waits = job.tasks.filter(
      (each) => each.state === "open" && each.availableAt <= model.now,
    );
    assert.deepEqual(waits, [], `job ${job.id} waits for nothing`);
  }
}

async function sweepBoth(model: JobModel, jobs: JobStore): Promise<void> {
  const { lost } = await jobs.sweep(model.now);
  assert.equal(lost, model.loseLeases(false), "leases that ran out");
}

const wait = (ms: number) =>
  command(`wait ${ms} ms`, async (model) => {
    model.now += ms;
  });

const sweep = command("sweep", sweepBoth);

const takeOver = command("take over", async (model, jobs) => {
  assert.equal(await jobs.takeOver(model.now), model.loseLeases(true));
});

const cancel = (pick: number) =>
  command(
    `cancel ${pick}`,
    async (model, jobs) => {
      const job = model.jobs[pick] as ModelJob;
      await jobs.cancel(job.id, model.now);
      model.cancel(job);
    },
    ({ jobs }) => jobs.length > pick,
  );

/** Does something by a lease; gives what it does to the model if the lease holds. */
type LeaseUse = (
  jobs: JobStore,
  lease: Lease,
  parts: { job: ModelJob; task: ModelTask; model: JobModel },
) => Promise<() => void>;

/** By a lease that was given at some time; one that is lost changes nothing, whatever it is used for. */
function byLease(name: string, pick: number, use: LeaseUse): Command {
  return command(
    `${name} by lease ${pick}`,
    async (model, jobs) => {
      const { job, task, lease } = model.leases[
        // The newest are the ones that may still hold.
        Math.max(0, model.leases.length - 1 - (pick % 8))
      ] as JobModel["leases"][number];
      const holds = task.state === "running" && task.attempt === lease.attempt;
      const using = use(jobs, lease, { job, task, model });
      if (holds) (await using)();
      else await lostOrDone(using, task, lease);
    },
    ({ leases }) => leases.length > 0,
  );
}

/** Ending what this very attempt has ended may be asked again. */
async function lostOrDone(using: Promise<unknown>, task: ModelTask, lease: Lease): Promise<void> {
  try {
    await using;
  } catch (error) {
    assert.equal((error as { code?: string }).code, "lease_lost");
    return;
  }
  assert.deepEqual([task.state, task.attempt], ["done", lease.attempt], "a lost lease was taken");
}

const finish = (pick: number, tasks: number, records: number, stopped: boolean) =>
  byLease(
    `finish (${tasks} tasks, ${records} records, stopped ${stopped})`,
    pick,
    finishing(tasks, records, stopped),
  );

/** Ends a task in the way of its kind. */
const finishing =
  (tasks: number, records: number, stopped: boolean): LeaseUse =>
  async (jobs, lease, { job, task, model }) => {
    const { now } = model;
    if (task.kind === "plan") {
      const work: TaskWork =
        job.type === "import"
          ? { kind: "import", fromChunk: 0, toChunk: 1 }
          : { kind: "export", from: null, to: null };
      const works = Array.from({ length: tasks }, () => work);
      await jobs.finishPlan(lease, { plan: {}, tasks: works, totalBytes: 1, now });
      return () => model.finishPlan(job, task, tasks);
    }
    if (task.kind === "assemble") {
      const sealed = job.type === "import" ? counts(records) : null;
      await jobs.finishJob(lease, { result, error: null, counts: sealed, files: [], now });
      return () => model.finishJob(job, task, sealed && records);
    }
    const error = { code: "stopped_on_error", message: "Stopped" } as const;
    await jobs.finishTask(lease, {
      counts: counts(records),
      bytes: records,
      stopped: stopped ? error : null,
      now,
    });
    return () => model.finishTask(job, task, records, stopped);
  };

const mirror = (pick: number, records: number, kept: boolean) =>
  byLease(`mirror ${records} ${kept ? "kept" : ""}`, pick, async (jobs, lease, { task }) => {
    const stop = await jobs.mirror(lease, { counts: counts(records), bytes: records, kept });
    return () => {
      assert.equal(stop, task.stop ? "cancelled" : null);
      if (kept) task.failures = 0;
      if (records >= task.bytes) Object.assign(task, { records, bytes: records });
    };
  });

const beat = (pick: number) =>
  byLease("beat", pick, async (jobs, lease, { task, model }) => {
    const [ended] = await jobs.beat({ leases: [lease], now: model.now, leaseMs });
    if (ended?.reason === "lease_lost") {
      throw Object.assign(new Error("The lease is lost"), { code: "lease_lost" });
    }
    return () => {
      assert.equal(ended?.reason, task.stop ? "cancelled" : undefined);
      task.availableAt = model.now + leaseMs;
    };
  });

const fail = (pick: number, code: ErrorCode, kept: boolean) =>
  byLease(`fail ${code}`, pick, async (jobs, lease, { job, task, model }) => {
    const error = { code, message: code };
    await jobs.fail(lease, { error, kept, now: model.now });
    return () => model.fail(job, task, error, kept);
  });

const giveBack = (pick: number) =>
  byLease("give back", pick, async (jobs, lease, { job, task, model }) => {
    await jobs.giveBack(lease, model.now);
    return () => model.stopped(job, task, { at: model.now, failures: task.failures });
  });

const picks = fc.nat(7);
const errors = fc.constantFrom<ErrorCode>("internal", "disk_full", "busy", "invalid_file");

/** Steps that bring jobs to their end stand more often than those that cut them off. */
export const commands = fc.commands(
  [
    fc
      .tuple(
        fc.constantFrom("env-a", "env-b"),
        fc.constantFrom("import" as const, "export" as const),
      )
      .map(([environment, type]) => submit(environment, type)),
    fc.integer({ min: 1, max: 6 }).map(claim),
    fc.integer({ min: 1, max: 6 }).map(claim),
    fc.integer({ min: 1, max: 6 }).map(claim),
    fc.integer({ min: 1, max: 6 }).map(claim),
    fc.constantFrom(1, 300, leaseMs - 1, leaseMs, 70_000).map(wait),
    fc.constant(sweep),
    fc.constant(takeOver),
    fc.nat(20).map(cancel),
    fc.tuple(picks, fc.nat(4), fc.nat(50), fc.boolean()).map((values) => finish(...values)),
    fc.tuple(picks, fc.nat(4), fc.nat(50), fc.constant(false)).map((values) => finish(...values)),
    fc.tuple(picks, fc.nat(4), fc.nat(50), fc.constant(false)).map((values) => finish(...values)),
    fc.tuple(picks, fc.nat(4), fc.nat(50), fc.constant(false)).map((values) => finish(...values)),
    fc.tuple(picks, fc.nat(4), fc.nat(50), fc.constant(false)).map((values) => finish(...values)),
    fc.tuple(picks, fc.nat(4), fc.nat(50), fc.constant(false)).map((values) => finish(...values)),
    fc.tuple(picks, fc.nat(60), fc.boolean()).map((values) => mirror(...values)),
    picks.map(beat),
    fc.tuple(picks, errors, fc.boolean()).map((values) => fail(...values)),
    picks.map(giveBack),
  ],
  { size: "+1", maxCommands: 120 },
);

/** Whatever has happened to them: workers that only work bring all jobs to their end. */
export async function bringToEnd(model: JobModel, real: Real): Promise<void> {
  for (let rounds = 0; model.jobs.some((job) => !isEnded(job)); rounds++) {
    assert.ok(rounds < 1_000, "jobs that do not end");
    model.now += 70_000;
    await claim(limits.total).run(model, real);
    for (const { job, task, lease } of model.leases) {
      if (task.state !== "running" || task.attempt !== lease.attempt) continue;
      (await finishing(2, 1, false)(real.jobs, lease, { job, task, model }))();
      await assertSame(model, real);
    }
  }
}
