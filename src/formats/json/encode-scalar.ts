import { decimalText, decimalTextLoses } from "../../bson/decimal.ts";
import { BsonError, bsonType } from "../../bson/types.ts";
import { doubleAt, int32At, nameEndAt, safeInt64At, valueSize } from "../../bson/walk.ts";
import { appendBase64 } from "./encode-base64.ts";
import { lastIsoDate, writeIsoDate } from "./encode-date.ts";
import { writeDouble, writeInt64, writeInteger } from "./encode-number.ts";
import { type FixedText, fixedText, type JsonOutput } from "./encode-output.ts";
import { hexDigits, writeHex, writeText } from "./encode-text.ts";

export type JsonForm = "relaxed" | "canonical" | "lossless";

/** Room for every value whose size does not depend on the data, and for the frame of the others. */
const frame = 128;

/**
 * Writes a value that holds no elements as Extended JSON v2, in the text of mongoexport. Counts it in `output.retyped` where
 * the form's text comes back as something else.
 */
export function writeScalar(
  output: JsonOutput,
  type: number,
  bytes: Uint8Array,
  at: number,
  form: JsonForm,
): void {
  output.reserve(frame);
  switch (type) {
    case bsonType.string:
      return writeText(output, bytes, at + 4, at + 3 + int32At(bytes, at));
    case bsonType.int32:
      return writeInt32(output, int32At(bytes, at), form);
    case bsonType.double:
      return writeDoubleValue(output, bytes, at, form);
    case bsonType.objectId:
      return writeObjectId(output, bytes, at);
    case bsonType.boolean:
      return output.fixed(bytes[at] === 0 ? literal.false : literal.true);
    case bsonType.null:
      return output.fixed(literal.null);
    case bsonType.date:
      return writeDate(output, bytes, at, form);
    case bsonType.int64:
      return writeInt64Value(output, bytes, at, form);
    case bsonType.decimal:
      output.fixed(literal.decimal);
      output.ascii(decimalText(bytes, at));
      output.fixed(literal.quoteBrace);
      if (decimalTextLoses(bytes, at)) output.retyped++;
      return;
    case bsonType.binary:
      return writeBinary(output, bytes, at);
    case bsonType.timestamp:
      output.fixed(literal.timestamp);
      writeInteger(output, int32At(bytes, at + 4) >>> 0);
      output.fixed(literal.increment);
      writeInteger(output, int32At(bytes, at) >>> 0);
      return output.fixed(literal.twoBraces);
    case bsonType.regex:
      return writeRegex(output, bytes, at);
    case bsonType.code:
      return writeWrapped(output, literal.code, bytes, at);
    case bsonType.symbol:
      return writeWrapped(output, literal.symbol, bytes, at);
    case bsonType.dbPointer:
      writeWrapped(output, literal.dbPointer, bytes, at);
      // The brace that writeWrapped closed with is where the id goes.
      output.length--;
      output.reserve(frame);
      output.fixed(literal.dbPointerId);
      writeObjectId(output, bytes, at + 4 + int32At(bytes, at));
      return output.fixed(literal.twoBraces);
    case bsonType.minKey:
      return output.fixed(literal.minKey);
    case bsonType.maxKey:
      return output.fixed(literal.maxKey);
    case bsonType.undefined:
      return output.fixed(literal.undefined);
    default:
      valueSize(type, bytes, at);
      throw new BsonError("A value that holds elements is no scalar", at);
  }
}

const literal = {
  true: fixedText("true"),
  false: fixedText("false"),
  null: fixedText("null"),
  objectId: fixedText('{"$oid":"'),
  int: fixedText('{"$numberInt":"'),
  long: fixedText('{"$numberLong":"'),
  double: fixedText('{"$numberDouble":"'),
  decimal: fixedText('{"$numberDecimal":"'),
  date: fixedText('{"$date":'),
  binary: fixedText('{"$binary":{"base64":"'),
  subType: fixedText('","subType":"'),
  timestamp: fixedText('{"$timestamp":{"t":'),
  increment: fixedText(',"i":'),
  regex: fixedText('{"$regularExpression":{"pattern":'),
  options: fixedText(',"options":'),
  code: fixedText('{"$code":'),
  symbol: fixedText('{"$symbol":'),
  dbPointer: fixedText('{"$dbPointer":{"$ref":'),
  dbPointerId: fixedText(',"$id":'),
  minKey: fixedText('{"$minKey":1}'),
  maxKey: fixedText('{"$maxKey":1}'),
  undefined: fixedText('{"$undefined":true}'),
  quoteBrace: fixedText('"}'),
  quoteTwoBraces: fixedText('"}}'),
  twoBraces: fixedText("}}"),
};

