import { Agent, request } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeRecords } from "./support/records.ts";
import { ServiceProcess } from "./support/service-process.ts";

// 1,000 clients, each with a connection of its own, ask for the status of 1,000 jobs once a second, while nothing runs, while
// one import does, and while four do: how long do they wait?
//
//     node bench/pollers.ts [records of each of the four jobs] [clients]

const records = Number(process.argv[2] ?? 500_000);
const clients = Number(process.argv[3] ?? 1000);
const running = 4;
const everyMs = 1000;

const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
try {
  await writeFile(join(folder, "small.json"), '{"a":1}\n{"a":2}\n{"a":3}\n');
  await writeRecords(join(folder, "large.json"), { records });
  await using service = await ServiceProcess.start(join(folder, "data"));
  await service.upload("small.json", join(folder, "small.json"));
  await service.upload("large.json", join(folder, "large.json"));
  const jobs = await smallJobs(service, clients - running);
  const idle = await polled(service, jobs, sleep(5 * everyMs));
  const cpu = service.cpuSeconds();
  const one = await whileImporting(service, jobs, 1);
  const four = await whileImporting(service, jobs, running);
  console.log(`        | queries | p50 ms | p99 ms | longest ms
--------|---------|--------|--------|-----------`);
  print("idle", idle);
  print("1 runs", one);
  print("4 run", four);
  const times = (latencies: number[]) => (at(latencies, 0.99) / at(idle, 0.99)).toFixed(1);
  console.log(
    `p99 while one import runs: ${times(one)} times that of idle (goal 2 or less)
p99 while four run: floor 100 ms, goal 25 ms; ${times(four)} times that of idle
${(service.cpuSeconds() - cpu).toFixed(1)} CPU s of the service while they ran`,
  );
} finally {
  await rm(folder, { recursive: true });
}

/** Latencies from the submit of so many imports to the end of the last; the jobs that run are asked for too. */
async function whileImporting(
  service: ServiceProcess,
  jobs: number[],
  count: number,
): Promise<number[]> {
  const imports = await Promise.all(
    Array.from({ length: count }, (_, n) => service.submitImport("large.json", `of${count}-${n}`)),
  );
  const ended = Promise.all(imports.map((job) => service.succeeded(job, 500)));
  return await polled(service, [...jobs, ...imports], ended);
}

/** Jobs that have ended, to be asked for. */
async function smallJobs(service: ServiceProcess, count: number): Promise<number[]> {
  const jobs: number[] = [];
  while (jobs.length < count) {
    const length = Math.min(50, count - jobs.length);
    jobs.push(
      ...(await Promise.all(
        Array.from({ length }, () => service.submitImport("small.json", "small")),
      )),
    );
  }
  for (const job of jobs) await service.succeeded(job);
  return jobs;
}

/** Each job is asked for by a client of its own, at moments spread over the second. Latencies in ms, ascending. */
async function polled(
  service: ServiceProcess,
  jobs: number[],
  until: Promise<unknown>,
): Promise<number[]> {
  const latencies: number[] = [];
  const url = `${service.address}/tcb/databasemigratequeryinfo?access_token=${await service.token()}`;
  const over = new AbortController();
  const end = until.finally(() => over.abort());
  const clientsOf = jobs.map(async (job, n) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const body = JSON.stringify({ env: service.environment, job_id: job });
    await sleep((everyMs * n) / jobs.length);
    while (!over.signal.aborted) {
      const took = await post(url, body, agent);
      latencies.push(took);
      await sleep(Math.max(0, everyMs - took));
    }
    agent.destroy();
  });
  await Promise.all([end, ...clientsOf]);
  return latencies.sort((a, b) => a - b);
}

function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const call = request(
      url,
      { method: "POST", agent, headers: { "content-type": "application/json" } },
      (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (text: string) => (answer += text));
        response.on("end", () => {
          if (answer.startsWith('{"errcode":0,')) resolve(performance.now() - begun);
          else reject(new Error(`${response.statusCode} ${answer}`));
        });
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

function print(what: string, latencies: number[]): void {
  const [half, most, longest] = [0.5, 0.99, 1].map((share) => at(latencies, share).toFixed(1));
  console.log(
    `${what.padEnd(7)} | ${String(latencies.length).padStart(7)} | ${half?.padStart(6)} | ${most?.padStart(6)} | ${longest?.padStart(10)}`,
  );
}

/** @param latencies ascending */
function at(latencies: number[], share: number): number {
  return latencies[Math.ceil(latencies.length * share) - 1] ?? 0;
}
