import { createHash } from "node:crypto";
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { composeSolo, type EngineComposition } from "../../compose.ts";
import { lockEnvironmentFile } from "../../data-folder.ts";
import type { ExternalFile } from "../../files/external/external-file.ts";
import { longestHeader } from "../../formats/csv/file-columns.ts";
import { DocferryError } from "../../job/errors.ts";
import type { Job } from "../../job/job.ts";
import type { Place } from "../options/place.ts";
import { checkFileColumns, type ImportRequest } from "./import-request.ts";
import { firstBytes, type Input, openInput, spool } from "./input.ts";
import { openOutput } from "./output.ts";
import { followSolo, type Session, soloEnd, soloEnvironment, soloJob } from "./solo.ts";
import { newRejectsFile, RunFolder } from "./state-folder.ts";
import { FailureCounter, type Failures, Interrupted, type TransferEnd } from "./transfer-end.ts";

type DatabaseFile = Extract<Place, { kind: "sqlite" }>;

/**
 * Brings a file into a database file, with an engine of this process's own. An unfinished job of the same command goes on.
 * @param tell gets how it ended, before the job is forgotten: a process that dies meanwhile can tell it again
 * @param again makes the command that imports a file of rejects
 * @throws {Interrupted} when it was asked to stop
 */
export async function importSolo(
  request: ImportRequest,
  target: DatabaseFile,
  session: Session,
  { tell, again }: { tell: (end: TransferEnd) => void; again: (rejectsFile: string) => string },
): Promise<void> {
  const began = session.clock();
  const input = openInput(request.input, process.stdin);
  const path = request.input && resolve(request.input);
  using held = new DisposableStack();
  const run = held.use(RunFolder.open(["import", path, target.file, request.order, request.drop]));
  held.use(lockEnvironmentFile(target.file));
  const external = await settleInput(run, request, target, input, session);
  {
    await using parts = await compose(run, target, external, session);
    const unfinished = await soloJob(parts);
    if (unfinished) session.display.note("Going on with the job that the last run began.");
    const job = unfinished ?? (await submit(parts, request, external));
    const before = job.progress.counts.records;
    const ended = await followSolo(parts, job.id, session, null);
    session.display.stop();
    const rejects = ended.result?.file ? await keepRejects(parts, ended, request, session) : null;
    tell(
      soloEnd(ended, {
        from: request.input ?? "stdin",
        to: `${request.order.collection} in ${target.shown}`,
        failures: await failuresOf(parts, ended),
        rejects: rejects === null ? null : { place: rejects, again: again(rejects) },
        bytes: ended.progress.bytes,
        seconds: (session.clock() - began) / 1000,
        recordsBefore: before,
      }),
    );
    await forget(parts, ended);
  }
  run.remove();
}

function compose(
  run: RunFolder,
  target: DatabaseFile,
  external: ExternalFile | null,
  { threads, logger }: Session,
): Promise<EngineComposition> {
  const database = { environment: soloEnvironment, file: target.file };
  return composeSolo({ state: run.path, database, external, threads, logger });
}

/**
 * The file that the job reads, and a run folder that has either this input's job or none: another input's is forgotten.
 */
async function settleInput(
  run: RunFolder,
  request: ImportRequest,
  target: DatabaseFile,
  input: Input,
  session: Session,
): Promise<ExternalFile> {
  const record = run.record();
  const known = session.restart ? null : (record?.input ?? null);
  const spooled = join(run.path, "input");
  if (input.identity !== null && input.identity === known) {
    if (input.kind === "plain") return externalFile(input.file, known);
    if (existsSync(spooled)) return externalFile(spooled, known);
  }
  const next = input.kind === "plain" ? null : `${spooled}.next`;
  const content =
    input.kind === "plain" || !next ? "" : await spoolInput(input, next, request, session);
  const identity = input.identity ?? content;
  if (next && identity === known && existsSync(spooled)) {
    rmSync(next);
    return externalFile(spooled, identity);
  }
  if (request.drop) {
    const file = next ?? resolve(request.input ?? "");
    try {
      checkFileColumns(request.order, firstBytes(file, longestHeader), statSync(file).size);
    } catch (error) {
      if (next) rmSync(next);
      if (!record) run.remove();
      throw error;
    }
  }
  if (record) {
    await forgetRun(run, target, session);
    if (known)
      session.display.note(
        `${request.input ?? "stdin"} is not what it was in the last run: beginning anew.`,
      );
  }
  run.clear(next);
  if (next) renameSync(next, spooled);
  run.write({ input: identity, serverJob: null });
  return externalFile(input.kind === "plain" ? input.file : spooled, identity);
}