function writeInt32(output: JsonOutput, value: number, form: JsonForm): void {
  if (form !== "canonical") return writeInteger(output, value);
  output.fixed(literal.int);
  writeInteger(output, value);
  output.fixed(literal.quoteBrace);
}

function writeInt64Value(output: JsonOutput, bytes: Uint8Array, at: number, form: JsonForm): void {
  // Reading bare text gives the smallest type that holds it.
  const fitsInt32 = int32At(bytes, at + 4) === int32At(bytes, at) >> 31;
  if (form === "relaxed" && fitsInt32) output.retyped++;
  if (form === "relaxed" || (form === "lossless" && !fitsInt32)) {
    return writeInt64Digits(output, bytes, at);
  }
  writeNumberLong(output, bytes, at);
}

function writeNumberLong(output: JsonOutput, bytes: Uint8Array, at: number): void {
  output.fixed(literal.long);
  writeInt64Digits(output, bytes, at);
  output.fixed(literal.quoteBrace);
}

function writeInt64Digits(output: JsonOutput, bytes: Uint8Array, at: number): void {
  const value = safeInt64At(bytes, at);
  if (Number.isNaN(value)) writeInt64(output, int32At(bytes, at + 4), int32At(bytes, at) >>> 0);
  else writeInteger(output, value);
}

function writeDoubleValue(output: JsonOutput, bytes: Uint8Array, at: number, form: JsonForm): void {
  const value = doubleAt(bytes, at);
  if (Number.isFinite(value)) {
    if (form !== "canonical") return writeDouble(output, value);
    output.fixed(literal.double);
    writeDouble(output, value);
  } else {
    output.fixed(literal.double);
    output.ascii(String(value));
    if (Number.isNaN(value) && !isPlainNaN(bytes, at)) output.retyped++;
  }
  output.fixed(literal.quoteBrace);
}

/** The NaN that reading `NaN` gives: no sign, no payload. */
function isPlainNaN(bytes: Uint8Array, at: number): boolean {
  return int32At(bytes, at + 4) === 0x7ff80000 && int32At(bytes, at) === 0;
}

function writeDate(output: JsonOutput, bytes: Uint8Array, at: number, form: JsonForm): void {
  const value = safeInt64At(bytes, at);
  output.fixed(literal.date);
  if (form !== "canonical" && value >= 0 && value <= lastIsoDate) {
    output.byte(0x22);
    writeIsoDate(output, value);
    output.fixed(literal.quoteBrace);
  } else {
    writeNumberLong(output, bytes, at);
    output.byte(0x7d);
  }
}

function writeObjectId(output: JsonOutput, bytes: Uint8Array, from: number): void {
  output.fixed(literal.objectId);
  writeHex(output, bytes, from, from + 12);
  output.fixed(literal.quoteBrace);
}

function writeBinary(output: JsonOutput, bytes: Uint8Array, at: number): void {
  const length = int32At(bytes, at);
  const subtype = bytes[at + 4]!;
  // Subtype 2 has its length a second time before the data; reading puts it back.
  const from = subtype === 2 && length >= 4 ? at + 9 : at + 5;
  const to = at + 5 + length;
  output.reserve(frame + Math.ceil((to - from) / 3) * 4);
  output.fixed(literal.binary);
  output.length = appendBase64(output, output.length, bytes, from, to);
  output.fixed(literal.subType);
  output.byte(hexDigits[subtype >>> 4]!);
  output.byte(hexDigits[subtype & 15]!);
  output.fixed(literal.quoteTwoBraces);
}

function writeRegex(output: JsonOutput, bytes: Uint8Array, at: number): void {
  const pattern = nameEndAt(bytes, at);
  const options = nameEndAt(bytes, pattern + 1);
  output.fixed(literal.regex);
  writeText(output, bytes, at, pattern);
  output.reserve(frame);
  output.fixed(literal.options);
  const stored = bytes.subarray(pattern + 1, options);
  if (isAscending(stored)) {
    writeText(output, bytes, pattern + 1, options);
  } else {
    const sorted = stored.toSorted();
    writeText(output, sorted, 0, sorted.length);
    output.retyped++;
  }
  output.reserve(frame);
  output.fixed(literal.twoBraces);
}

function isAscending(bytes: Uint8Array): boolean {
  for (let i = 1; i < bytes.length; i++) if (bytes[i]! < bytes[i - 1]!) return false;
  return true;
}

/** A wrapper around one text: `{"$code":"…"}`. */
function writeWrapped(output: JsonOutput, open: FixedText, bytes: Uint8Array, at: number): void {
  output.fixed(open);
  writeText(output, bytes, at + 4, at + 3 + int32At(bytes, at));
  output.reserve(frame);
  output.byte(0x7d);
}
