import { bsonType } from "../../bson/types.ts";
import { readBinary, readUuid } from "./decode-extended-binary.ts";
import { readDate } from "./decode-extended-date.ts";
import {
  readDecimalText,
  readDoubleText,
  readIntText,
  readLongText,
} from "./decode-extended-number.ts";
import { readObjectId } from "./decode-extended-object-id.ts";
import { readDbPointer, readRegex, readTimestamp } from "./decode-extended-pairs.ts";
import {
  readInteger,
  readText,
  readTextAsValue,
  toMember,
  wrongForm,
  wrongFormFor,
} from "./decode-extended-parts.ts";
import { type DecodeState, FAULT, skipBlank } from "./decode-state.ts";

/** What reads the document of a `$scope`. */
export interface DocumentReader {
  document(from: number, top: number, gap: number): number;
}

/** Reads a form's value at `from`, writes it at `state.at`, sets `state.type`; gives the position behind it, or FAULT. */
type FormReader = (state: DecodeState, from: number) => number;

/** Not a form: an object as any other. */
const PLAIN = 0;

/**
 * Reads an Extended JSON form such as `{"$oid":"…"}`, from its brace at `from`, and writes the value it stands for at
 * `state.at`. Forms are known by their first key; what begins as one must be one to its end.
 * @param depth the levels that are open around it, less one
 * @returns the position behind it, 0 when it is no form, or FAULT
 */
export function readWrapper(
  state: DecodeState,
  from: number,
  depth: number,
  documents: DocumentReader,
): number {
  const { src, breaks } = state;
  const quote = skipBlank(state, from + 1);
  let p = quote + 1;
  while (isFormLetter(src[p]!)) p++;
  let form: Form | null;
  if (src[p] === 0x22) {
    form = formAt(src, quote + 1, p);
    p++;
  } else {
    // With escapes in it, or no name of a form.
    const { at } = state;
    p = readText(state, quote, "a key");
    if (p < 0) return FAULT;
    form = formAt(state.out, at, state.at);
    state.at = at;
  }
  if (!form) {
    state.breaks = breaks;
    return PLAIN;
  }
  p = toMember(state, p);
  if (p < 0) return FAULT;
  p = form.name === "$code" ? readCode(state, p, depth, documents) : form.read(state, p);
  if (p < 0) return FAULT;
  p = skipBlank(state, p);
  if (state.src[p] === 0x7d) return p + 1;
  if (state.src[p] !== 0x2c) return state.unexpected(p, `"}" after the value of ${form.name}`);
  return wrongForm(state, p, `Nothing may stand beside ${form.name}`);
}

function isFormLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x24;
}

interface Form {
  name: string;
  bytes: Uint8Array;
  read: FormReader;
}

const readers: Record<string, FormReader> = {
  $oid: readObjectId,
  $date: readDate,
  $numberInt: readIntText,
  $numberLong: readLongText,
  $numberDouble: readDoubleText,
  $numberDecimal: readDecimalText,
  $binary: readBinary,
  $uuid: readUuid,
  $timestamp: readTimestamp,
  $regularExpression: readRegex,
  $symbol: (state, from) => readTextAsValue(state, from, "$symbol", bsonType.symbol),
  $code: (state, from) => readTextAsValue(state, from, "$code", bsonType.code),
  $scope: (state, from) => wrongForm(state, from, "$scope must stand behind $code"),
  $dbPointer: readDbPointer,
  $minKey: (state, from) => readOne(state, from, "$minKey", bsonType.minKey),
  $maxKey: (state, from) => readOne(state, from, "$maxKey", bsonType.maxKey),
  $undefined: readUndefined,
};

const forms: Form[] = Object.entries(readers).map(([name, read]) => ({
  name,
  bytes: Buffer.from(name),
  read,
}));

/** Forms by the length of their names, the ones that are met most first. */
const formsByLength: Form[][] = Array.from({ length: 32 }, (_, length) =>
  forms.filter((form) => form.name.length === length),
);

function formAt(bytes: Uint8Array, from: number, to: number): Form | null {
  for (const form of formsByLength[to - from] ?? []) {
    let i = 1;
    while (from + i < to && bytes[from + i] === form.bytes[i]) i++;
    if (from + i === to && bytes[from] === 0x24) return form;
  }
  return null;
}

function readOne(state: DecodeState, from: number, name: string, type: number): number {
  const p = readInteger(state, from);
  if (p === FAULT) return FAULT;
  if (p === 0 || state.integer !== 1) return wrongFormFor(state, from, name, "the number 1");
  state.type = type;
  return p;
}

function readUndefined(state: DecodeState, from: number): number {
  const word = "true";
  let matched = 0;
  while (matched < 4 && state.src[from + matched] === word.charCodeAt(matched)) matched++;
  if (from + matched >= state.end) return state.fail("json_syntax", state.end, "");
  if (matched < 4) return wrongFormFor(state, from, "$undefined", "the word true");
  state.type = bsonType.undefined;
  return from + 4;
}

/** `$code`, maybe with `$scope` behind it. */
function readCode(
  state: DecodeState,
  from: number,
  depth: number,
  documents: DocumentReader,
): number {
  const { at } = state;
  // The length of the whole value goes before the code; without scope the code moves to the front.
  state.at = at + 4;
  let p = readTextAsValue(state, from, "$code", bsonType.code);
  if (p < 0) return FAULT;
  const behindCode = state.at;
  p = skipBlank(state, p);
  if (state.src[p] !== 0x2c) {
    state.out.copyWithin(at, at + 4, behindCode);
    state.at = behindCode - 4;
    return p;
  }
  const scopeKey = skipBlank(state, p + 1);
  p = readText(state, scopeKey, "a key");
  if (p < 0) return FAULT;
  const isScope = state.out.toString("latin1", behindCode, state.at) === "$scope";
  if (!isScope) return wrongForm(state, scopeKey, "Nothing but $scope may stand beside $code");
  state.at = behindCode;
  p = toMember(state, p);
  if (p < 0) return FAULT;
  if (state.src[p] !== 0x7b) return wrongFormFor(state, p, "$scope", "an object");
  if (!state.more()) return state.fail("too_large", p, "The document has more than 16 MiB as BSON");
  p = documents.document(p, depth + 1, 0);
  if (p < 0) return FAULT;
  state.view.setInt32(at, state.at - at, true);
  state.type = bsonType.codeWithScope;
  return p;
}
