import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { NativeService } from "../support/native.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { callsOf, requestBytes, submitBytes, submitted } from "./http-requests.ts";
import type { Random } from "./random.ts";

export interface HttpFinding {
  fault: string;
  request: string;
  answer: string;
}

/** Of so many requests one is a submit that is taken. */
const oneSubmitIn = 20;

/** What may be more at the end than after the first third: caches fill, and the pages of a heap come and go. */
const grown = { heapMib: 24, rssMib: 120, files: 20 };

/** Connections at a time. */
const atOnce = 32;
/** Until a request that has no answer yet is ended: what has been changed may be waited for to go on. */
const restAfterMs = 2_000;
const answerWithinMs = 30_000;

const unendedStates = ["queued", "planning", "running", "finishing", "cancelling"];

const lines = '{"_id":1,"a":"x"}\n{"_id":2,"a":2}\n{oops}\n';

/**
 * Sends made-up requests to a whole service for `ms`, and finds what breaks a promise: a fault of
 * ours that has no rid, or whose stack the log has not; no answer; a service that no longer answers; jobs that do not end; memory,
 * files or connections that are kept, files left behind.
 */
export async function fuzzHttp(options: { random: Random; ms: number; most: number }): Promise<{
  requests: number;
  calls: number;
  statuses: Record<string, number>;
  /** Submits that were taken. */
  jobs: number;
  /** After the first third, and at the end. */
  held: { before: Held; after: Held };
  findings: HttpFinding[];
}> {
  const { random, ms, most } = options;
  await using native = await NativeService.start();
  await native.imported("seed", lines);
  await native.put("seed.json", '{"_id":3}\n');
  await native.imported(submitted.collection, lines);
  await native.put(submitted.file, lines);
  const calls = await callsOf(native);
  const beginsAt = performance.now();
  const endAt = beginsAt + ms;
  const statuses: Record<string, number> = {};
  const findings: HttpFinding[] = [];
  let requests = 0;
  let jobs = 0;
  const one = async () => {
    const isSubmit = random.below(oneSubmitIn) === 0;
    const bytes = isSubmit
      ? submitBytes(native, random)
      : requestBytes(random.pick(calls), native, random);
    requests++;
    const { fault: told, answer } = await judged(native, bytes, { whole: isSubmit });
    const taken = /^HTTP\/1\.1 201 |"errcode":0,"errmsg":"ok","job_id":/.test(answer);
    if (isSubmit && taken) jobs++;
    const fault = told ?? (isSubmit && !taken ? "a submit that is right is not taken" : null);
    const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "none";
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (fault !== null)
      findings.push({ fault, request: bytes.toString("latin1"), answer: answer.slice(0, 600) });
  };
  const sender = async (until: number) => {
    while (performance.now() < until && findings.length < most) {
      await one();
      // What was logged of answers that were good is of no use any more.
      if (native.log.length > 20_000) native.log.splice(0, 10_000);
    }
  };
  const send = (until: number) => Promise.all(Array.from({ length: atOnce }, () => sender(until)));
  const fault = (text: string) => findings.push({ fault: text, request: "", answer: "" });
  await send(beginsAt + ms / 3);
  await ended(native);
  const before = await heldBy();
  await send(endAt);
  const { status } = await native.send("GET", "/healthz", { token: null });
  if (status !== 200) fault(`healthz is ${status}`);
  const unended = await ended(native);
  if (unended > 0) fault(`${unended} jobs do not end`);
  const left = (await readdir(join(native.folder, "files", "incoming"))).length;
  if (left > 0) fault(`${left} files are left in incoming/`);
  const after = await heldBy();
  for (const [what, limit] of Object.entries(grown) as [keyof Held, number][]) {
    if (after[what] - before[what] > limit)
      fault(`${what}: ${after[what]}, ${before[what]} before`);
  }
  return { requests, calls: calls.length, statuses, jobs, held: { before, after }, findings };
}

/** What this process, which is the service's, holds. */
interface Held {
  /** What a full collection leaves, with what stands outside of the heap. */
  heapMib: number;
  rssMib: number;
  /** Connections are files. 0 where the system does not tell. */
  files: number;
}

async function heldBy(): Promise<Held> {
  // Connections of the last requests are still on their way out.
  await sleep(200);
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const files = await readdir("/proc/self/fd").catch(() => []);
  const mib = (bytes: number) => Math.round(bytes / 1024 / 1024);
  return { heapMib: mib(heapUsed + external), rssMib: mib(rss), files: files.length };
}

/** A full collection. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

async function judged(
  native: NativeService,
  bytes: Buffer,
  /** Nothing is missing of it: a disk that is slow to take a submit has its time. */
  { whole }: { whole: boolean },
): Promise<{ fault: string | null; answer: string }> {
  const client = await RawSocket.open(native.service.address);
  client.send(bytes);
  // Of a client that has said that nothing more comes, Node takes no interest in the answer: so not before it has had its time.
  await Promise.race([
    client.closed,
    sleep(whole ? answerWithinMs : restAfterMs, null, { ref: false }),
  ]);
  client.socket.end();
  const answer = await Promise.race([client.closed, sleep(answerWithinMs, null, { ref: false })]);
  if (answer === null) {
    client.reset();
    return { fault: "no end of the answer", answer: client.received };
  }
  return { fault: faultOf(answer, native), answer };
}

/** A fault of ours has a rid, and the log has its stack. */
function faultOf(answer: string, { log }: NativeService): string | null {
  const ours =
    answer.startsWith("HTTP/1.1 500 ") ||
    /"errcode":-1000/.test(answer) ||
    /InternalError/.test(answer);
  if (!ours)
    return /^HTTP\/1\.1 5\d\d /.test(answer) && !/rid|RequestId/i.test(answer)
      ? "a 5xx without rid"
      : null;
  const rid = /[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}/.exec(answer)?.[0];
  if (rid === undefined) return "a 500 without rid";
  const line = log.find((text) => text.includes(rid) && text.includes('"error"'));
  return line === undefined
    ? "a 500 that the log does not know"
    : `a fault of ours: ${line.slice(0, 1500)}`;
}

/** Jobs that requests have made come to their end. How many do not. */
async function ended(native: NativeService): Promise<number> {
  for (let looks = 0; ; looks++) {
    const states = await Promise.all(
      unendedStates.map(async (state) => {
        const { json } = await native.send("GET", `jobs?state=${state}&limit=100`);
        return (json as { items: unknown[] }).items.length;
      }),
    );
    const unended = states.reduce((sum, count) => sum + count, 0);
    if (unended === 0 || looks === 600) return unended;
    await sleep(100);
  }
}
