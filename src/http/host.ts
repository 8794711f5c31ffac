import type { IncomingMessage } from "node:http";
import { DocferryError } from "../job/errors.ts";

/**
 * A request names one host (RFC 9112 3.2): of two, a proxy before the service may go by the one and the service by the other.
 * @throws {DocferryError} `invalid_argument`
 */
export function checkHost({
  rawHeaders,
  headers,
  httpVersion,
}: Pick<IncomingMessage, "rawHeaders" | "headers" | "httpVersion">): void {
  if (headers.host === undefined && httpVersion !== "1.0") {
    throw new DocferryError("invalid_argument", "The request has no header Host");
  }
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  if (hosts > 1) {
    throw new DocferryError("invalid_argument", `The request has ${hosts} headers Host`);
  }
}
