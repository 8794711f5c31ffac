import { DocferryError } from "../../job/errors.ts";

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
