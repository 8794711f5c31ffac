import { DocferryError } from "../job/errors.ts";
import { endedStates, type ImportSpec, type Job } from "../job/job.ts";
import type { Reject } from "../job/reject.ts";
import type { FileEntry } from "../store/file-index.ts";
import type { EngineContext } from "./context.ts";
import { errorsName } from "./hidden-names.ts";
import { FileWindow, rejectLine } from "./steps/reject-lines.ts";

/** What a user may have of a job's rejects: the file made at its end, or the lines as they stand now. */
export type RejectLines =
  | { file: FileEntry }
  | { lines: AsyncGenerator<Uint8Array, void, undefined> };

/**
 * The rejects as JSON Lines (`{line, column, offset, code, message, path, raw}`).
 * @throws {DocferryError} `file_not_found` when the job had rejects and their keep time is over
 */
export async function rejectLines(
  job: Job,
  context: EngineContext,
  options: { signal: AbortSignal },
): Promise<RejectLines> {
  if (job.spec.type === "export") return { lines: none() };
  const file = job.result?.file && (await hiddenFile(job, errorsName(job.result.file), context));
  if (file) return { file };
  const lines = liveLines(job, job.spec, context, options.signal);
  const first = await lines.next();
  if (first.done && endedStates.has(job.state) && job.progress.counts.rejected > 0) {
    throw noLongerKept(job);
  }
  return { lines: first.done ? none() : again(first.value, lines) };
}

/**
 * The records that failed as they were, to mend and submit again.
 * @throws {DocferryError} `conflict` when the job has not ended or had no rejects, `file_not_found` when they are no longer kept
 */
export async function rejectFile(job: Job, context: EngineContext): Promise<FileEntry> {
  if (!endedStates.has(job.state)) {
    throw new DocferryError("conflict", `Job ${job.id} has not ended: its rejects are not final`);
  }
  if (job.spec.type === "export" || job.progress.counts.rejected === 0) {
    throw new DocferryError("conflict", `Job ${job.id} has no rejects`);
  }
  const file = job.result?.file && (await hiddenFile(job, job.result.file, context));
  if (!file) throw noLongerKept(job);
  return file;
}

/** The first few rejects by task and offset, for who looks on. */
export async function firstRejects(
  job: Job,
  limit: number,
  { databases }: EngineContext,
): Promise<Reject[]> {
  await using source = await databases.openSource(job.environment);
  for await (const page of source.rejects(job.key, { signal: new AbortController().signal })) {
    return page.slice(0, limit);
  }
  return [];
}

function hiddenFile(
  job: Job,
  name: string,
  { store }: EngineContext,
): Promise<FileEntry | undefined> {
  return store.files.get(job.environment, name);
}

async function* liveLines(
  job: Job,
  spec: ImportSpec,
  { databases, files }: EngineContext,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using source = await databases.openSource(job.environment);
  const file = new FileWindow(files, spec.object, spec.size, signal);
  for await (const page of source.rejects(job.key, { signal })) {
    const lines: Uint8Array[] = [];
    for (const reject of page) lines.push(await rejectLine(reject, file));
    yield Buffer.concat(lines);
  }
}

async function* again<T>(
  first: T,
  rest: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function* none(): AsyncGenerator<never, void, undefined> {}

function noLongerKept(job: Job): DocferryError {
  return new DocferryError("file_not_found", `The rejects of job ${job.id} are no longer kept`);
}
