import type { IncomingMessage } from "node:http";
import { DocferryError } from "../../job/errors.ts";

/** Bytes. The longest body that a call can need is a query; a real one is some kilobytes long. */
const bodyLimit = 1024 * 1024;

/**
 * All of a request's body. What is too long of it is read to its end all the same, so that the client gets to its answer.
 * @throws {DocferryError} `body_too_large`; `invalid_body` if it broke off
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      size += (piece as Buffer).length;
      if (size > bodyLimit) {
        throw new DocferryError("body_too_large", `The body has more than ${bodyLimit} bytes`);
      }
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    request.resume();
    if (error instanceof DocferryError) throw error;
    throw new DocferryError("invalid_body", "The body broke off", { cause: error });
  }
  return Buffer.concat(pieces, size);
}

/**
 * The body as a JSON value, whatever its content type says.
 * @throws {DocferryError} `invalid_body`, for a field of the outermost object that stands there twice too
 */
export function parseJson(body: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new DocferryError("invalid_body", `The body is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DocferryError("invalid_body", "The body is JSON, but not an object");
  }
  jsonMembers(body);
  return value;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];

/**
 * The members of a JSON object as they stand in its text: what `JSON.parse` would lose of them (large integers, `1.0`, the
 * order of numeric names) is still there.
 * @param json known to be a JSON object
 * @throws {DocferryError} `invalid_body` for a name that stands there twice
 */
export function jsonMembers(json: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>();
  let at = skipBlank(json, json.indexOf("{") + 1);
  while (json[at] === quote) {
    const nameEnd = endOfString(json, at);
    const name = JSON.parse(json.toString("utf8", at, nameEnd)) as string;
    if (members.has(name)) {
      throw new DocferryError("invalid_body", `Field ${JSON.stringify(name)} is there twice`);
    }
    let from = skipBlank(json, nameEnd);
    if (json[from] === colon) from = skipBlank(json, from + 1);
    const to = endOfValue(json, from);
    members.set(name, json.subarray(from, to));
    at = skipBlank(json, to);
    if (json[at] === comma) at = skipBlank(json, at + 1);
  }
  return members;
}

function endOfValue(json: Buffer, from: number): number {
  const first = json[from];
  if (first === quote) return endOfString(json, from);
  if (first !== 0x7b && first !== 0x5b) {
    let at = from;
    while (at < json.length && !isEnd(json[at] ?? 0)) at++;
    return at;
  }
  let depth = 0;
  for (let at = from; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (byte === quote) at = endOfString(json, at) - 1;
    else if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at + 1;
  }
  return json.length;
}

function endOfString(json: Buffer, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at + 1;
}

function skipBlank(json: Buffer, from: number): number {
  let at = from;
  while (isBlank(json[at] ?? 0)) at++;
  return at;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isEnd(byte: number): boolean {
  return isBlank(byte) || byte === comma || byte === 0x7d || byte === 0x5d;
}
