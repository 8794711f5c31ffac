// One import and one export of 1,000,000 records of about 250 bytes through a service of its own, with the status query
// polled all the while: records/s, latencies of the status query idle and busy, peak memory.
//
//   node bench/service.ts [records]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, openAsBlob, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Docferry, type WeChatCalls } from "#client";

const records = Number(process.argv[2] ?? 1_000_000);
const account = { appId: "wx00000000bench001", secret: "b".repeat(32), environment: "bench-1" };

const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
const file = join(folder, "records.json");
await writeRecords(file);

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const child = spawn(
  process.execPath,
  [main, "serve", "--data", join(folder, "data"), "--port", "0"],
  {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DOCFERRY_APP_ID: account.appId,
      DOCFERRY_APP_SECRET: account.secret,
      DOCFERRY_ENV_ID: account.environment,
      DOCFERRY_LOG_LEVEL: "error",
    },
  },
);
try {
  const client = new Docferry({ server: await readyAddress(), ...account }).wechat;
  console.table([
    await timed("upload", async () => client.uploadFile("records.json", await openAsBlob(file))),
    await imported(client),
    await exported(client),
    await idle(client),
  ]);
} finally {
  child.kill("SIGTERM");
  await once(child, "exit");
  await rm(folder, { recursive: true });
}

async function writeRecords(path: string): Promise<void> {
  const out = createWriteStream(path);
  for (let from = 0; from < records; from += 1000) {
    const lines = Array.from({ length: 1000 }, (_, n) => record(from + n));
    if (!out.write(`${lines.join("\n")}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
}

function record(n: number): string {
  return `{"name":"person number ${n}","email":"person.${n}@example.com","age":${n % 90},"score":${(n * 7919) % 10007}.25,"city":"Springfield","street":"${n % 977} Evergreen Terrace","active":${n % 2 === 0},"tags":["alpha","beta","gamma"],"visits":${n},"note":"abcdefghij"}`;
}

function imported(client: WeChatCalls) {
  return watched("import", client, () =>
    client.databaseMigrateImport({
      collection_name: "records",
      file_path: "records.json",
      file_type: 1,
      stop_on_error: false,
      conflict_mode: 1,
    }),
  );
}

function exported(client: WeChatCalls) {
  return watched("export", client, () =>
    client.databaseMigrateExport({
      file_path: "out.json",
      file_type: 1,
      query: "db.collection('records').get()",
    }),
  );
}

async function watched(what: string, client: WeChatCalls, submit: () => Promise<number>) {
  const began = performance.now();
  const job = await submit();
  const latencies: number[] = [];
  for (;;) {
    const asked = performance.now();
    const { status, error_msg } = await client.databaseMigrateQueryInfo(job);
    latencies.push(performance.now() - asked);
    if (status === "fail") throw new Error(error_msg);
    if (status === "success") break;
    await sleep(5);
  }
  return row(what, (performance.now() - began) / 1000, latencies);
}

async function timed(what: string, run: () => Promise<void>) {
  const began = performance.now();
  await run();
  return row(what, (performance.now() - began) / 1000, []);
}

async function idle(client: WeChatCalls) {
  const latencies: number[] = [];
  const began = performance.now();
  for (let n = 0; n < 300; n++) {
    const asked = performance.now();
    await client.databaseMigrateQueryInfo(1);
    latencies.push(performance.now() - asked);
    await sleep(5);
  }
  return row("idle", (performance.now() - began) / 1000, latencies);
}

function row(what: string, seconds: number, latencies: number[]) {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1));
  const [, peakKb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return {
    what,
    seconds: Number(seconds.toFixed(1)),
    "records/s": what === "idle" ? 0 : Math.round(records / seconds),
    "status p50 ms": at(0.5),
    "status p99 ms": at(0.99),
    "peak MB": Math.round(Number(peakKb) / 1024),
  };
}

async function readyAddress(): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^docferry listening on (\S+)$/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error("The service did not start");
}
