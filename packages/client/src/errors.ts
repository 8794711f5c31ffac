import type { Problem } from "./api.ts";

/** The service has answered with an error. `code` is what a program goes by; the message says what is wrong. */
export class DocferryApiError extends Error {
  override readonly name = "DocferryApiError";
  /** Of HTTP; 200 for errors of the vendor's calls, which have their own numbers. */
  readonly status: number;
  readonly code: string;
  /** What to do. */
  readonly hint: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The request's id, which the service's log has too. */
  readonly rid: string | null;

  constructor(
    status: number,
    problem: Pick<Problem, "detail" | "code" | "hint" | "retryable"> & { rid: string | null },
  ) {
    super(problem.detail);
    this.status = status;
    this.code = problem.code;
    this.hint = problem.hint;
    this.retryable = problem.retryable;
    this.rid = problem.rid;
  }
}

/** No answer came: nobody listens there, the connection broke, or it took too long. */
export class DocferryConnectionError extends Error {
  override readonly name = "DocferryConnectionError";
}

/** Something answers there, but it is no docferry of a version that this client knows. */
export class NotDocferryError extends Error {
  override readonly name = "NotDocferryError";
}

/** A job that was waited for has ended otherwise than well. */
export class JobFailedError extends Error {
  override readonly name = "JobFailedError";
}
