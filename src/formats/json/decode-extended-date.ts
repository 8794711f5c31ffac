import { bsonType } from "../../bson/types.ts";
import { parseRfc3339, readUtc } from "./decode-date.ts";
import { readShortLong, writeLongText } from "./decode-extended-number.ts";
import { isText, readAscii, readMembers, wrongFormFor } from "./decode-extended-parts.ts";
import { type DecodeState, FAULT } from "./decode-state.ts";

const takes = 'an RFC 3339 time in quotes or {"$numberLong":"…"}';

/** `$date`: a time as text, or milliseconds since 1970 as a `$numberLong`. */
export function readDate(state: DecodeState, from: number): number {
  if (isText(state, from)) return readTime(state, from);
  if (from >= state.end) return state.fail("json_syntax", from, "");
  if (state.src[from] !== 0x7b) return wrongFormFor(state, from, "$date", takes);
  const quick = readShortMilliseconds(state, from);
  if (quick > 0) return quick;
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

const numberLong = Buffer.from('{"$numberLong":');

/** `{"$numberLong":"…"}` without blanks; 0 when it looks otherwise. */
function readShortMilliseconds(state: DecodeState, from: number): number {
  const { src, at } = state;
  for (let i = 0; i < numberLong.length; i++) {
    if (src[from + i] !== numberLong[i]) return 0;
  }
  const p = readShortLong(state, from + numberLong.length);
  if (p > 0 && src[p] === 0x7d) {
    state.type = bsonType.date;
    return p + 1;
  }
  state.at = at;
  return 0;
}

function readTime(state: DecodeState, from: number): number {
  const quick = readUtc(state.src, from + 1);
  if (!Number.isNaN(quick.time)) {
    writeTime(state, quick.time);
    return quick.end + 1;
  }
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
