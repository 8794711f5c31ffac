import type { FastifyReply, FastifyRequest } from "fastify";
import { checkFileName } from "../../files/file-name.ts";
import { newObjectId } from "../../files/object-id.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileEntry } from "../../store/file-index.ts";
import { contentTypeOf } from "../files/content-type.ts";
import { sendXml } from "../files/cos-error.ts";
import { environmentOfBucket } from "../files/file-id.ts";
import { sendNamedFile } from "../files/send-file.ts";
import { standing } from "../files/standing.ts";
import type { CosTarget } from "./authorize.ts";
import type { CosParts } from "./routes.ts";
import { receiveObject } from "../files/receive-object.ts";

/** A client has long gone by then. */
const copyMs = 10 * 60_000;

/** `PUT /<name>`: the name points to the new content once all of it is on the disk. */
export async function putObject(
  request: FastifyRequest,
  reply: FastifyReply,
  { caller, environment, name }: CosTarget,
  parts: CosParts,
) {
  checkFileName(name);
  const requireStanding = standing(parts.access.reach, caller, environment);
  using room = await parts.rooms.begin(environment, name);
  const object = await receiveObject(request, { objects: parts.objects, room });
  const contentType = contentTypeOf(name, declaredType(request));
  requireStanding();
  await parts.index.put({ environment, name, object, contentType, now: parts.clock() });
  room.land();
  return reply.code(200).header("etag", `"${object.md5}"`).send();
}

/** `PUT /<name>` with `x-cos-copy-source`: a copy of what another name of the environment points to. */
export async function copyObject(
  request: FastifyRequest,
  reply: FastifyReply,
  { caller, environment, name }: CosTarget,
  parts: CosParts,
) {
  checkFileName(name);
  request.raw.resume();
  const requireStanding = standing(parts.access.reach, caller, environment);
  const source = await sourceOf(String(request.headers["x-cos-copy-source"]), environment, parts);
  using room = await parts.rooms.begin(environment, name);
  room.take(source.size);
  const object = await parts.objects.join(newObjectId(), [{ object: source.object }], {
    signal: AbortSignal.timeout(copyMs),
    onBytes: () => undefined,
  });
  requireStanding();
  const { contentType } = source;
  const entry = await parts.index.put({
    environment,
    name,
    object,
    contentType,
    now: parts.clock(),
  });
  room.land();
  return sendXml(reply.code(200), "CopyObjectResult", {
    ETag: `"${object.md5}"`,
    LastModified: new Date(entry.modifiedAt).toISOString(),
  });
}

/** @throws {DocferryError} `file_not_found`, for another environment's too */
async function sourceOf(
  header: string,
  environment: string,
  { index }: CosParts,
): Promise<FileEntry> {
  const [, bucket = "", path = ""] = /^\/?([^./]+)\.cos[^/]*\/([^?]+)$/.exec(header) ?? [];
  const name = decoded(path);
  const isOurs = environmentOfBucket(bucket) === environment && name !== null;
  const entry = isOurs ? await index.get(environment, name) : undefined;
  if (entry) return entry;
  throw new DocferryError("file_not_found", "There is no file that x-cos-copy-source names");
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** `GET|HEAD /<name>` */
export async function getObject(
  request: FastifyRequest,
  reply: FastifyReply,
  { environment, name }: CosTarget,
  parts: CosParts,
) {
  return sendNamedFile(request, reply, { environment, name, saveAs: null }, parts);
}

/** `DELETE /<name>`: what is not there is gone. */
export async function deleteObject(
  request: FastifyRequest,
  reply: FastifyReply,
  { environment, name }: CosTarget,
  { index }: CosParts,
) {
  request.raw.resume();
  await index.remove(environment, checkFileName(name));
  return reply.code(204).send();
}

/** The content type that its sender gave it: the routes have put their own in its place. */
export function declaredType({ raw }: FastifyRequest): string | null {
  return raw.headers["content-type"] ?? null;
}
