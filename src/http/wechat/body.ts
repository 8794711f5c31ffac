import type { IncomingMessage } from "node:http";
import { DocferryError } from "../../job/errors.ts";

/** Bytes. The longest body that a call can need is a query; a real one is some kilobytes long. */
const bodyLimit = 1024 * 1024;

export type JsonObject = Record<string, unknown>;

/**
 * Reads a request's body as one JSON object, whatever its content type says: clients send JSON as form data, as text and
 * without any type.
 * @throws {DocferryError} `empty_body`, `invalid_body`
 */
export async function readJsonObject(request: IncomingMessage): Promise<JsonObject> {
  return parseJsonObject(await readBody(request));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      size += (piece as Buffer).length;
      if (size > bodyLimit) throw tooLarge();
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    // The rest runs out unkept, so that the client gets to read its answer and the connection is fit for the next call.
    request.resume();
    if (error instanceof DocferryError) throw error;
    throw new DocferryError("invalid_body", "The body broke off", { cause: error });
  }
  return Buffer.concat(pieces, size);
}

function tooLarge(): DocferryError {
  return new DocferryError("invalid_body", `The body has more than ${bodyLimit} bytes`);
}

function parseJsonObject(bytes: Buffer): JsonObject {
  if (bytes.length === 0) throw new DocferryError("empty_body", "The body is empty");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new DocferryError("invalid_body", faultOf(error), { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DocferryError("invalid_body", "The body is JSON, but not an object");
  }
  return value as JsonObject;
}

/** JSON.parse's own message quotes the body, which may hold a secret; only the place is taken from it. */
function faultOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return "The body is not UTF-8";
  const place = /at position \d+( \(line \d+ column \d+\))?/.exec(error.message)?.[0];
  return `The body is not JSON${place === undefined ? "" : ` ${place}`}`;
}
