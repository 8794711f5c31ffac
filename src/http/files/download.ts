import type { Access } from "../../access/access.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ObjectStore } from "../../files/object-store.ts";
import { readDownloadAddress } from "../../files/signed-url.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileIndex } from "../../store/file-index.ts";
import { sendNamedFile } from "./send-file.ts";

type AddressKeys = Pick<Access, "addressKey">;

/**
 * `GET|HEAD /download/<environment>/<name>?sign=…&t=…`
 * @throws {DocferryError} `file_not_found`, `wrong_signature`, `address_expired`
 */
export async function download(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: { access: AddressKeys; index: FileIndex; objects: ObjectStore },
) {
  const { access } = parts;
  const asked = readDownloadAddress(
    request.url,
    (environment, sharedWith) => access.addressKey(environment, sharedWith),
    request.docferry.receivedAt,
  );
  if (asked === "malformed") throw notThere();
  if (asked === "wrong_signature") {
    throw new DocferryError("wrong_signature", "The address is not signed by this service");
  }
  if (asked === "expired") throw new DocferryError("address_expired", "The address has expired");
  const { environment, name, saveAs } = asked;
  return sendNamedFile(request, reply, { environment, name, saveAs }, parts);
}

function notThere(): DocferryError {
  return new DocferryError("file_not_found", "There is no such file");
}
