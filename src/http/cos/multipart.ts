import type { FastifyReply, FastifyRequest } from "fastify";
import { checkFileName } from "../../files/file-name.ts";
import { DocferryError } from "../../job/errors.ts";
import { readBody } from "../json-body.ts";
import { contentTypeOf } from "../files/content-type.ts";
import { sendXml } from "../files/cos-error.ts";
import type { CosTarget } from "./authorize.ts";
import { partName, partNumber } from "./multipart-uploads.ts";
import { declaredType } from "./objects.ts";
import { receiveObject } from "../files/receive-object.ts";
import { standing } from "../files/standing.ts";
import type { CosParts } from "./routes.ts";

/** Joining the parts of the largest files takes minutes. */
const joinMs = 3_600_000;

/** `POST /<name>?uploads` */
export async function startUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  { caller, bucket, environment, name }: CosTarget,
  { uploads, access }: CosParts,
) {
  request.raw.resume();
  checkFileName(name);
  const contentType = contentTypeOf(name, declaredType(request));
  const requireStanding = standing(access.reach, caller, environment);
  const id = await uploads.start(environment, { name, contentType }, requireStanding);
  return sendXml(reply.code(200), "InitiateMultipartUploadResult", {
    Bucket: bucket,
    Key: name,
    UploadId: id,
  });
}

/** `PUT /<name>?partNumber=…&uploadId=…` */
export async function uploadPart(
  request: FastifyRequest,
  reply: FastifyReply,
  { caller, environment, name, parameters }: CosTarget,
  parts: CosParts,
) {
  const { uploads, objects, rooms } = parts;
  const requireStanding = standing(parts.access.reach, caller, environment);
  const number = partNumber(parameters.get("partNumber") ?? "");
  const upload = await uploads.find(environment, parameters.get("uploadId") ?? "", name);
  using room = await rooms.begin(environment, partName(upload.id, number));
  const object = await receiveObject(request, { objects, room });
  requireStanding();
  await uploads.addPart(upload, number, object);
  room.land();
  return reply.code(200).header("etag", `"${object.md5}"`).send();
}

/** `POST /<name>?uploadId=…`: the name points to all of it from here on. */
export async function completeUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  target: CosTarget,
  parts: CosParts,
) {
  const { caller, environment, name, bucket, parameters } = target;
  const requireStanding = standing(parts.access.reach, caller, environment);
  const listed = listedParts((await readBody(request.docferry)).toString());
  const upload = await parts.uploads.find(environment, parameters.get("uploadId") ?? "", name);
  const signal = AbortSignal.timeout(joinMs);
  const object = await parts.uploads.complete(upload, listed, { signal, requireStanding });
  return sendXml(reply.code(200), "CompleteMultipartUploadResult", {
    Location: request.docferry.baseUrl + request.url.split("?", 1).join(""),
    Bucket: bucket,
    Key: name,
    ETag: `"${object.md5}"`,
  });
}

/** `DELETE /<name>?uploadId=…` */
export async function abortUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  { environment, name, parameters }: CosTarget,
  { uploads }: CosParts,
) {
  request.raw.resume();
  await uploads.remove(await uploads.find(environment, parameters.get("uploadId") ?? "", name));
  return reply.code(204).send();
}

/** `GET /<name>?uploadId=…`: its parts, in one page. */
export async function listParts(
  _request: FastifyRequest,
  reply: FastifyReply,
  { environment, name, bucket, parameters }: CosTarget,
  { uploads }: CosParts,
) {
  const upload = await uploads.find(environment, parameters.get("uploadId") ?? "", name);
  const found = await uploads.parts(upload);
  return sendXml(reply.code(200), "ListPartsResult", {
    Bucket: bucket,
    Key: name,
    UploadId: upload.id,
    StorageClass: "STANDARD",
    IsTruncated: "false",
    Part: found.map(({ number, object, modifiedAt }) => ({
      PartNumber: String(number),
      LastModified: new Date(modifiedAt).toISOString(),
      ETag: `"${object.md5}"`,
      Size: String(object.size),
    })),
  });
}

/** `GET /?uploads&prefix=…`: what is not finished, in one page. */
export async function listUploads(
  _request: FastifyRequest,
  reply: FastifyReply,
  { environment, bucket, parameters }: CosTarget,
  { uploads }: CosParts,
) {
  const prefix = parameters.get("prefix") ?? "";
  const found = await uploads.list(environment, prefix);
  return sendXml(reply.code(200), "ListMultipartUploadsResult", {
    Bucket: bucket,
    Prefix: prefix,
    IsTruncated: "false",
    Upload: found.map(({ id, name, startedAt }) => ({
      Key: name,
      UploadId: id,
      StorageClass: "STANDARD",
      Initiated: new Date(startedAt).toISOString(),
    })),
  });
}

/**
 * What `<CompleteMultipartUpload>` lists.
 * @throws {DocferryError} `invalid_part`
 */
function listedParts(xml: string): { number: number; md5: string }[] {
  return [...xml.matchAll(/<Part>([^]*?)<\/Part>/g)].map(([, part = ""]) => {
    const [, number = ""] = /<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(part) ?? [];
    const [, md5] =
      /<ETag>\s*(?:"|&quot;)?([0-9a-f]{32})(?:"|&quot;)?\s*<\/ETag>/i.exec(part) ?? [];
    if (md5 === undefined) throw new DocferryError("invalid_part", "A part has no ETag of ours");
    return { number: partNumber(number), md5: md5.toLowerCase() };
  });
}
