import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { composeSolo, type EngineComposition } from "../../compose.ts";
import { DocferryError } from "../../job/errors.ts";
import type { Job } from "../../job/job.ts";
import { CommandError } from "../command-errors.ts";
import type { Place } from "../options/place.ts";
import type { ExportRequest } from "./export-request.ts";
import { openOutput } from "./output.ts";
import { followSolo, type Session, soloEnd, soloEnvironment, soloJob } from "./solo.ts";
import { RunFolder } from "./state-folder.ts";
import { Interrupted, type TransferEnd } from "./transfer-end.ts";

type DatabaseFile = Extract<Place, { kind: "sqlite" }>;

/**
 * Brings documents of a database file into a file, with an engine of this process's own. An unfinished job of the same
 * command goes on behind its last part. The database is only read: a service may go on writing it.
 * @throws {Interrupted} when it was asked to stop
 */
export async function exportSolo(
  request: ExportRequest,
  source: DatabaseFile,
  session: Session,
  tell: (end: TransferEnd) => void,
): Promise<void> {
  const began = session.clock();
  if (!existsSync(source.file)) {
    throw new CommandError(`There is no database ${source.shown}`);
  }
  const output = openOutput(request.output, process.stdout);
  const path = request.output && resolve(request.output);
  using run = RunFolder.open(["export", path, source.file, request.query, request.format]);
  if (session.restart) run.clear();
  {
    await using parts = await composeSolo({
      state: run.path,
      database: { environment: soloEnvironment, file: source.file },
      external: null,
      threads: session.threads,
      logger: session.logger,
    });
    const unfinished = await soloJob(parts);
    if (unfinished) session.display.note("Going on with the job that the last run began.");
    const job = unfinished ?? (await submit(parts, request));
    const before = job.progress.counts.records;
    const ended = await followSolo(parts, job.id, session, await totalRecords(parts, request));
    session.display.stop();
    await parts.engine.drain();
    if (ended.state === "succeeded") await publish(parts, ended, output, session);
    tell(
      soloEnd(ended, {
        from: `${request.plan.collection} in ${source.shown}`,
        to: request.output ?? "stdout",
        failures: { reasons: [], first: [] },
        rejects: null,
        bytes: await sizeOf(parts, ended),
        seconds: (session.clock() - began) / 1000,
        recordsBefore: before,
      }),
    );
  }
  run.remove();
}

async function submit({ engine }: EngineComposition, request: ExportRequest): Promise<Job> {
  return engine.submit(soloEnvironment, {
    type: "export",
    file: "export",
    query: request.plan,
    format: request.format,
  });
}

/** Known where the whole collection comes out. */
async function totalRecords(
  { databases }: EngineComposition,
  { query, plan }: ExportRequest,
): Promise<number | null> {
  if ("statement" in query || query.filter !== null || query.skip > 0) return null;
  const database = await databases.open(soloEnvironment);
  const info = (await database.collections()).find(({ name }) => name === plan.collection);
  if (!info) return null;
  return plan.limit === null ? info.count : Math.min(plan.limit, info.count);
}

async function publish(
  parts: EngineComposition,
  job: Job,
  output: ReturnType<typeof openOutput>,
  { signal }: Session,
): Promise<void> {
  const entry = await parts.store.files.get(soloEnvironment, job.result?.file ?? "");
  if (!entry) throw new DocferryError("internal", "The export's file is missing");
  const bytes = parts.files.read(entry.object, { from: 0, to: entry.size }, { signal });
  try {
    await output.take(bytes, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted("Stopped while the file was written. The same command writes it again.");
  }
}

async function sizeOf({ store }: EngineComposition, job: Job): Promise<number> {
  const entry = job.result?.file ? await store.files.get(soloEnvironment, job.result.file) : null;
  return entry?.size ?? job.progress.bytes;
}
