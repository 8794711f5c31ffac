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

export type JsonObject = Record<string, unknown>;

/**
 * All of a request's body.
 *
 * By events: an async iterator over the stream costs more than all the rest of a status query.
 * @param context gets what came
 * @throws {DocferryError} `body_too_large`, `body_too_slow`; `invalid_body` if it broke off
 */
export function readBody(
  request: IncomingMessage,
  context: { body: BodyHead | null; bodyMs: number },
): Promise<Buffer> {
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

function tooLarge(): DocferryError {
  return new DocferryError("body_too_large", `The body has more than ${bodyLimit} bytes`);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * A body, or a text within one, as one JSON object, whatever its content type says: clients send JSON as form data, as text
 * and without any type.
 * @param what begins the messages
 * @throws {DocferryError} `empty_body`, `invalid_body`
 */
export function parseJsonObject(bytes: Buffer, what = "The body"): JsonObject {
  if (bytes.length === 0) throw new DocferryError("empty_body", `${what} is empty`);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new DocferryError("invalid_body", `${what} is ${faultOf(error)}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DocferryError("invalid_body", `${what} is JSON, but not an object`);
  }
  return value as JsonObject;
}

/** JSON.parse's own message quotes the body, which may hold a secret; only the place is taken from it. */
function faultOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return "not UTF-8";
  const place = /at position \d+( \(line \d+ column \d+\))?/.exec(error.message)?.[0];
  return `not JSON${place === undefined ? "" : ` ${place}`}`;
}
