import { type DecodeState, describeByte, FAULT, skipBlank, type Fault } from "./decode-state.ts";
import { copyText } from "./decode-string.ts";

// What the readers of Extended JSON forms share. All take the position of a value's first byte and give the one behind it.

export function wrongForm(state: DecodeState, at: number, message: string): Fault {
  return state.fail("extended_json", at, message);
}

export function wrongFormFor(state: DecodeState, at: number, name: string, takes: string): Fault {
  return wrongForm(state, at, `${name} takes ${takes}`);
}

export function isText(state: DecodeState, at: number): boolean {
  return state.src[at] === 0x22;
}

/** Copies a string's text to `state.at`, which then stands behind it. */
export function readText(state: DecodeState, from: number, expected: string): number {
  if (!isText(state, from)) {
    if (from >= state.end) return state.fail("json_syntax", from, "");
    return wrongForm(state, from, `Expected ${expected}, found ${describeByte(state.src[from]!)}`);
  }
  const to = copyText(state, from + 1);
  return to < 0 ? FAULT : to + 1;
}

/** Reads a string as a BSON string (or what is written like one). */
export function readTextAsValue(
  state: DecodeState,
  from: number,
  name: string,
  type: number,
): number {
  const { at } = state;
  if (!isText(state, from)) return wrongFormFor(state, from, name, "a string");
  state.at = at + 4;
  const to = copyText(state, from + 1);
  if (to < 0) return FAULT;
  state.out[state.at++] = 0;
  state.view.setInt32(at, state.at - at - 4, true);
  state.type = type;
  return to + 1;
}

/** Reads a string of ASCII as a text. `state.at` does not move; the text stands in `take`'s argument. */
export function readAscii(
  state: DecodeState,
  from: number,
  expected: string,
  take: (text: string) => void,
): number {
  const { at } = state;
  const p = readText(state, from, expected);
  if (p < 0) return FAULT;
  take(state.out.toString("latin1", at, state.at));
  state.at = at;
  return p;
}

/** Whether these bytes stand there. */
export function isAt(src: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (src[from + i] !== expected[i]) return false;
  return true;
}

/** From behind a key to the first byte of its value. */
export function toMember(state: DecodeState, behindKey: number): number {
  const colon = skipBlank(state, behindKey);
  if (state.src[colon] !== 0x3a) return state.unexpected(colon, "a colon after the key");
  return skipBlank(state, colon + 1);
}

/** Reads an object that has just these keys, each once, in any order. */
export function readMembers(
  state: DecodeState,
  from: number,
  name: string,
  readers: Record<string, (valueAt: number) => number>,
): number {
  const keys = Object.keys(readers);
  const shape = `an object with ${keys.join(" and ")}`;
  if (state.src[from] !== 0x7b) return wrongFormFor(state, from, name, shape);
  const seen: string[] = [];
  let p = skipBlank(state, from + 1);
  for (;;) {
    let key = "";
    const keyAt = p;
    p = readAscii(state, p, "a key", (text) => {
      key = text;
    });
    if (p < 0) return FAULT;
    const reader = keys.includes(key) ? readers[key] : undefined;
    if (!reader || seen.includes(key)) return wrongFormFor(state, keyAt, name, shape);
    seen.push(key);
    p = toMember(state, p);
    if (p < 0) return FAULT;
    p = reader(p);
    if (p < 0) return FAULT;
    p = skipBlank(state, p);
    if (state.src[p] === 0x7d) break;
    if (state.src[p] !== 0x2c) return state.unexpected(p, 'a comma or "}"');
    p = skipBlank(state, p + 1);
  }
  if (seen.length < keys.length) return wrongFormFor(state, from, name, shape);
  return p + 1;
}

/**
 * Reads a JSON integer of up to 15 digits into `state.integer`.
 * @returns the position behind it, 0 when something else stands there, or FAULT when the text ends too early
 */
export function readInteger(state: DecodeState, from: number): number {
  const { src } = state;
  const negative = src[from] === 0x2d;
  const first = negative ? from + 1 : from;
  let p = first;
  let value = 0;
  while (src[p]! >= 0x30 && src[p]! <= 0x39) value = value * 10 + (src[p++]! - 0x30);
  if (p >= state.end) return state.fail("json_syntax", state.end, "");
  const digits = p - first;
  const next = src[p]!;
  if (digits === 0 || digits > 15 || (digits > 1 && src[first] === 0x30)) return 0;
  if (next === 0x2e || next === 0x65 || next === 0x45) return 0;
  state.integer = negative ? -value : value;
  return p;
}
