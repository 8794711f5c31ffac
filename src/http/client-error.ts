import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { newRid } from "./rid.ts";

/** What is no HTTP, or comes too slowly or too large for it, before there is a request. By the code of Node's error. */
const faults: Record<string, { status: number; detail: string; hint: string }> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    detail: "The head of the request is too large",
    hint: "Send a head of at most 16 KiB",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    detail: "The request did not come to its end",
    hint: "Send it in one go",
  },
};

const malformed = {
  status: 400,
  detail: "What came is not HTTP",
  hint: "Send a request as RFC 9112 has it",
};

/**
 * Answers a connection whose bytes are no request. There is no path that would say in whose words, so it is ours: a problem, with
 * the rid under which the log has it. It cannot be looked up: nothing of such bytes is kept.
 */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket,
  { logger, clock }: { logger: Logger; clock: () => number },
): void {
  // A reset, or an answer that is under way: the connection is of no use any more.
  if (error.code === "ECONNRESET" || socket.destroyed || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const { status, detail, hint } = faults[error.code ?? ""] ?? malformed;
  const rid = newRid(clock());
  logger.info({ rid, status, fault: error.code ?? error.message }, "no request");
  const body = JSON.stringify({
    type: "about:blank",
    title: "invalid request",
    status,
    detail,
    code: "invalid_request",
    hint,
    retryable: false,
    rid,
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
      "Content-Type: application/problem+json; charset=utf-8\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
