import type { FastifyReply, FastifyRequest } from "fastify";
import type { Access } from "../../access/access.ts";
import type { ObjectStore } from "../../files/object-store.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileIndex } from "../../store/file-index.ts";
import type { UploadRoom } from "../files/upload-room.ts";
import { authorizeCos, type CosAccess, type CosTarget } from "./authorize.ts";
import { deleteObjects, listObjects } from "./bucket.ts";
import {
  abortUpload,
  completeUpload,
  listParts,
  listUploads,
  startUpload,
  uploadPart,
} from "./multipart.ts";
import type { MultipartUploads } from "./multipart-uploads.ts";
import { copyObject, deleteObject, getObject, putObject } from "./objects.ts";

export interface CosParts {
  access: CosAccess & Pick<Access, "reach">;
  index: FileIndex;
  objects: ObjectStore;
  uploads: MultipartUploads;
  /** For bytes that come. */
  rooms: UploadRoom;
  /** Unix ms. */
  clock: () => number;
}

type CosCall = (
  request: FastifyRequest,
  reply: FastifyReply,
  target: CosTarget,
  parts: CosParts,
) => Promise<unknown>;

/** Requests of COS's own API to a bucket, signed with a Cloud API key: as much of it as the vendor's client asks for. */
export async function answerCos(request: FastifyRequest, reply: FastifyReply, parts: CosParts) {
  const target = authorizeCos(request, parts.access);
  reply.header("x-cos-request-id", request.docferry.rid);
  const call = callOf(request, target);
  if (call) return call(request, reply, target, parts);
  throw new DocferryError(
    "unknown_path",
    `${request.method} with these parameters is not answered`,
  );
}

/** Whether a POST is one of these, and no form with a ticket. */
export function isCosPost({ url }: FastifyRequest): boolean {
  return /\?(?:.*&)?(?:uploads|uploadId|delete)(?:[=&]|$)/.test(url);
}

function callOf({ method, headers }: FastifyRequest, target: CosTarget): CosCall | undefined {
  const { parameters, name } = target;
  const what = ["uploads", "uploadId", "delete"].find((one) => parameters.has(one)) ?? "";
  const place = name === "" ? "bucket" : "object";
  const action = method === "HEAD" ? "GET" : method;
  const copy = "x-cos-copy-source" in headers && action === "PUT" ? " copy" : "";
  return calls[[action, place, what].join(" ").trim() + copy];
}

const calls: Readonly<Record<string, CosCall>> = {
  "PUT object": putObject,
  "PUT object copy": copyObject,
  "GET object": getObject,
  "DELETE object": deleteObject,
  "POST object uploads": startUpload,
  "PUT object uploadId": uploadPart,
  "POST object uploadId": completeUpload,
  "DELETE object uploadId": abortUpload,
  "GET object uploadId": listParts,
  "GET bucket uploads": listUploads,
  "GET bucket": listObjects,
  "POST bucket delete": deleteObjects,
};
