// Submit to success of an import of three records, as a client sees it that polls every millisecond.
//
//   node bench/small-job.ts [jobs]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { compose } from "../src/compose.ts";
import { resolveConfig } from "../src/config.ts";
import { newObjectId } from "../src/files/object-id.ts";
import { plainCsv } from "../src/job/job.ts";

const jobs = Number(process.argv[2] ?? 50);
const environment = "bench-1";
const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
const parts = await compose(resolveConfig({ data: folder }, {}, null), pino({ level: "silent" }));
parts.engine.start();
const writer = await parts.files.create(newObjectId());
await writer.write(Buffer.from('{"a":1}\n{"a":2}\n{"a":3}\n'));
const object = await writer.finish();
const file = { environment, name: "f", object, contentType: "application/json", now: Date.now() };
await parts.store.files.put(file);

const times: number[] = [];
const cpuBefore = process.cpuUsage();
for (let n = 0; n < jobs; n++) {
  const began = performance.now();
  const { id } = await parts.engine.submit(environment, {
    type: "import",
    file: "f",
    collection: "c",
    format: "json",
    mode: "insert",
    upsertFields: ["_id"],
    stopOnError: false,
    csv: plainCsv,
  });
  while ((await parts.engine.job(environment, id)).endedAt === null) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  times.push(performance.now() - began);
}
times.sort((a, b) => a - b);
const at = (share: number) =>
  (times[Math.min(Math.floor(times.length * share), times.length - 1)] ?? 0).toFixed(1);
const { user, system } = process.cpuUsage(cpuBefore);
console.log(`submit to success of ${jobs} jobs of three records, one after another
median ms | p90 ms | longest ms | floor, goal of the median | CPU ms a job, polling included
----------|--------|------------|---------------------------|-----------------------------
${at(0.5).padStart(9)} | ${at(0.9).padStart(6)} | ${at(1).padStart(10)} | ${"100 ms, 30 ms".padStart(25)} | ${((user + system) / 1000 / jobs).toFixed(1).padStart(28)}`);
await parts.engine.drain();
await parts[Symbol.asyncDispose]();
await rm(folder, { recursive: true });
