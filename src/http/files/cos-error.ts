import type { FastifyReply, FastifyRequest } from "fastify";
import { type DocferryError, type ErrorCode, errorKinds } from "../../job/errors.ts";
import { httpError, isOurFault } from "../errors.ts";

/** Our kinds in the words of COS and S3, which their clients go by. */
const cosCodes: Partial<Record<ErrorCode, string>> = {
  wrong_signature: "SignatureDoesNotMatch",
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
};

/** Sends what was thrown as COS does: an XML document. */
export function sendCosError(request: FastifyRequest, reply: FastifyReply, thrown: unknown) {
  const error = httpError(thrown);
  return sendCosFault(request, reply, {
    status: errorKinds[error.code].status,
    code: cosCodes[error.code] ?? (error.retryable ? "ServiceUnavailable" : "InternalError"),
    message: messageOf(error),
  });
}

function sendCosFault(
  request: FastifyRequest,
  reply: FastifyReply,
  fault: { status: number; code: string; message: string },
) {
  const [path = ""] = request.url.split("?", 1);
  reply.code(fault.status).header("x-cos-request-id", request.id);
  const document = xmlOf("Error", {
    Code: fault.code,
    Message: fault.message,
    Resource: path,
    RequestId: request.id,
    TraceId: request.id,
  });
  request.docferry.failure = document;
  return sendDocument(reply, document);
}

/** One XML element with texts in it. */
export function sendXml(reply: FastifyReply, root: string, texts: Record<string, string>) {
  return sendDocument(reply, xmlOf(root, texts));
}

function sendDocument(reply: FastifyReply, document: string) {
  return reply.header("content-type", "application/xml; charset=utf-8").send(document);
}

function xmlOf(root: string, texts: Record<string, string>): string {
  const lines = Object.entries(texts).map(
    ([name, text]) => `\t<${name}>${escaped(text)}</${name}>\n`,
  );
  return `<?xml version='1.0' encoding='utf-8' ?>\n<${root}>\n${lines.join("")}</${root}>\n`;
}

function messageOf(error: DocferryError): string {
  return isOurFault(error) ? "The service failed" : `${error.message}. ${error.hint}`;
}

/** Text that may stand in XML 1.0: control characters may not, however they are written. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
