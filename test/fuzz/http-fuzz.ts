import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openFilesBelow } from "../support/open-files.ts";
import { NativeService } from "../support/native.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { callsOf, requestBytes } from "./http-requests.ts";
import type { Random } from "./random.ts";

export interface HttpFinding {
  fault: string;
  request: string;
  answer: string;
}

/** Connections at a time. */
const atOnce = 8;
const answerWithinMs = 30_000;

/**
 * Sends made-up requests to a whole service, until `endAt` (of `performance.now`), and finds what breaks a promise: a fault of
 * ours that has no rid, or whose stack the log has not; no answer; a service that no longer answers; files left open or behind.
 */
export async function fuzzHttp(options: { random: Random; endAt: number; most: number }): Promise<{
  requests: number;
  calls: number;
  statuses: Record<string, number>;
  findings: HttpFinding[];
}> {
  const { random, endAt, most } = options;
  await using native = await NativeService.start();
  await native.imported("seed", '{"_id":1,"a":"x"}\n{"_id":2,"a":2}\n{oops}\n');
  await native.put("seed.json", '{"_id":3}\n');
  const calls = await callsOf(native);
  const openAtFirst = await openFilesBelow(native.folder);
  const statuses: Record<string, number> = {};
  const findings: HttpFinding[] = [];
  let requests = 0;
  const one = async () => {
    const bytes = requestBytes(random.pick(calls), native, random);
    requests++;
    const { fault, answer } = await judged(native, bytes);
    const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "none";
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (fault !== null)
      findings.push({ fault, request: bytes.toString("latin1"), answer: answer.slice(0, 600) });
  };
  const sender = async () => {
    while (performance.now() < endAt && findings.length < most) {
      await one();
      // What was logged of answers that were good is of no use any more.
      if (native.log.length > 20_000) native.log.splice(0, 10_000);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  const { status } = await native.send("GET", "/healthz", { token: null });
  if (status !== 200) findings.push({ fault: `healthz is ${status}`, request: "", answer: "" });
  await ended(native);
  const left = (await readdir(join(native.folder, "files", "incoming"))).length;
  if (left > 0)
    findings.push({ fault: `${left} files are left in incoming/`, request: "", answer: "" });
  const open = await openFilesBelow(native.folder);
  // Environments and sorts open files of their own; a leak is one for many requests.
  if (open > openAtFirst + 20) {
    findings.push({
      fault: `${open} files are open, ${openAtFirst} were`,
      request: "",
      answer: "",
    });
  }
  return { requests, calls: calls.length, statuses, findings };
}

async function judged(
  native: NativeService,
  bytes: Buffer,
): Promise<{ fault: string | null; answer: string }> {
  const client = await RawSocket.open(native.service.address);
  client.socket.end(bytes);
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

/** Jobs that requests have made come to their end. */
async function ended(native: NativeService): Promise<void> {
  for (let looks = 0; looks < 600; looks++) {
    const { json } = await native.send("GET", "jobs?limit=100");
    const jobs = (json as { items?: { ended: string | null }[] }).items ?? [];
    if (jobs.every((job) => job.ended !== null)) return;
    await sleep(100);
  }
}
