// The status query, token checked and state from the store, beside a bare Fastify that answers the same bytes on the same
// core; the load comes from the other core. Both are warm before the first of five rounds in turn; the median ratio counts.
//
//   node bench/status.ts
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOf } from "./support/cpu.ts";

interface Server {
  child: ChildProcess;
  address: string;
}

/** What is asked, and the process that answers. */
interface Subject {
  name: string;
  url: string;
  pid: number;
}

const rounds = 5;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const env = {
  ...process.env,
  DOCFERRY_APP_ID: "wx00000000bench001",
  DOCFERRY_APP_SECRET: "b".repeat(32),
  DOCFERRY_ENV_ID: "bench-1",
  DOCFERRY_LOG_LEVEL: process.argv[2] ?? "info",
};
const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
const service = await start([here("../bin/docferry"), "serve", "--data", folder, "--port", "0"]);
const query = new URLSearchParams({
  grant_type: "client_credential",
  appid: env.DOCFERRY_APP_ID,
  secret: env.DOCFERRY_APP_SECRET,
});
const { access_token: token } = (await (
  await fetch(`${service.address}/cgi-bin/token?${query.toString()}`)
).json()) as { access_token: string };
const call = async (name: string, body: object) =>
  fetch(`${service.address}/tcb/${name}?access_token=${token}`, {
    method: "POST",
    body: JSON.stringify({ env: "bench-1", ...body }),
  });
const jobId = await finishedJob();
const body = JSON.stringify({ env: "bench-1", job_id: jobId });
const answer = await (await call("databasemigratequeryinfo", { job_id: jobId })).text();
const bare = await start([process.execPath, here("support/bare-fastify.ts"), answer]);

const statusQuery = (name: string, server: Server, accessToken: string): Subject => ({
  name,
  pid: server.child.pid ?? 0,
  url: `${server.address}/tcb/databasemigratequeryinfo?access_token=${accessToken}`,
});
console.log(`on one core              | queries/s | p50 ms | p99 ms | CPU us a query
-------------------------|-----------|--------|--------|---------------`);
const beside = inTurns(
  statusQuery("docferry", service, token),
  statusQuery("bare Fastify", bare, token),
);
console.log(
  `docferry / bare Fastify: median ${beside.perSecond.toFixed(2)}, by CPU time ${beside.cpu.toFixed(2)} (floor 0.8, goal 0.9)`,
);
for (const { child } of [service, bare]) {
  child.kill("SIGTERM");
  await once(child, "exit");
}
await rm(folder, { recursive: true });

/** An import of a file that is empty: a job with an answer as long as others. */
async function finishedJob(): Promise<number> {
  const ticket = (await (await call("uploadfile", { path: "f" })).json()) as Record<string, string>;
  const form = new FormData();
  form.append("key", "f");
  form.append("Signature", ticket["authorization"] ?? "");
  form.append("x-cos-security-token", ticket["token"] ?? "");
  form.append("x-cos-meta-fileid", ticket["cos_file_id"] ?? "");
  form.append("file", new Blob(['{"_id":1}\n']), "f");
  await fetch(ticket["url"] ?? "", { method: "POST", body: form });
  const submitted = await call("databasemigrateimport", {
    collection_name: "c",
    file_path: "f",
    file_type: 1,
    conflict_mode: 2,
  });
  const { job_id: id } = (await submitted.json()) as { job_id: number };
  await sleep(1000);
  return id;
}

/** Prints what each does, and gives the median of how much the first does of what the second does. */
function inTurns(ours: Subject, theirs: Subject): { perSecond: number; cpu: number } {
  for (const { url } of [ours, theirs]) ask(url, 2);
  const pairs = Array.from({ length: rounds }, () => [load(ours), load(theirs)] as const);
  return {
    perSecond: median(pairs.map(([a, b]) => a.perSecond / b.perSecond)),
    cpu: median(pairs.map(([a, b]) => b.cpu / a.cpu)),
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Prints a row. `cpu` is in seconds a query. */
function load({ name, url, pid }: Subject): { perSecond: number; cpu: number } {
  const seconds = 4;
  const before = cpuSecondsOf(pid);
  const { perSecond, p50, p99 } = ask(url, seconds);
  if (!perSecond || !p50 || !p99) throw new Error(`No answers from ${name}`);
  const cpu = (cpuSecondsOf(pid) - before) / (perSecond * seconds);
  console.log(
    `${name.padEnd(24)} | ${perSecond.toFixed(0).padStart(9)} | ${p50.toFixed(2).padStart(6)} | ${p99.toFixed(2).padStart(6)} | ${(cpu * 1e6).toFixed(0).padStart(14)}`,
  );
  return { perSecond, cpu };
}

function ask(url: string, seconds: number): Record<string, number> {
  const command = [process.execPath, here("support/load.ts"), url, body, String(seconds)];
  const output = execFileSync("taskset", ["-c", "1", ...command], { encoding: "utf8" });
  return JSON.parse(output) as Record<string, number>;
}

/** A server on core 0. */
async function start(argv: string[]): Promise<Server> {
  const child = spawn("taskset", ["-c", "0", ...argv], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^docferry listening on (\S+)$/.exec(line) ?? [];
    if (address) return { child, address };
  }
  throw new Error("The server did not start");
}
