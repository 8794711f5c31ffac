import assert from "node:assert/strict";
import type { NativeJob } from "../../src/http/native/job-view.ts";
import { account, type TestService } from "../support/service.ts";
import { addEnvironment, Ferryman, peakMib } from "./heavy-import.ts";

/** What became of many small jobs that three environments queued at once. */
export interface QueueLoad {
  /** All jobs of each environment, in the order of submit. */
  jobs: NativeJob[][];
  /** First submit to the last end. */
  seconds: number;
  /** Submits a second, while earlier jobs run. */
  submitRate: number;
  /** Status queries one after another meanwhile, ms. */
  status: { asked: number; p50: number; p99: number; slowest: number };
  /** Most memory of the service when nothing had been submitted, and at the end, MiB; 0 where the system does not tell. */
  idleMib: number;
  peakMib: number;
}

const records = 3;
const file = '{"_id":1,"a":"one"}\n{"_id":2,"a":"two"}\n{"_id":3,"a":"three"}\n';

/** Submits under way at a time: no job waits for an answer to the one before it. */
const submitters = 16;
const pageLimit = 1000;

/**
 * Submits all of the first environment's jobs, then those of the second and third in turns, and waits for all ends.
 * @param jobs how many, of each environment
 */
export async function queueLoad(
  service: TestService,
  folder: string,
  jobs: readonly [number, number, number],
): Promise<QueueLoad> {
  const ferryman = await Ferryman.of(service);
  const environments = [account.environment, "second-4a89da", "third-4a89da"];
  for (const id of environments.slice(1)) await addEnvironment(service, folder, id);
  for (const environment of environments) {
    const answer = await ferryman.in(environment).send("PUT", "files/people.json", file);
    assert.equal(answer.status, 201, await answer.text());
  }
  const pid = service.child.pid ?? 0;
  const idleMib = await peakMib(pid);
  const callers = environments.map((environment) => ferryman.in(environment));
  const began = performance.now();
  const watch = watchStatus(callers);
  try {
    for (const caller of submitOrder(callers, jobs)) watch.queue.push(caller);
    await Promise.all(Array.from({ length: submitters }, () => submitAll(watch.queue, watch.ids)));
    const submitSeconds = (performance.now() - began) / 1000;
    const ended: NativeJob[][] = [];
    for (const caller of callers) {
      await allEnded(caller);
      ended.push(await jobsOf(caller));
    }
    return {
      jobs: ended,
      seconds: (performance.now() - began) / 1000,
      submitRate: jobs.reduce((sum, count) => sum + count, 0) / submitSeconds,
      status: await watch.stop(),
      idleMib,
      peakMib: await peakMib(pid),
    };
  } finally {
    await watch.stop();
  }
}

/** Each job has ended well, once, with all of its records. */
export function assertAllDone({ jobs }: QueueLoad, counts: readonly number[]): void {
  assert.deepEqual(
    jobs.map((list) => list.length),
    counts,
  );
  for (const { state, result, error } of jobs.flat()) {
    assert.equal(state, "succeeded", JSON.stringify(error));
    const { inserted = 0, updated = 0, unchanged = 0, rejects } = result ?? {};
    assert.deepEqual([inserted + updated + unchanged, rejects], [records, 0]);
  }
}

/**
 * How many jobs of the first environment ended while the other two waited for theirs: between the last submit of theirs and the
 * last end.
 */
export function endedMeanwhile({ jobs: [first = [], ...others] }: QueueLoad): number {
  const theirs = others.flat();
  const from = Math.max(...theirs.map(({ created }) => Date.parse(created)));
  const to = Math.max(...theirs.map(({ ended }) => Date.parse(ended ?? "")));
  return first.filter(
    ({ ended }) => Date.parse(ended ?? "") >= from && Date.parse(ended ?? "") < to,
  ).length;
}

function submitOrder(callers: Ferryman[], jobs: readonly number[]): Ferryman[] {
  const [first, ...others] = callers.map((caller, n) =>
    Array.from({ length: jobs[n] ?? 0 }, () => caller),
  );
  const longest = Math.max(...others.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, n) => others.flatMap((list) => list[n] ?? []));
  return [...(first ?? []), ...turns.flat()];
}

async function submitAll(queue: Ferryman[], ids: [Ferryman, number][]): Promise<void> {
  for (;;) {
    const caller = queue.shift();
    if (!caller) return;
    const order = { type: "import", format: "json", file: "people.json", mode: "upsert" };
    const { id } = await caller.submit({ ...order, collection: "people" });
    ids.push([caller, id]);
  }
}

/** Asks for one job after another, as long as it is not stopped. */
function watchStatus(callers: Ferryman[]) {
  const ids: [Ferryman, number][] = [];
  const took: number[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for (let n = 0; !stop.signal.aborted; n++) {
      const [caller, id] = ids[(n * 7919) % Math.max(ids.length, 1)] ?? [callers[0], 0];
      const asked = performance.now();
      // Before the first submit, of a job that is not there.
      await (await caller?.send("GET", `jobs/${id || 1}`))?.arrayBuffer();
      took.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  watching.catch(() => undefined);
  return {
    ids,
    queue: [] as Ferryman[],
    stop: async (): Promise<QueueLoad["status"]> => {
      stop.abort();
      await watching;
      const sorted = took.toSorted((a, b) => a - b);
      const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
      return { asked: sorted.length, p50: at(0.5), p99: at(0.99), slowest: at(1) };
    },
  };
}

const unended = ["queued", "planning", "running", "finishing"];

async function allEnded(caller: Ferryman): Promise<void> {
  for (const state of unended) {
    for (;;) {
      const { items } = (await (
        await caller.send("GET", `jobs?state=${state}&limit=1`)
      ).json()) as Page;
      if (items.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

interface Page {
  items: NativeJob[];
  nextCursor: string | null;
}

async function jobsOf(caller: Ferryman): Promise<NativeJob[]> {
  const jobs: NativeJob[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const at: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await (await caller.send("GET", `jobs?limit=${pageLimit}${at}`)).json()) as Page;
    jobs.push(...page.items);
    cursor = page.nextCursor;
  }
  return jobs.reverse();
}
