import { bsonType } from "../../bson/types.ts";
import { readObjectId } from "./decode-extended-object-id.ts";
import { isAt, readInteger, readMembers, readText, wrongFormFor } from "./decode-extended-parts.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";
import { copyText } from "./decode-string.ts";

// Forms whose value is an object of two members.

export function readTimestamp(state: DecodeState, from: number): number {
  const quick = readCompactTimestamp(state, from);
  if (quick > 0) return quick;
  let seconds = -1;
  let increment = -1;
  const p = readMembers(state, from, "$timestamp", {
    t: (valueAt) => {
      const behind = readUint32(state, valueAt);
      seconds = state.integer;
      return behind;
    },
    i: (valueAt) => {
      const behind = readUint32(state, valueAt);
      increment = state.integer;
      return behind;
    },
  });
  if (p < 0) return FAULT;
  state.view.setUint32(state.at, increment, true);
  state.view.setUint32(state.at + 4, seconds, true);
  state.at += 8;
  state.type = bsonType.timestamp;
  return p;
}

const beforeSeconds = Buffer.from('{"t":');
const beforeIncrement = Buffer.from(',"i":');

/** Reads a timestamp as it is mostly written, without making functions for it; 0 when something else stands there. */
function readCompactTimestamp(state: DecodeState, from: number): number {
  const { src, view, at } = state;
  if (!isAt(src, from, beforeSeconds)) return 0;
  const behindSeconds = readInteger(state, from + beforeSeconds.length);
  const seconds = state.integer;
  if (behindSeconds <= 0 || !isAt(src, behindSeconds, beforeIncrement)) return 0;
  const p = readInteger(state, behindSeconds + beforeIncrement.length);
  const increment = state.integer;
  if (p <= 0 || src[p] !== 0x7d) return 0;
  if (seconds >>> 0 !== seconds || increment >>> 0 !== increment) return 0;
  view.setUint32(at, increment, true);
  view.setUint32(at + 4, seconds, true);
  state.at = at + 8;
  state.type = bsonType.timestamp;
  return p + 1;
}

function readUint32(state: DecodeState, from: number): number {
  const p = readInteger(state, from);
  if (p === FAULT) return FAULT;
  if (p === 0 || state.integer < 0 || state.integer > 4294967295) {
    return wrongFormFor(state, from, "$timestamp", "integers from 0 to 4294967295");
  }
  return p;
}

export function readRegex(state: DecodeState, from: number): number {
  const { at } = state;
  const quick = readCompactRegex(state, from);
  if (quick > 0) return quick;
  state.at = at;
  let pattern: Buffer = Buffer.alloc(0);
  let options: Buffer = pattern;
  const readPart = (valueAt: number, keep: (bytes: Buffer) => void) => {
    const behind = readText(state, valueAt, "a string");
    if (behind < 0) return FAULT;
    const bytes = Buffer.from(state.out.subarray(at, state.at));
    state.at = at;
    if (bytes.includes(0)) {
      return state.fail("nul_byte", valueAt, "A regular expression must not contain NUL");
    }
    keep(bytes);
    return behind;
  };
  const p = readMembers(state, from, "$regularExpression", {
    pattern: (valueAt) => readPart(valueAt, (bytes) => (pattern = bytes)),
    options: (valueAt) => readPart(valueAt, (bytes) => (options = bytes)),
  });
  if (p < 0) return FAULT;
  const { out } = state;
  let o = at + pattern.copy(out, at);
  out[o++] = 0;
  o += sortedOptions(options).copy(out, o);
  out[o++] = 0;
  state.at = o;
  state.type = bsonType.regex;
  return p;
}

const beforePattern = Buffer.from('{"pattern":');
const beforeOptions = Buffer.from(',"options":"');

/**
 * Reads a regular expression as it is mostly written, its options in order, without copies of its parts; 0 when something else
 * stands there.
 */
function readCompactRegex(state: DecodeState, from: number): number {
  const { src, out, at } = state;
  const text = from + beforePattern.length;
  if (!isAt(src, from, beforePattern) || src[text] !== 0x22) return 0;
  const behindPattern = copyText(state, text + 1) + 1;
  if (behindPattern <= 0 || !isAt(src, behindPattern, beforeOptions)) return 0;
  if (out.subarray(at, state.at).includes(0)) return 0;
  let o = state.at;
  out[o++] = 0;
  let p = behindPattern + beforeOptions.length;
  for (let before = 0x61; src[p] !== 0x22; o++, p++) {
    const letter = src[p]!;
    if (letter < before || letter > 0x7a) return 0;
    out[o] = letter;
    before = letter;
  }
  if (src[p + 1] !== 0x7d) return 0;
  out[o++] = 0;
  state.at = o;
  state.type = bsonType.regex;
  return p + 2;
}

/** BSON wants options in alphabetical order. */
function sortedOptions(options: Buffer): Buffer {
  return Buffer.from(
    Array.from(options.toString("utf8"))
      .sort((a, b) => (a < b ? -1 : 1))
      .join(""),
  );
}

export function readDbPointer(state: DecodeState, from: number): number {
  const { at } = state;
  let name: Buffer = Buffer.alloc(0);
  let id: Buffer = name;
  const p = readMembers(state, from, "$dbPointer", {
    $ref: (valueAt) => {
      const behind = readText(state, valueAt, "a string");
      if (behind < 0) return FAULT;
      name = Buffer.from(state.out.subarray(at, state.at));
      state.at = at;
      return behind;
    },
    $id: (valueAt) => {
      const behind = readMembers(state, valueAt, "$dbPointer", {
        $oid: (oidAt) => readObjectId(state, oidAt),
      });
      if (behind < 0) return FAULT;
      id = Buffer.from(state.out.subarray(at, at + 12));
      state.at = at;
      return behind;
    },
  });
  if (p < 0) return FAULT;
  const { out, view } = state;
  view.setInt32(at, name.length + 1, true);
  let o = at + 4;
  o += name.copy(out, o);
  out[o++] = 0;
  o += id.copy(out, o);
  state.at = o;
  state.type = bsonType.dbPointer;
  return p;
}
