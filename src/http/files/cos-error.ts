import type { FastifyReply, FastifyRequest } from "fastify";
import { type DocferryError, type ErrorCode, errorKinds } from "../../job/errors.ts";
import { httpError, isOurFault } from "../errors.ts";

/** Our kinds in the words of COS and S3, which their clients go by. */
const cosCodes: Partial<Record<ErrorCode, string>> = {
  wrong_signature: "SignatureDoesNotMatch",
  invalid_authorization: "AccessDenied",
  unknown_secret_id: "InvalidAccessKeyId",
  wrong_key_token: "InvalidToken",
  signature_expired: "AccessDenied",
  signature_mismatch: "SignatureDoesNotMatch",
  permission_set_missing: "AccessDenied",
  upload_not_found: "NoSuchUpload",
  invalid_part: "InvalidPart",
  body_too_large: "EntityTooLarge",
  no_cloudbase: "NoSuchBucket",
  address_expired: "AccessDenied",
  invalid_form: "MalformedPOSTRequest",
  invalid_body: "MalformedPOSTRequest",
  environment_not_found: "NoSuchBucket",
  file_not_found: "NoSuchKey",
  object_not_found: "NoSuchKey",
  unknown_path: "NoSuchKey",
  invalid_file_name: "InvalidURI",
  precondition_failed: "PreconditionFailed",
  range_not_satisfiable: "InvalidRange",
  storage_limit: "QuotaExceeded",
  address_not_allowed: "AccessDenied",
  minute_limit: "SlowDown",
  day_limit: "SlowDown",
};

/** Sends what was thrown as COS does: an XML document. */
export function sendCosError(request: FastifyRequest, reply: FastifyReply, thrown: unknown) {
  const error = httpError(thrown);
  if (error.retryAfter !== null) reply.header("retry-after", String(error.retryAfter));
  return sendCosFault(request, reply, {
    status: errorKinds[error.code].status,
    ...cosFault(error),
  });
}

/** What was thrown, in COS's words. */
export function cosFault(thrown: unknown): { code: string; message: string } {
  const error = httpError(thrown);
  return { code: cosCodes[error.code] ?? cosCodeByStatus(error), message: messageOf(error) };
}

/** Of kinds that COS has no word of its own for: only a fault of ours may be called one. */
function cosCodeByStatus({ code, retryable }: DocferryError): string {
  const { status } = errorKinds[code];
  if (retryable) return "ServiceUnavailable";
  if (status >= 500) return "InternalError";
  if (status === 401 || status === 403) return "AccessDenied";
  return status === 405 ? "MethodNotAllowed" : "InvalidArgument";
}

function sendCosFault(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: { status: number; code: string; message: string },
) {
  const [path = ""] = request.url.split("?", 1);
  reply.code(fault.status).header("x-cos-request-id", request.docferry.rid);
  const document = xmlOf("Error", {
    Code: fault.code,
    Message: fault.message,
    Resource: path,
    RequestId: request.docferry.rid,
    TraceId: request.docferry.rid,
  });
  request.docferry.failure = document;
  return sendDocument(reply, document);
}

/** What stands in an XML element: a text, or elements by name; several of one name as a list. */
export type XmlContent = string | { [name: string]: XmlContent | XmlContent[] };

/** One XML element as an answer. */
export function sendXml(reply: FastifyReply, root: string, content: XmlContent) {
  return sendDocument(reply, xmlOf(root, content));
}

function sendDocument(reply: FastifyReply, document: string) {
  return reply.header("content-type", "application/xml; charset=utf-8").send(document);
}

function xmlOf(root: string, content: XmlContent): string {
  return `<?xml version='1.0' encoding='utf-8' ?>\n${element(root, content, "")}`;
}

function element(name: string, content: XmlContent, indent: string): string {
  if (typeof content === "string") return `${indent}<${name}>${escaped(content)}</${name}>\n`;
  const inner = Object.entries(content)
    .flatMap(([child, of]) => (Array.isArray(of) ? of : [of]).map((one) => [child, one] as const))
    .map(([child, one]) => element(child, one, `${indent}\t`));
  return `${indent}<${name}>\n${inner.join("")}${indent}</${name}>\n`;
}

function messageOf(error: DocferryError): string {
  return isOurFault(error) ? "The service failed" : `${error.message}. ${error.hint}`;
}

/**
 * Text that may stand in XML 1.0: control characters may not, however they are written. Who reads a document takes each carriage
 * return that is not written as its number for a line feed.
 */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}
