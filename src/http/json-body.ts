import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { DocferryError } from "../job/errors.ts";

/** Bytes. The longest body that a call can need is a query; a real one is some kilobytes long. */
const bodyLimit = 1024 * 1024;

/** Bytes of a body that are kept of a request that fails. */
export const keptBytes = 4096;

/** Until a connection is cut whose body came too slowly. */
const answerMs = 1_000;

/** How a body begins. */
export interface BodyHead {
  /** At least the first `keptBytes`. */
  bytes: Buffer;
  /** Of all that has come. */
  size: number;
}

const noBytes = Buffer.alloc(0);

const byteOrderMark = "\ufeff";

export type JsonObject = Record<string, unknown>;

/** A request whose body nothing has read yet. */
export interface UnreadRequest {
  raw: IncomingMessage;
  /** Gets what comes. */
  body: BodyHead | null;
  /** Within so many ms all of it has to come. */
  bodyMs: number;
}

/**
 * All of a request's body.
 * @throws {DocferryError} `body_too_large`, `body_too_slow`; `invalid_body` if it broke off
 */
export async function readBody(context: UnreadRequest): Promise<Buffer> {
  const { raw } = context;
  // Node hands out a request before it has gone through the rest of what it read, which is mostly all of the body.
  await Promise.resolve();
  if (!hasCome(raw)) return bodyToCome(context);
  const bytes = (raw.read() as Buffer | null) ?? noBytes;
  context.body = { bytes, size: bytes.length };
  if (bytes.length > bodyLimit) throw tooLarge();
  return bytes;
}

/** Whether nothing has to be waited for. Node sets `complete` a little after the last byte of a body is there. */
function hasCome(raw: IncomingMessage): boolean {
  if (raw.readableFlowing !== null) return false;
  const { complete, readableLength } = raw;
  return (
    complete || (readableLength > 0 && readableLength === Number(raw.headers["content-length"]))
  );
}

/** By events: an async iterator over the stream costs more than all the rest of a short call. */
function bodyToCome(context: UnreadRequest): Promise<Buffer> {
  const { raw: request } = context;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new DocferryError("body_too_slow", `The body has not come within ${context.bodyMs} ms`),
      );
      // Whoever dribbles would hold the connection for ever: time for the answer to get out, and no more.
      setTimeout(() => request.destroy(), answerMs).unref();
    }, context.bodyMs);
    const pieces: Buffer[] = [];
    let size = 0;
    request.on("data", (piece: Buffer) => {
      size += piece.length;
      if (size <= bodyLimit) {
        pieces.push(piece);
        return;
      }
      // The rest runs out unkept, so that the client gets to read its answer and the connection is fit for the next call.
      context.body ??= { bytes: pieces[0] ?? piece, size };
      context.body.size = size;
      pieces.length = 0;
      // Once it is answered nobody tells of a client that goes: the time is up for who stays, and holds no process for who went.
      timer.unref();
      reject(tooLarge());
    });
    request.on("end", () => {
      clearTimeout(timer);
      if (size > bodyLimit) return;
      const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
      context.body = { bytes, size };
      resolve(bytes);
    });
    const broken = (cause?: Error) => {
      clearTimeout(timer);
      reject(new DocferryError("invalid_body", "The body broke off", { cause }));
    };
    request.on("error", broken);
    request.on("close", () => {
      if (!request.complete) broken();
    });
  });
}

/**
 * A request's body as one JSON object.
 * @throws {DocferryError} `empty_body`, `invalid_body`, `body_too_large`, `body_too_slow`
 */
export async function readJsonObject(context: UnreadRequest): Promise<JsonObject> {
  return parseJsonObject(await readBody(context));
}

function tooLarge(): DocferryError {
  return new DocferryError("body_too_large", `The body has more than ${bodyLimit} bytes`);
}

/**
 * A body, or a text within one, as one JSON object, whatever its content type says: clients send JSON as form data, as text
 * and without any type.
 * @param what begins the messages
 * @throws {DocferryError} `empty_body`, `invalid_body`
 */
export function parseJsonObject(bytes: Buffer, what = "The body"): JsonObject {
  if (bytes.length === 0) throw new DocferryError("empty_body", `${what} is empty`);
  // Quicker than a TextDecoder.
  if (!isUtf8(bytes)) throw new DocferryError("invalid_body", `${what} is not UTF-8`);
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith(byteOrderMark) ? text.slice(1) : text);
  } catch (error) {
    throw new DocferryError("invalid_body", `${what} is not JSON${placeOf(error)}`, {
      cause: error,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DocferryError("invalid_body", `${what} is JSON, but not an object`);
  }
  return value as JsonObject;
}

/** JSON.parse's own message quotes the body, which may hold a secret; only the place is taken from it. */
function placeOf(error: unknown): string {
  const { message } = error as SyntaxError;
  const place = /at position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0];
  return place === undefined ? "" : ` ${place}`;
}
