import { bsonType } from "../../bson/types.ts";
import { readObjectId } from "./decode-extended-object-id.ts";
import { readInteger, readMembers, readText, wrongFormFor } from "./decode-extended-parts.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";

// Forms whose value is an object of two members.

export function readTimestamp(state: DecodeState, from: number): number {
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
