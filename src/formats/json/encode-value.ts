import { isNested } from "../../bson/compare.ts";
import { BsonError, bsonType } from "../../bson/types.ts";
import { int32At, nameEndAt, textAt, valueSize } from "../../bson/walk.ts";
import { writeInteger } from "./encode-number.ts";
import { fixedText, type JsonOutput } from "./encode-output.ts";
import { writeScalar } from "./encode-scalar.ts";
import type { JsonForm } from "./encode-scalar.ts";
import { specialBytes, writeText, writeTextFrom } from "./encode-text.ts";

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
/** `":`, as two bytes are stored. */
const quoteColon = 0x3a22;
const quote = 0x22;
const dollar = 0x24;
const codeOpen = fixedText('{"$code":');
const scopeOpen = fixedText(',"$scope":');

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
  const { openTypes, openEnds } = output;
  let depth = 0;
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
      if (depth === 0) return;
      target = output.bytes;
      targetView = output.view;
      o = output.length;
      at = close + 1;
      depth--;
      type = openTypes[depth]!;
      close = openEnds[depth]!;
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
      // Names are short: most are written with the first two words. The last one is stored whole; what is behind the name in
      // it is overwritten next.
      const nameStart = o;
      target[o++] = quote;
      at = nameFrom;
      const wordsEnd = Math.min(close - 3, nameFrom + longName);
      while (at <= wordsEnd) {
        const word = source.getInt32(at, true);
        targetView.setInt32(o, word, true);
        const special = specialBytes(word);
        if (special !== 0) {
          const plain = (31 - Math.clz32(special & -special)) >> 3;
          o += plain;
          at += plain;
          break;
        }
        o += 4;
        at += 4;
      }
      if (bytes[at] === 0) {
        targetView.setInt16(o, quoteColon, true);
        o += 2;
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
        // As names; the NUL behind the string stops it.
        const wordsEnd = close - 3;
        while (at <= wordsEnd) {
          const word = source.getInt32(at, true);
          targetView.setInt32(o, word, true);
          const special = specialBytes(word);
          if (special !== 0) {
            const plain = (31 - Math.clz32(special & -special)) >> 3;
            o += plain;
            at += plain;
            break;
          }
          o += 4;
          at += 4;
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
      openTypes[depth] = type;
      openEnds[depth] = close;
      depth++;
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
  output.fixed(codeOpen);
  writeText(output, bytes, at + 8, scope - 1);
  output.reserve(16);
  output.fixed(scopeOpen);
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
