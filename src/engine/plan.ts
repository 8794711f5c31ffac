import type { DecodeSpec, EncodeSpec } from "../formats/codec.ts";
import type { Chunk } from "../job/chunk.ts";
import type { ExportSpec, ImportSpec, Job } from "../job/job.ts";
import type { TaskWork } from "../job/task.ts";
import { projectedColumns } from "../query/projected-columns.ts";
import type { Attempt } from "./attempt.ts";
import type { EngineContext } from "./context.ts";
import { type ExportPlan, type ImportPlan, restoredQuery } from "./job-plan.ts";
import type { ScanResult } from "./steps/scan-file.ts";

/** Finds out what a job has to do, and leaves it as tasks. */
export async function runPlan(attempt: Attempt, context: EngineContext): Promise<void> {
  const { job } = attempt.claim;
  if (job.spec.type === "import") await planImport(attempt, job, job.spec, context);
  else await planExport(attempt, job, job.spec, context);
}

async function planImport(
  attempt: Attempt,
  job: Job,
  spec: ImportSpec,
  context: EngineContext,
): Promise<void> {
  const { pool, store, databases, settings, clock } = context;
  const database = await databases.open(job.environment);
  await database.createCollection(spec.collection);
  const scan = attempt.run(pool, "scanFile", {
    object: spec.object,
    size: spec.size,
    format: spec.format,
    csv: spec.csv,
    legacy: spec.legacy ?? false,
    chunkBytes: settings.chunkBytes,
  });
  let first: Chunk | undefined;
  let chunks = 0;
  for await (const item of scan) {
    attempt.alive();
    if (item.chunks.length === 0) continue;
    first ??= item.chunks[0];
    await store.jobs.addChunks(attempt.lease, { from: chunks, chunks: item.chunks });
    chunks += item.chunks.length;
  }
  const found = scan.result;
  const plan: ImportPlan = {
    decode: decodeSpec(job, spec, found, settings.fieldNames),
    chunks,
    unclosed: found.unclosed,
    headerBytes: found.headerBytes,
  };
  await store.jobs.finishPlan(attempt.lease, {
    plan,
    tasks: first ? importTasks(first, chunks, databases.writersPerEnvironment) : [],
    totalBytes: spec.size,
    now: clock(),
  });
}

/** One task on a database that has one writer; where many may write, as many tasks as that. */
function importTasks(first: Chunk, chunks: number, writers: number): TaskWork[] {
  const tasks = Math.min(writers, chunks);
  return Array.from({ length: tasks }, (_, index) => ({
    kind: "import",
    fromChunk: Math.floor((index * chunks) / tasks),
    toChunk: Math.floor(((index + 1) * chunks) / tasks),
  }));
}

function decodeSpec(
  job: Job,
  spec: ImportSpec,
  found: ScanResult,
  fieldNames: DecodeSpec["fieldNames"],
): DecodeSpec {
  const common = {
    fieldNames,
    // What is found by other fields need not have an _id.
    derivedId:
      spec.mode === "insert" || spec.upsertFields.includes("_id")
        ? { seconds: submitSeconds(job), jobKey: job.key.slice(0, 6) }
        : null,
  } as const;
  const { legacy = false } = spec;
  if (spec.format === "json") return { ...common, format: "json", layout: found.layout, legacy };
  const { header: _, ...csv } = spec.csv;
  return {
    ...common,
    format: spec.format,
    columns: found.columns,
    ...csv,
  };
}

/** Unix seconds of a job's submit: the time in the ids that it derives. */
export function submitSeconds(job: Job): number {
  return Math.floor(job.createdAt / 1000);
}

/** Ranges for each thread: so many that none waits long for the last one, so few that small ones do not abound. */
const rangesPerThread = 4;

async function planExport(
  attempt: Attempt,
  job: Job,
  spec: ExportSpec,
  context: EngineContext,
): Promise<void> {
  const { pool, store, databases, clock } = context;
  const database = await databases.open(job.environment);
  const ranges = await database.ranges(restoredQuery(spec.query), pool.size * rangesPerThread);
  const plan: ExportPlan = { encode: await encodeSpec(attempt, job, spec, context) };
  await store.jobs.finishPlan(attempt.lease, {
    plan,
    tasks: ranges.map((range) => ({ kind: "export", ...range })),
    totalBytes: null,
    now: clock(),
  });
}

async function encodeSpec(
  attempt: Attempt,
  job: Job,
  { format, query }: ExportSpec,
  { pool }: EngineContext,
): Promise<EncodeSpec> {
  if (format.format === "json") return format;
  const { projection } = restoredQuery(query);
  const { header, typed = false } = format;
  const columns = format.columns ?? (projection && projectedColumns(projection));
  if (columns && !typed) return { format: "csv", header, columns };
  const { environment } = job;
  const collect = attempt.run(pool, "collectColumns", { environment, query, typed, columns });
  for await (const _ of collect) attempt.alive();
  return { format: "csv", header, ...collect.result };
}