function externalFile(path: string, identity: string): ExternalFile {
  const { size, mtimeMs } = statSync(path);
  const id = createHash("sha256").update(identity).digest("hex").slice(0, 32);
  return { id, path, size, modifiedMs: mtimeMs };
}

async function spoolInput(
  input: Extract<Input, { kind: "stream" }>,
  file: string,
  request: ImportRequest,
  { display, signal }: Session,
): Promise<string> {
  const name = request.input ?? "stdin";
  if (request.input === null && process.stdin.isTTY) {
    display.note("Reading records from the terminal; Ctrl-D ends them.");
  }
  const idle = { records: null, rejects: 0, totalRecords: null, stalled: null };
  try {
    return await spool(input.open(), file, {
      name,
      signal,
      onBytes: (bytes) =>
        display.update({ ...idle, phase: "taking the input", bytes, totalBytes: input.size }),
    });
  } catch (error) {
    rmSync(file, { force: true });
    if (!signal.aborted) throw error;
    throw new Interrupted(`Stopped while ${name} was read: nothing of it has been imported.`);
  }
}

async function submit(
  parts: EngineComposition,
  { order, drop }: ImportRequest,
  external: ExternalFile,
): Promise<Job> {
  if (drop) await dropCollection(parts, order.collection);
  await parts.store.files.put({
    environment: soloEnvironment,
    name: order.file,
    // Nobody compares the MD5 of a file that is read where it stands.
    object: { id: external.id, size: external.size, md5: "" },
    contentType: "application/octet-stream",
    now: Date.now(),
  });
  return parts.engine.submit(soloEnvironment, order);
}

async function dropCollection({ databases }: EngineComposition, name: string): Promise<void> {
  const database = await databases.open(soloEnvironment);
  await database.dropCollection(name).catch((error: unknown) => {
    if (!(error instanceof DocferryError) || error.code !== "collection_not_found") throw error;
  });
}

async function failuresOf({ databases }: EngineComposition, job: Job): Promise<Failures> {
  const counter = new FailureCounter();
  const database = await databases.open(soloEnvironment);
  for await (const page of database.rejects(job.key, { signal: new AbortController().signal })) {
    for (const reject of page) counter.add(reject);
  }
  return counter.take();
}

/** Brings the records that failed, and beside them the reasons, to where they stay. */
async function keepRejects(
  parts: EngineComposition,
  job: Job,
  { input, order, rejects }: ImportRequest,
  session: Session,
): Promise<string> {
  const stem = basename(input ?? "stdin").replace(/\..*$/, "") || "input";
  const place = rejects ?? newRejectsFile(stem, order.format, session.clock());
  const name = job.result?.file ?? "";
  for (const [from, to] of [
    [name, place],
    [`${name}.errors.jsonl`, `${place}.errors.jsonl`],
  ] as const) {
    const entry = await parts.store.files.get(soloEnvironment, from);
    if (!entry) continue;
    const { signal } = new AbortController();
    const bytes = parts.files.read(entry.object, { from: 0, to: entry.size }, { signal });
    await openOutput(to, process.stdout).take(bytes, { signal });
  }
  return place;
}

/** Removes what the database holds for a job: progress and rejects. */
async function forget({ engine, databases }: EngineComposition, job: Job): Promise<void> {
  await engine.drain();
  const database = await databases.open(soloEnvironment);
  await database.forgetJob(job.key);
}

async function forgetRun(run: RunFolder, target: DatabaseFile, session: Session): Promise<void> {
  await using parts = await compose(run, target, null, session);
  const job = await soloJob(parts);
  if (job) await forget(parts, job);
}
