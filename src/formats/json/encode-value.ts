import { isNested } from "../../bson/compare.ts";
import { BsonError, bsonType } from "../../bson/types.ts";
import { int32At, nameEndAt, textAt, valueSize } from "../../bson/walk.ts";
import { writeInteger } from "./encode-number.ts";
import type { JsonOutput } from "./encode-output.ts";
import { writeScalar } from "./encode-scalar.ts";
import type { JsonForm } from "./encode-scalar.ts";
import { isEscaped, isPlain, writeText, writeTextFrom } from "./encode-text.ts";

/**
 * Writes a value of any type as compact Extended JSON v2.
 * @param inner whether the value stands in a document: at the top a document that looks like a wrapper reads back as it is
 */
export function writeValue(
  output: JsonOutput,
  type: number,
  bytes: Uint8Array,
  at: number,
  form: JsonForm,
  inner = true,
): void {
  if (isNested(type)) writeNested(output, type, bytes, at, form, inner);
  else writeScalar(output, type, bytes, at, form);
}

const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const quote = 0x22;
const dollar = 0x24;
const codeOpen = Uint8Array.from(Buffer.from('{"$code":'));
const scopeOpen = Uint8Array.from(Buffer.from(',"$scope":'));

/** Bytes that are left free where the loop below writes without asking: enough for every value of a fixed size. */
const slack = 128;
/** Strings up to this length are written without asking, too, each byte being six at most. */
const shortString = 2048;

/**
 * Keeps a stack of its own, so that depth costs none of the machine's. The common values are written here and not in functions
 * of their own, because calls and the fields they share cost more than the writing itself.
 */
function writeNested(
  output: JsonOutput,
  outermost: number,
  bytes: Uint8Array,
  start: number,
  form: JsonForm,
  inner: boolean,
): void {
  // What is open around the present one.
  const types: number[] = [];
  const closes: number[] = [];
  const source = output.viewOf(bytes);
  let type = outermost;
  let at = writeOpening(output, type, bytes, start, inner);
  let close = at - 5 + int32At(bytes, at - 4);
  let target = output.bytes;
  let targetView = output.view;
  let o = output.length;
  let first = true;
  for (;;) {
    if (at >= close) {
      output.length = o;
      writeEnd(output, type);
      if (types.length === 0) return;
      target = output.bytes;
      targetView = output.view;
      o = output.length;
      at = close + 1;
      type = types.pop()!;
      close = closes.pop()!;
      first = false;
      continue;
    }
    const elementType = bytes[at]!;
    const nameFrom = at + 1;
    if (o + slack > target.length) {
      output.length = o;
      output.reserve(slack);
      target = output.bytes;
      targetView = output.view;
    }
    if (!first) target[o++] = comma;
    first = false;
    if (type === bsonType.array) {
      at = nameEndAt(bytes, nameFrom);
    } else {
      // Names are short: most are written with the first two words.
      const nameStart = o;
      target[o++] = quote;
      at = nameFrom;
      const wordsEnd = Math.min(close - 4, nameFrom + longName);
      while (at <= wordsEnd) {
        const word = source.getInt32(at, true);
        if (!isPlain(word)) break;
        targetView.setInt32(o, word, true);
        o += 4;
        at += 4;
      }
      let byte = bytes[at]!;
      const bytesEnd = at + 4;
      while (at < bytesEnd && !isEscaped(byte)) {
        target[o++] = byte;
        byte = bytes[++at]!;
      }
      if (byte === 0) {
        target[o++] = quote;
        target[o++] = colon;
      } else {
        at = nameEndAt(bytes, nameFrom);
        output.length = nameStart;
        writeOddName(output, bytes, nameFrom, at);
        target = output.bytes;
        targetView = output.view;
        o = output.length;
      }
    }
    const value = at + 1;
    if (elementType === bsonType.string) {
      if (value + 5 > close) throw outside(nameFrom);
      const length = source.getInt32(value, true) - 1;
      const to = value + 4 + length;
      if (length < 0 || to >= close) throw outside(nameFrom);
      at = value + 4;
      if (length <= shortString) {
        if (o + 6 * length + slack > target.length) {
          output.length = o;
          output.reserve(6 * length + slack);
          target = output.bytes;
          targetView = output.view;
        }
        target[o++] = quote;
        while (at + 4 <= to) {
          const word = source.getInt32(at, true);
          if (!isPlain(word)) break;
          targetView.setInt32(o, word, true);
          o += 4;
          at += 4;
        }
        if (at + 4 > to) {
          while (at < to && !isEscaped(bytes[at]!)) target[o++] = bytes[at++]!;
        }
        if (at === to) {
          target[o++] = quote;
        } else {
          output.length = o;
          writeTextFrom(output, bytes, at, to);
          o = output.length;
        }
      } else {
        output.length = o;
        writeText(output, bytes, at, to);
        target = output.bytes;
        targetView = output.view;
        o = output.length;
      }
      at = to + 1;
      continue;
    }
    if (elementType === bsonType.int32 && form !== "canonical") {
      at = value + 4;
      if (at > close) throw outside(nameFrom);
      output.length = o;
      writeInteger(output, source.getInt32(value, true));
      o = output.length;
      continue;
    }
    const next = value + valueSize(elementType, bytes, value);
    if (next > close || next <= nameFrom) throw outside(nameFrom);
    output.length = o;
    if (isNested(elementType)) {
      types.push(type);
      closes.push(close);
      type = elementType;
      at = writeOpening(output, type, bytes, value, true);
      close = at - 5 + int32At(bytes, at - 4);
      first = true;
    } else {
      writeScalar(output, elementType, bytes, value, form);
      at = next;
    }
    target = output.bytes;
    targetView = output.view;
    o = output.length;
  }
}

