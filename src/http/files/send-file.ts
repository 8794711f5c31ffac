import { once } from "node:events";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ObjectStore } from "../../files/object-store.ts";
import type { FileEntry } from "../../store/file-index.ts";
import { select } from "./conditional.ts";
import { attachmentOf } from "./content-type.ts";
import { sendCosFault } from "./cos-error.ts";

/**
 * Answers GET and HEAD with a file, or with what its headers ask of it: a range, or only whether it has changed.
 * @throws {DocferryError} `object_not_found` while nothing has been sent yet
 */
export async function sendFile(
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
    return sendCosFault(request, reply, {
      status: 412,
      code: "PreconditionFailed",
      message: "The file is not the one that was asked for",
    });
  }
  if (selection.status === 416) {
    return sendCosFault(request, reply.header("content-range", `bytes */${entry.size}`), {
      status: 416,
      code: "InvalidRange",
      message: `The file has ${entry.size} bytes`,
    });
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
