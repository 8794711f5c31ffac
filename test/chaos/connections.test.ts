import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { openFilesLimit } from "../../src/open-files.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { TestService } from "../support/service.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { Ferryman, rssMib, peopleOrder, assertPutOff } from "./heavy-import.ts";

const run = promisify(execFile);

const connections = 5_000;
/** A connection that has said half of something: its socket, its parser and what it has sent. */
const mostKib = 40;
/** Headers may take 30 s, and are looked at each 5 s. */
const closedWithinMs = 60_000;

test("5,000 connections that say nothing, or half of something, keep nobody waiting, and are closed in the end", async (t) => {
  const files = openFilesLimit();
  if (files !== null && files < connections + 1_000)
    return t.skip(`${files} files may be open here`);
  const ferryman = await start(t);
  const pid = ferryman.service.child.pid ?? 0;
  const before = { rss: await rssMib(pid), files: await openFiles(pid) };
  const halves = [
    "",
    "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ",
    "POST /tcb/databasemigratequeryinfo?access_token=x HTTP/1.1\r\nHost: x\r\n",
    `PUT ${new URL(ferryman.url("files/half")).pathname} HTTP/1.1\r\nHost: x\r\n`,
  ];
  const clients: RawSocket[] = [];
  for (let n = 0; n < connections; n += 100) {
    const some = await Promise.all(
      Array.from({ length: 100 }, () => RawSocket.open(ferryman.service.address)),
    );
    for (const [k, client] of some.entries()) client.send(halves[k % halves.length] ?? "");
    clients.push(...some);
  }
  const began = performance.now();
  const held = (await openFiles(pid)) - before.files;
  assert.ok(process.platform !== "linux" || held >= connections, `${held} connections are held`);
  await answersOthers(ferryman);
  const kib = (((await rssMib(pid)) - before.rss) * 1024) / connections;
  t.diagnostic(`${kib.toFixed(1)} KiB a connection`);
  assert.ok(kib < mostKib, `${kib} KiB a connection`);
  const closed = Promise.all(clients.map((client) => client.closed));
  await Promise.race([closed, sleep(closedWithinMs, null, { ref: false })]);
  const open = clients.filter(({ socket }) => !socket.closed).length;
  assert.equal(open, 0, `${open} connections are open`);
  t.diagnostic(`all closed after ${Math.round((performance.now() - began) / 1000)} s`);
  for (const answer of await closed) assert.match(answer, /^(HTTP\/1\.1 408 |$)/);
  // The clients know first.
  await until(async () => (await openFiles(pid)) - before.files < 20);
  await answersOthers(ferryman);
  assert.doesNotMatch(ferryman.service.log, /"level":(50|60)/);
  assert.equal(await ferryman.service.stop(), 0);
});

test("a service that may open few files takes as many connections as leave some for its stores, says so, and recovers", async (t) => {
  const limit = 256;
  if (!(await canLimit(t))) return;
  const ferryman = await start(t, ["prlimit", `--nofile=${limit}:${limit}`]);
  const pid = ferryman.service.child.pid ?? 0;
  await answersOthers(ferryman);
  const clients = await Promise.all(
    Array.from({ length: 2 * limit }, () => RawSocket.open(ferryman.service.address)),
  );
  await until(() => ferryman.service.log.includes("connections refused: there are too many"));
  const open = await openFiles(pid);
  t.diagnostic(`${open} of ${limit} files are open`);
  assert.ok(open < limit, `${open} files`);
  // Whoever has a connection is served.
  const taken = clients.filter(({ socket }) => !socket.closed);
  for (const client of taken)
    client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const answers = await Promise.all(taken.map((client) => client.closed));
  // Some were on their way to be refused.
  const served = answers.filter((answer) => answer !== "");
  assert.ok(served.length >= 8, `${served.length} are served`);
  for (const answer of served) assert.match(answer, /^HTTP\/1\.1 200 /);
  await answersOthers(ferryman);
  assert.doesNotMatch(ferryman.service.log, /EMFILE|"level":(50|60)/);
  assert.equal(await ferryman.service.stop(), 0);
});

test("a service that can open no more files says so to whoever needs one, answers the others, and goes on once it can", async (t) => {
  if (!(await canLimit(t))) return;
  const ferryman = await start(t, []);
  const pid = ferryman.service.child.pid ?? 0;
  await answersOthers(ferryman);
  const records = 100_000;
  const lines = Array.from(
    { length: records },
    (_, n) => `{"_id":${n},"text":"${"x".repeat(60)}"}\n`,
  );
  await ferryman.put("more.json", `${lines.join("")}{oops}\n`);
  const job = await ferryman.submit({ ...peopleOrder, file: "more.json", collection: "more" });
  await until(async () => (await ferryman.job(job.id)).progress.records > 0);
  const limitFiles = (files: number) =>
    run("prlimit", ["--pid", String(pid), `--nofile=${files}:`]);
  // The connections that there are stay: nobody gets another file.
  await limitFiles(3);
  await assertPutOff(
    await ferryman.send("PUT", "files/other.json", "{}"),
    /EMFILE: too many open files/,
  );
  const more = JSON.stringify({ ...peopleOrder, file: "more.json", collection: "other" });
  await assertPutOff(await ferryman.send("POST", "jobs", more), /./);
  const health = `${ferryman.service.address}/healthz`;
  assert.equal((await fetch(health)).status, 200);
  assert.equal((await ferryman.send("GET", "jobs")).status, 200);
  await limitFiles(1024);
  const done = await ferryman.ended(job.id);
  assert.deepEqual(
    [done.state, done.result?.inserted, done.result?.rejects],
    ["succeeded", records, 1],
  );
  await answersOthers(ferryman);
  assert.doesNotMatch(ferryman.service.log, /"level":(50|60)/);
  assert.equal(await ferryman.service.stop(), 0);
});

async function start(t: TestContext, within: string[] = []): Promise<Ferryman> {
  const folder = join(await tempFolder(t), "data");
  const flags = ["--log-level", "warn"];
  return Ferryman.of(await TestService.start(t, folder, { flags, within }));
}

async function canLimit(t: TestContext): Promise<boolean> {
  try {
    await run("prlimit", ["--version"]);
    return true;
  } catch (error) {
    t.skip(`the limits of a process cannot be set here: ${(error as Error).message.trim()}`);
    return false;
  }
}

/** Status, upload, a job. */
async function answersOthers(ferryman: Ferryman): Promise<void> {
  const began = performance.now();
  assert.equal((await fetch(`${ferryman.service.address}/readyz`)).status, 200);
  await ferryman.put("people.json", '{"_id":1}\n{"_id":2}\n');
  const { id } = await ferryman.submit(peopleOrder);
  assert.equal((await ferryman.ended(id)).state, "succeeded");
  assert.ok(performance.now() - began < 10_000);
}

/** Of a process. Linux tells; elsewhere 0. */
async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}
