import { once } from "node:events";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ObjectStore } from "../../files/object-store.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileEntry, FileIndex } from "../../store/file-index.ts";
import { select } from "./conditional.ts";
import { attachmentOf } from "./content-type.ts";

/**
 * Answers GET and HEAD with the file that has the name, as `sendFile` does.
 * @throws {DocferryError} `file_not_found`, `precondition_failed`, `range_not_satisfiable`
 */
export async function sendNamedFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: { environment: string; name: string; saveAs: string | null },
  { index, objects }: { index: Pick<FileIndex, "get">; objects: ObjectStore },
) {
  const { environment, name, saveAs } = file;
  const entry = await index.get(environment, name);
  if (!entry) throw notThere();
  try {
    return await sendFile(request, reply, { entry, saveAs, objects });
  } catch (error) {
    // Between the look at the name and that at the object another file has taken the name.
    const now = await index.get(environment, name);
    if (!now || now.object === entry.object || !isObjectGone(error)) throw error;
    return await sendFile(request, reply, { entry: now, saveAs, objects });
  }
}

function isObjectGone(error: unknown): boolean {
  return error instanceof DocferryError && error.code === "object_not_found";
}

function notThere(): DocferryError {
  return new DocferryError("file_not_found", "There is no such file");
}

/**
 * Answers GET and HEAD with a file, or with what its headers ask of it: a range, or only whether it has changed.
 * @throws {DocferryError} `precondition_failed`, `range_not_satisfiable`, and `object_not_found` while nothing has been sent
 */
async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: { entry: FileEntry; saveAs: string | null; objects: ObjectStore },
) {
  const { entry, objects } = file;
  const etag = `"${entry.md5}"`;
  const selection = select(request.headers, { ...entry, etag });
  reply
    .header("accept-ranges", "bytes")
    .header("etag", etag)
    .header("last-modified", new Date(entry.modifiedAt).toUTCString());
  if (selection.status === 304) return reply.code(304).send();
  if (selection.status === 412) {
    throw new DocferryError("precondition_failed", "The file is not the one that was asked for");
  }
  if (selection.status === 416) {
    reply.header("content-range", `bytes */${entry.size}`);
    throw new DocferryError("range_not_satisfiable", `The file has ${entry.size} bytes`);
  }
  const { status, from, to } = selection;
  const body =
    request.method === "HEAD" || from === to ? null : await open(objects, entry, { from, to });
  if (status === 206) reply.header("content-range", `bytes ${from}-${to - 1}/${entry.size}`);
  return reply
    .code(status)
    .header("content-length", to - from)
    .header("content-type", entry.contentType)
    .header("content-disposition", attachmentOf(file.saveAs ?? entry.name))
    .header("x-content-type-options", "nosniff")
    .send(body ?? undefined);
}

/** The bytes as a stream. Its first piece is read here: what fails then can still be answered with an error. */
async function open(
  objects: ObjectStore,
  entry: FileEntry,
  range: { from: number; to: number },
): Promise<Readable> {
  const controller = new AbortController();
  const { signal } = controller;
  const body = Readable.from(objects.read(entry.object, range, { signal }), { objectMode: false });
  // A client that has gone leaves the reading in its middle.
  body.once("close", () => controller.abort());
  await once(body, "readable");
  return body;
}
