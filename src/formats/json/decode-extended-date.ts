import { bsonType } from "../../bson/types.ts";
import { parseRfc3339 } from "./decode-date.ts";
import { writeLongText } from "./decode-extended-number.ts";
import { isText, readAscii, readMembers, wrongFormFor } from "./decode-extended-parts.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";

const takes = 'an RFC 3339 time in quotes or {"$numberLong":"…"}';

/** `$date`: a time as text, or milliseconds since 1970 as a `$numberLong`. */
export function readDate(state: DecodeState, from: number): number {
  if (isText(state, from)) return readTime(state, from);
  if (from >= state.end) return state.fail("json_syntax", from, "");
  if (state.src[from] !== 0x7b) return wrongFormFor(state, from, "$date", takes);
  const p = readMembers(state, from, "$date", {
    $numberLong: (valueAt) => {
      let milliseconds = "";
      const behind = readAscii(state, valueAt, "an integer in quotes", (text) => {
        milliseconds = text;
      });
      if (behind < 0) return FAULT;
      if (writeLongText(state, milliseconds)) return behind;
      return wrongFormFor(state, valueAt, "$date", takes);
    },
  });
  if (p < 0) return FAULT;
  state.type = bsonType.date;
  return p;
}

function readTime(state: DecodeState, from: number): number {
  let time: number | null = null;
  const p = readAscii(state, from, takes, (text) => {
    time = parseRfc3339(text);
  });
  if (p < 0) return FAULT;
  if (time === null) return wrongFormFor(state, from, "$date", takes);
  writeTime(state, time);
  return p;
}

function writeTime(state: DecodeState, time: number): void {
  state.view.setInt32(state.at, time, true);
  state.view.setInt32(state.at + 4, Math.floor(time / 4294967296), true);
  state.at += 8;
  state.type = bsonType.date;
}
