import { type DocferryError, type ErrorCode, errorKinds } from "../../job/errors.ts";
import { httpError, isOurFault } from "../errors.ts";

/** An error as the Cloud API tells it, within `Response`. The HTTP status is 200. */
export interface CloudError {
  Code: string;
  Message: string;
}

/** Our kinds that have a code of their own; the others' follows from their errcode. */
const codes: Partial<Record<ErrorCode, string>> = {
  invalid_authorization: "AuthFailure.InvalidAuthorization",
  unknown_secret_id: "AuthFailure.SecretIdNotFound",
  wrong_key_token: "AuthFailure.TokenFailure",
  signature_expired: "AuthFailure.SignatureExpire",
  signature_mismatch: "AuthFailure.SignatureFailure",
  unknown_action: "InvalidAction",
  unknown_version: "NoSuchVersion",
  unsupported_operation: "UnsupportedOperation",
  post_required: "UnsupportedProtocol",
  body_too_large: "RequestSizeLimitExceeded",
  job_not_found: "ResourceNotFound",
  no_cloudbase: "ResourceNotFound",
  conflict: "ResourceInUse",
  collection_exists: "ResourceInUse",
  collection_in_use: "ResourceInUse",
  disk_full: "ResourceInsufficient",
};

const codesByErrcode: Record<number, string> = {
  40097: "InvalidParameterValue",
  40164: "UnauthorizedOperation",
  48001: "UnauthorizedOperation",
  61003: "UnauthorizedOperation",
  61007: "UnauthorizedOperation",
  40101: "MissingParameter",
  44002: "InvalidParameter",
  45009: "RequestLimitExceeded",
  45011: "RequestLimitExceeded",
  47001: "InvalidParameter",
  [-1]: "ResourceUnavailable",
  [-1000]: "InternalError",
  [-501004]: "LimitExceeded",
  [-501005]: "ResourceNotFound",
  [-501017]: "ResourceInsufficient",
  [-502005]: "ResourceNotFound",
  [-503003]: "ResourceNotFound",
};

/** What was thrown, as the Cloud API tells it. */
export function cloudError(thrown: unknown): CloudError {
  const error = httpError(thrown);
  const code = codes[error.code] ?? codesByErrcode[errorKinds[error.code].errcode];
  return { Code: code ?? "FailedOperation", Message: messageOf(error) };
}

function messageOf(error: DocferryError): string {
  if (isOurFault(error)) return "The service failed";
  // The vendor's own words: people look for them.
  if (error.code === "signature_mismatch") {
    return "The provided credentials could not be validated. Please check your signature is correct.";
  }
  const message = error.message.length <= 500 ? error.message : `${error.message.slice(0, 500)}…`;
  return `${message.toWellFormed()}. ${error.hint}`;
}
