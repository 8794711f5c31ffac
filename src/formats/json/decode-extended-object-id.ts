import { bsonType } from "../../bson/types.ts";
import { isText, readText, wrongFormFor } from "./decode-extended-parts.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";
import { hexDigit } from "./decode-string.ts";

export function readObjectId(state: DecodeState, from: number): number {
  const { src, out, at } = state;
  if (!isText(state, from)) return wrongFormFor(state, from, "$oid", "24 hex digits in quotes");
  let p = from + 1;
  let o = at;
  for (; o < at + 12; o++) {
    const high = hexDigit(src[p]!);
    const low = hexDigit(src[p + 1]!);
    if (high < 0 || low < 0) break;
    out[o] = (high << 4) | low;
    p += 2;
  }
  if (o === at + 12 && src[p] === 0x22) {
    state.at = o;
    state.type = bsonType.objectId;
    return p + 1;
  }
  return readObjectIdSlowly(state, from);
}

/** An ObjectId that is not 24 hex digits as they are: with escapes, cut off or wrong. */
function readObjectIdSlowly(state: DecodeState, from: number): number {
  const { at } = state;
  const p = readText(state, from, "24 hex digits in quotes");
  if (p < 0) return FAULT;
  const text = state.out.toString("latin1", at, state.at);
  if (!/^[0-9a-f]{24}$/i.test(text)) {
    return wrongFormFor(state, from, "$oid", "24 hex digits in quotes");
  }
  state.at = at + state.out.write(text, at, "hex");
  state.type = bsonType.objectId;
  return p;
}
