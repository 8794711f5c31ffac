import { isNested } from "../../bson/compare.ts";
import { BsonError, bsonType } from "../../bson/types.ts";
import { int32At, nameEndAt, textAt, valueSize } from "../../bson/walk.ts";
import type { JsonOutput } from "./encode-output.ts";
import { writeScalar } from "./encode-scalar.ts";
import type { JsonForm } from "./encode-scalar.ts";
import { isEscaped, writeText } from "./encode-text.ts";

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

/** Keeps a stack of its own, so that depth costs none of the machine's. */
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
  let type = outermost;
  let at = writeOpening(output, type, bytes, start, inner);
  let close = at - 5 + int32At(bytes, at - 4);
  for (;;) {
    if (at >= close) {
      writeEnd(output, type);
      if (types.length === 0) return;
      at = close + 1;
      type = types.pop()!;
      close = closes.pop()!;
      continue;
    }
    const elementType = bytes[at]!;
    const nameEnd = nameEndAt(bytes, at + 1);
    writeName(output, bytes, at + 1, nameEnd, type === bsonType.array);
    const value = nameEnd + 1;
    const next = value + valueSize(elementType, bytes, value);
    if (next > close || next <= at) {
      throw new BsonError("An element ends outside its document", at);
    }
    if (isNested(elementType)) {
      types.push(type);
      closes.push(close);
      type = elementType;
      at = writeOpening(output, type, bytes, value, true);
      close = at - 5 + int32At(bytes, at - 4);
    } else {
      writeScalar(output, elementType, bytes, value, form);
      at = next;
    }
  }
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

/** A comma where one is due, then the name, which an array's elements have not. */
function writeName(
  output: JsonOutput,
  bytes: Uint8Array,
  from: number,
  to: number,
  inArray: boolean,
): void {
  output.reserve(to - from + 8);
  const target = output.bytes;
  let at = output.length;
  // Only a brace or bracket that has just been opened can be the last byte: values end otherwise, texts with a quote.
  const last = target[at - 1]!;
  if (last !== openBrace && last !== openBracket) target[at++] = comma;
  if (!inArray) {
    const start = at;
    target[at++] = quote;
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!;
      if (isEscaped(byte)) {
        output.length = start;
        return writeEscapedName(output, bytes, from, to);
      }
      target[at++] = byte;
    }
    target[at++] = quote;
    target[at++] = colon;
  }
  output.length = at;
}

/** The rare name that is not all plain ASCII. */
function writeEscapedName(output: JsonOutput, bytes: Uint8Array, from: number, to: number): void {
  writeText(output, bytes, from, to);
  output.reserve(1);
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
