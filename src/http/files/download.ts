import type { FastifyReply, FastifyRequest } from "fastify";
import type { ObjectStore } from "../../files/object-store.ts";
import { readDownloadAddress } from "../../files/signed-url.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileIndex } from "../../store/file-index.ts";
import { sendFile } from "./send-file.ts";

/**
 * `GET|HEAD /download/<environment>/<name>?sign=…&t=…`
 * @throws {DocferryError} `file_not_found`, `wrong_signature`, `address_expired`
 */
export async function download(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: { index: FileIndex; objects: ObjectStore; signingKey: Uint8Array },
) {
  const { index, objects, signingKey } = parts;
  const asked = readDownloadAddress(request.url, signingKey, request.docferry.receivedAt);
  if (asked === "malformed") throw notThere();
  if (asked === "wrong_signature") {
    throw new DocferryError("wrong_signature", "The address is not signed by this service");
  }
  if (asked === "expired") throw new DocferryError("address_expired", "The address has expired");
  const { environment, name, saveAs } = asked;
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
