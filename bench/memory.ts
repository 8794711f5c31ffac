import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRecords } from "./support/records.ts";
import { ServiceProcess } from "./support/service-process.ts";

// How much memory does a service take at most (VmHWM, code and libraries included) while a file goes in and out: one of
// 20 MB, and one of 2 GB?
//
//     node bench/memory.ts [megabytes of the big file]

const sizes = [20, Number(process.argv[2] ?? 2000)];
const steps = ["start", "upload", "import", "export"] as const;
type Peaks = Record<(typeof steps)[number] | "cpu", number>;

const found: Peaks[] = [];
console.log("file    | start MB | upload MB | import MB | export MB | peak MB | CPU s");
console.log("--------|----------|-----------|-----------|-----------|---------|------");
for (const megabytes of sizes) {
  const peaks = await peaksOf(megabytes);
  found.push(peaks);
  const cells = steps.map((step) => peaks[step].toFixed(0).padStart(step.length + 3));
  console.log(
    `${String(megabytes).padStart(4)} MB | ${cells.join(" | ")} | ${peakOf(peaks).toFixed(0).padStart(7)} | ${peaks.cpu.toFixed(1).padStart(5)}`,
  );
}
const [small, large] = found.map(peakOf);
console.log(
  `peak of the big file / of the small: ${((large ?? 0) / (small ?? 1)).toFixed(2)} (floor 1.2, goal 1.05), ${large?.toFixed(0)} MB (goal 300)`,
);

function peakOf(peaks: Peaks): number {
  return Math.max(...steps.map((step) => peaks[step]));
}

/** Each file has a service of its own. */
async function peaksOf(megabytes: number): Promise<Peaks> {
  const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
  try {
    const file = join(folder, "records.json");
    await writeRecords(file, { bytes: megabytes * 1e6 });
    await using service = await ServiceProcess.start(join(folder, "data"));
    const start = service.peakMb();
    const upload = await peakDuring(service, () => service.upload("records.json", file));
    await rm(file);
    const imported = await peakDuring(service, async () => {
      await service.succeeded(await service.submitImport("records.json", "records"));
    });
    const exported = await peakDuring(service, async () => {
      await service.succeeded(await service.submitExport("out.json", "records"));
    });
    return { start, upload, import: imported, export: exported, cpu: service.cpuSeconds() };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function peakDuring(service: ServiceProcess, work: () => Promise<void>): Promise<number> {
  service.forgetPeak();
  await work();
  return service.peakMb();
}
