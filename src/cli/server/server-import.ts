import { createHash, randomUUID } from "node:crypto";
import { basename, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { createReadStream } from "node:fs";
import { type Docferry, DocferryApiError, type ImportOrder, type JobHandle } from "#client";
import type { ServerPlace } from "../options/server-options.ts";
import { longestHeader } from "../../formats/csv/file-columns.ts";
import { checkFileColumns, type ImportRequest } from "../transfer/import-request.ts";
import { type Input, openInput, unpackTo } from "../transfer/input.ts";
import { openOutput } from "../transfer/output.ts";
import { newRejectsFile, RunFolder } from "../transfer/state-folder.ts";
import type { Session } from "../transfer/solo.ts";
import { Interrupted, type TransferEnd } from "../transfer/transfer-end.ts";
import { followServerJob, serverEnd } from "./server-job.ts";
import { serviceClient } from "./service-client.ts";

/**
 * Sends a file to a service and has it imported. The job goes on without us; the same command started again watches it.
 * @throws {Interrupted} when it was asked to stop
 */
export async function importOnServer(
  request: ImportRequest,
  place: ServerPlace,
  session: Session,
  { tell, again }: { tell: (end: TransferEnd) => void; again: (rejectsFile: string) => string },
): Promise<void> {
  const client = serviceClient(place);
  const input = openInput(request.input, process.stdin);
  const path = request.input && resolve(request.input);
  using run = RunFolder.open([
    "import",
    path ?? randomUUID(),
    place.address,
    place.environment,
    request.order,
    request.drop,
  ]);
  const handle =
    watchedJob(run, client, input, session) ?? (await begin(run, client, input, request, session));
  const job = await followServerJob(handle, session);
  session.display.stop();
  const failed = job.result?.file ?? null;
  const rejects =
    failed === null ? null : await fetchRejects(client, handle, failed, request, session);
  tell(
    await serverEnd(handle, job, {
      from: request.input ?? "stdin",
      to: `${request.order.collection} in ${place.environment} of ${place.address}`,
      rejects: rejects === null ? null : { place: rejects, again: again(rejects) },
    }),
  );
  // What was sent has served; the name is one that only this command uses.
  await client.files.remove(job.file).catch(() => undefined);
  run.remove();
}

/** The job that the last run of the same command has submitted, if it was of the same input. */
function watchedJob(
  run: RunFolder,
  client: Docferry,
  input: Input,
  { restart, display }: Session,
): JobHandle | null {
  const record = run.record();
  if (restart || !record?.serverJob || record.input !== input.identity) return null;
  display.note(`Going on with job ${record.serverJob}, which the last run has submitted.`);
  return client.jobs.at(record.serverJob);
}

async function begin(
  run: RunFolder,
  client: Docferry,
  input: Input,
  request: ImportRequest,
  session: Session,
): Promise<JobHandle> {
  const id = createHash("sha256").update(randomUUID()).digest("hex").slice(0, 12);
  const name = `docferry-import/${id}/${basename(request.order.file)}`;
  await upload(client, name, input, request, session);
  // The last moment at which it can be done: an upload that fails has cost nothing.
  if (request.drop) {
    try {
      await checkColumns(client, name, request, session);
      await dropCollection(client, request.order.collection, session);
    } catch (error) {
      await client.files.remove(name).catch(() => undefined);
      throw error;
    }
  }
  const handle = await client.jobs.submit(orderOf(request, name), { idempotencyKey: name });
  if (input.identity !== null) run.write({ input: input.identity, serverJob: handle.id });
  return handle;
}

/** As it has arrived there: a packed file's header is not known before. */
async function checkColumns(
  client: Docferry,
  name: string,
  { order }: ImportRequest,
  { signal }: Session,
): Promise<void> {
  if (order.format === "json") return;
  const { body, size } = await client.files.open(name, { signal });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length >= longestHeader) break;
  }
  checkFileColumns(order, Buffer.concat(pieces), size);
}

/** A job on it that runs is somebody else's: it is not cancelled, the service refuses. */
async function dropCollection(client: Docferry, name: string, { signal }: Session): Promise<void> {
  try {
    await client.collections.drop(name, { signal });
  } catch (error) {
    if (error instanceof DocferryApiError && error.code === "collection_not_found") return;
    if (!signal.aborted) throw error;
    throw new Interrupted(`Stopped before collection ${name} was dropped, or just after it.`);
  }
}

function orderOf({ order }: ImportRequest, file: string): ImportOrder {
  const { csv, mode, upsertFields } = order;
  return {
    type: "import",
    file,
    collection: order.collection,
    format: order.format,
    mode,
    ...(mode !== "insert" && { upsertFields }),
    stopOnError: order.stopOnError,
    ...(order.legacy && { legacy: true }),
    ...(order.format !== "json" && {
      csv: {
        header: csv.header,
        typed: csv.columnsHaveTypes,
        ignoreBlanks: csv.ignoreBlanks,
        parseGrace: csv.parseGrace,
        arrayIndexes: csv.useArrayIndexFields,
        ...(csv.separator !== undefined && { separator: csv.separator }),
        ...(csv.quote !== undefined && { quote: csv.quote }),
      },
    }),
  };
}

/** Unpacked on the way; what can be read again is sent again where the connection breaks. */
async function upload(
  client: Docferry,
  name: string,
  input: Input,
  request: ImportRequest,
  { display, signal }: Session,
): Promise<void> {
  const shown = request.input ?? "stdin";
  let failure: unknown = null;
  const open = () => {
    const source = input.kind === "plain" ? createReadStream(input.file) : input.open();
    const target = new PassThrough();
    unpackTo(source, [target], {
      name: shown,
      signal,
      onBytes: (bytes) =>
        display.update({ ...nothingYet, phase: "sending", bytes, totalBytes: input.size }),
    }).catch((error: unknown) => {
      // Where nobody takes any more of it, the answer says why.
      const { code, name: kind } = error as NodeJS.ErrnoException;
      if (code !== "ERR_STREAM_PREMATURE_CLOSE" && kind !== "AbortError") failure = error;
      target.destroy(error as Error);
    });
    // Not `Readable.toWeb`: that goes on giving, and throws beside everybody, once an answer has come before the end.
    return ReadableStream.from<Uint8Array>(target);
  };
  try {
    await client.files.put(name, input.identity === null ? open() : open, { signal });
  } catch (error) {
    if (!signal.aborted) throw failure ?? error;
    throw new Interrupted(`Stopped while ${shown} was sent: nothing of it has been imported.`);
  }
}

const nothingYet = { records: null, rejects: 0, totalRecords: null, stalled: null };

async function fetchRejects(
  client: Docferry,
  handle: JobHandle,
  file: string,
  { input, order, rejects }: ImportRequest,
  { signal, clock }: Session,
): Promise<string> {
  const stem = basename(input ?? "stdin").replace(/\..*$/, "") || "input";
  const place = rejects ?? newRejectsFile(stem, order.format, clock());
  const records = await handle.rejectFile({ signal });
  await openOutput(place, process.stdout).take(records, { signal });
  const reasons = await client.files.get(`${file}.errors.jsonl`, { signal });
  await openOutput(`${place}.errors.jsonl`, process.stdout).take(reasons, { signal });
  return place;
}