/** Longer names are written with the room made for them. */
const longName = 64;

function outside(at: number): BsonError {
  return new BsonError("An element ends outside its document", at - 1);
}

/** Writes what a nested value begins with and gives the position of its first element. */
function writeOpening(
  output: JsonOutput,
  type: number,
  bytes: Uint8Array,
  value: number,
  inner: boolean,
): number {
  const document = type === bsonType.codeWithScope ? writeScopedCode(output, bytes, value) : value;
  output.reserve(1);
  output.byte(type === bsonType.array ? openBracket : openBrace);
  // Not the scope of code: that is read as a document whatever its names.
  if (inner && bytes[document + 5] === dollar && type === bsonType.document) {
    countWrapperLookalike(output, bytes, document);
  }
  return document + 4;
}

/** A name that is long or not all plain ASCII. */
function writeOddName(output: JsonOutput, bytes: Uint8Array, from: number, to: number): void {
  writeText(output, bytes, from, to);
  output.reserve(slack);
  output.byte(colon);
}

function writeEnd(output: JsonOutput, type: number): void {
  output.reserve(4);
  if (type === bsonType.array) return output.byte(closeBracket);
  output.byte(closeBrace);
  if (type === bsonType.codeWithScope) output.byte(closeBrace);
}

/** Writes `{"$code":"…","$scope":` and gives the position of the scope. */
function writeScopedCode(output: JsonOutput, bytes: Uint8Array, at: number): number {
  const scope = at + 8 + int32At(bytes, at + 4);
  output.reserve(16);
  output.literal(codeOpen);
  writeText(output, bytes, at + 8, scope - 1);
  output.reserve(16);
  output.literal(scopeOpen);
  return scope;
}

/** Names that make the object whose first field has them a value of another type. */
const wrapperNames: ReadonlySet<string> = new Set([
  "$oid",
  "$numberInt",
  "$numberLong",
  "$numberDouble",
  "$numberDecimal",
  "$date",
  "$binary",
  "$uuid",
  "$regularExpression",
  "$timestamp",
  "$minKey",
  "$maxKey",
  "$undefined",
  "$code",
  "$scope",
  "$symbol",
  "$dbPointer",
]);

/** JSON has no way to say that such an object is a document, in no form. */
function countWrapperLookalike(output: JsonOutput, bytes: Uint8Array, document: number): void {
  const name = document + 5;
  if (wrapperNames.has(textAt(bytes, name, nameEndAt(bytes, name)))) output.retyped++;
}
