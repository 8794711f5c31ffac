import type { FastifyRequest } from "fastify";
import type { IncomingMessage } from "node:http";
import { newObjectId } from "../../files/object-id.ts";
import type { ObjectStore, StoredObject } from "../../files/object-store.ts";
import { DocferryError } from "../../job/errors.ts";
import { endWhenIdle } from "./idle.ts";
import type { Reservation } from "./upload-room.ts";

/**
 * The body of a request as an object that nothing points to yet. Streamed: it is as large as it likes.
 * @throws {DocferryError} `invalid_body` if it broke off, or is not what Content-MD5 says; `storage_limit`, `disk_full`
 */
export async function receiveObject(
  request: FastifyRequest,
  { objects, room }: { objects: Pick<ObjectStore, "create" | "remove">; room: Reservation },
): Promise<StoredObject> {
  room.require(Number(request.headers["content-length"] ?? 0) || 0);
  await using writer = await objects.create(newObjectId());
  for await (const bytes of bodyBytes(request.raw)) {
    room.take(bytes.length);
    await writer.write(bytes);
  }
  // All of it has come; syncing it may take longer than a client may be silent.
  endWhenIdle(request, 0);
  const object = await writer.finish();
  const given = request.headers["content-md5"];
  const actual = Buffer.from(object.md5, "hex").toString("base64");
  if (given === undefined || given === actual) return object;
  await objects.remove(object.id);
  throw new DocferryError(
    "invalid_body",
    `The content has MD5 ${actual}, not what Content-MD5 says: it has changed on its way`,
  );
}

/** What is not wanted of a body is read all the same, so that the client gets to its answer. */
async function* bodyBytes(request: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (error) {
    throw new DocferryError("invalid_body", "The body broke off", { cause: error });
  } finally {
    request.resume();
  }
}
