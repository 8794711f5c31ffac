import { ContentDigest } from "../bson/digest.ts";
import { newObjectId } from "../files/object-id.ts";
import type { StoredObject } from "../files/object-store.ts";
import type { ExportSpec, ImportSpec, Job, JobResult } from "../job/job.ts";
import type { Part } from "../job/task.ts";
import type { Attempt } from "./attempt.ts";
import type { EngineContext } from "./context.ts";
import { errorsName, hiddenName } from "./hidden-names.ts";
import type { ExportPlan, ImportPlan } from "./job-plan.ts";

/** Puts together what a job's tasks have made, and ends the job. */
export async function runAssemble(attempt: Attempt, context: EngineContext): Promise<void> {
  const { job } = attempt.claim;
  if (job.spec.type === "import") await assembleImport(attempt, job, job.spec, context);
  else await assembleExport(attempt, job, job.spec, context);
}

async function assembleImport(
  attempt: Attempt,
  job: Job,
  spec: ImportSpec,
  context: EngineContext,
): Promise<void> {
  const { store, databases, pool, clock } = context;
  const database = await databases.open(job.environment);
  // An attempt that stopped, or was stopped, may have committed more than it could report.
  const counts = await database.sealJob(job.key);
  await database.flush();
  attempt.seal(counts);
  const first = await database.firstReject(job.key);
  const files: { name: string; object: StoredObject; contentType: string }[] = [];
  if (first) {
    const write = attempt.run(pool, "writeRejects", {
      environment: job.environment,
      jobKey: job.key,
      object: spec.object,
      size: spec.size,
      headerBytes: (attempt.claim.plan as ImportPlan).headerBytes,
    });
    for await (const _ of write) attempt.alive();
    const name = hiddenName(job.id, `rejects.${spec.format}`);
    const { records, errors } = write.result;
    files.push({ name, object: records, contentType: contentTypes[spec.format] });
    files.push({
      name: errorsName(name),
      object: errors,
      contentType: "application/x-ndjson",
    });
  }
  const result: JobResult = {
    file: files[0]?.name ?? null,
    digest: null,
    retyped: 0,
    formulas: 0,
    consistency: null,
    firstReject: first ? { line: first.line, message: first.message } : null,
  };
  await store.jobs.finishJob(attempt.lease, {
    result,
    error: job.error,
    counts,
    files,
    now: clock(),
  });
}

async function assembleExport(
  attempt: Attempt,
  job: Job,
  spec: ExportSpec,
  context: EngineContext,
): Promise<void> {
  const { store, pool, clock } = context;
  const parts = await store.jobs.parts(job.id);
  const { encode } = attempt.claim.plan as ExportPlan;
  const join = attempt.run(pool, "joinParts", { encode, parts });
  for await (const _ of join) attempt.alive();
  const object = join.result;
  const digest = new ContentDigest();
  for (const part of parts) digest.merge(ContentDigest.parse(part.digest));
  const result: JobResult = {
    file: spec.file,
    digest: digest.toString(),
    retyped: parts.reduce((sum, part) => sum + part.retyped, 0),
    formulas: parts.reduce((sum, part) => sum + part.formulas, 0),
    consistency: "each-document-once",
    firstReject: null,
  };
  const manifest = await writeManifest({ job, spec, parts, object, result }, context);
  await store.jobs.finishJob(attempt.lease, {
    result,
    error: null,
    counts: null,
    files: [
      { name: spec.file, object, contentType: contentTypes[encode.format] },
      {
        name: hiddenName(job.id, "manifest.json"),
        object: manifest,
        contentType: "application/json",
      },
    ],
    now: clock(),
  });
}

/** What the file consists of and how it was made, for whoever wants to prove it later. */
async function writeManifest(
  made: { job: Job; spec: ExportSpec; parts: Part[]; object: StoredObject; result: JobResult },
  { files }: EngineContext,
): Promise<StoredObject> {
  const { job, spec, parts, object, result } = made;
  const manifest = {
    job: job.id,
    file: spec.file,
    size: object.size,
    md5: object.md5,
    digest: result.digest,
    consistency: result.consistency,
    retyped: result.retyped,
    formulas: result.formulas,
    query: spec.query,
    format: spec.format,
    parts: parts.map(({ size, counts, digest }) => ({
      size,
      records: counts.records,
      digest,
    })),
  };
  await using writer = await files.create(newObjectId());
  await writer.write(Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  return await writer.finish();
}

const contentTypes = {
  json: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
  tsv: "text/tab-separated-values; charset=utf-8",
};
