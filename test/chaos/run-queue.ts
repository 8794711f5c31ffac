import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestService } from "../support/service.ts";
import { assertAllDone, endedMeanwhile, queueLoad } from "./queue-load.ts";

// Jobs of three environments that are queued at once, in its long form: npm run chaos:queue -- --jobs 10000

const { values } = parseArgs({ options: { jobs: { type: "string", default: "10000" } } });
const jobs = Number(values.jobs);
const few = Math.floor(jobs / 20);
const counts = [jobs - 2 * few, few, few] as const;

const cleanups: (() => unknown)[] = [];
const folder = await mkdtemp(join(tmpdir(), "docferry-queue-"));
const data = join(folder, "data");
try {
  const service = await TestService.start(
    { after: (end) => void cleanups.push(end as () => unknown) },
    data,
    { flags: ["--log-level", "warn"] },
  );
  const load = await queueLoad(service, data, counts);
  assertAllDone(load, counts);
  const { seconds, submitRate, status, idleMib, peakMib } = load;
  const rounded = (value: number) => Math.round(value * 10) / 10;
  const lines = [
    `${jobs} jobs of three environments (${counts.join(", ")}), all succeeded`,
    `${rounded(seconds)} s, ${rounded(jobs / seconds)} jobs/s; ${rounded(submitRate)} submits/s`,
    `status meanwhile: p50 ${rounded(status.p50)} ms, p99 ${rounded(status.p99)} ms, slowest ${rounded(status.slowest)} ms (${status.asked} asked)`,
    `memory: ${idleMib} MiB before the first job, ${peakMib} MiB at most`,
    `while the two with ${few} each waited, ${endedMeanwhile(load)} of the other's ended`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
} finally {
  for (const end of cleanups) await end();
  await rm(folder, { recursive: true });
}
