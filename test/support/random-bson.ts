import * as fc from "fast-check";
import { bsonType } from "../../src/bson/types.ts";

/** A value outside a document. */
export interface BsonValue {
  type: number;
  bytes: Uint8Array;
}

export interface RandomBsonOptions {
  /** Documents and arrays within each other. */
  depth?: number;
  /** Elements of a document or array at most. */
  width?: number;
  /** Leave out what no Extended JSON can hold: payloads of NaN, unsorted regular expression options, names of wrappers. */
  textSafe?: boolean;
}

/** Documents with values of all types. Array elements have the names 0, 1, 2 …; names are not repeated. */
export function randomDocument(options: RandomBsonOptions = {}): fc.Arbitrary<Uint8Array> {
  return nestedArbitraries(options).document.map(({ bytes }) => bytes);
}

/** Values of all types. */
export function randomValue(options: RandomBsonOptions = {}): fc.Arbitrary<BsonValue> {
  return nestedArbitraries(options).value;
}

/** Numbers of all four types, made so that neighbours and equals among the types are frequent. */
export function randomNumber({
  textSafe = false,
}: RandomBsonOptions = {}): fc.Arbitrary<BsonValue> {
  return fc.oneof(
    closeNumbers,
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(int32),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(int64),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => doubleOfBits(bits, textSafe)),
    fc.double().map(double),
    fc
      .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 34n - 1n }), decimalExponent)
      .map(([negative, coefficient, exponent]) => decimal(negative, coefficient, exponent)),
    fc
      .tuple(fc.boolean(), fc.nat(2000), fc.integer({ min: -6, max: 6 }))
      .map(([negative, coefficient, exponent]) => decimal(negative, BigInt(coefficient), exponent)),
    fc.constantFrom(...specialDecimals, ...(textSafe ? [] : oddDecimals)),
  );
}

export function int32(value: number): BsonValue {
  return fixed(bsonType.int32, 4, (view) => view.setInt32(0, value, true));
}

export function int64(value: bigint): BsonValue {
  return fixed(bsonType.int64, 8, (view) => view.setBigInt64(0, value, true));
}

export function double(value: number): BsonValue {
  return fixed(bsonType.double, 8, (view) => view.setFloat64(0, value, true));
}

/** @param coefficient 0 … 10^34 - 1 @param exponent -6176 … 6111 */
export function decimal(negative: boolean, coefficient: bigint, exponent: number): BsonValue {
  const high =
    (coefficient >> 64n) | (BigInt(exponent + 6176) << 49n) | (negative ? 1n << 63n : 0n);
  return fixed(bsonType.decimal, 16, (view) => {
    view.setBigUint64(0, BigInt.asUintN(64, coefficient), true);
    view.setBigUint64(8, high, true);
  });
}

export function text(value: string, type: number = bsonType.string): BsonValue {
  const utf8 = Buffer.from(value);
  return { type, bytes: concat([int32(utf8.length + 1).bytes, utf8, Uint8Array.of(0)]) };
}

export function date(milliseconds: bigint): BsonValue {
  return { type: bsonType.date, bytes: int64(milliseconds).bytes };
}

export function objectId(bytes: Uint8Array): BsonValue {
  return { type: bsonType.objectId, bytes };
}

export function binary(subtype: number, data: Uint8Array): BsonValue {
  const inner = subtype === 2 ? concat([int32(data.length).bytes, data]) : data;
  return {
    type: bsonType.binary,
    bytes: concat([int32(inner.length).bytes, Uint8Array.of(subtype), inner]),
  };
}

/** A document of these fields, in this order, as bytes. */
export function document(fields: [string, BsonValue][]): Uint8Array {
  return join(fields.map(([name, value]) => element(Buffer.from(name), value)));
}

export function array(values: BsonValue[]): Uint8Array {
  return join(values.map((value, index) => element(Buffer.from(String(index)), value)));
}

const decimalExponent = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.integer({ min: -400, max: 400 }),
  fc.integer({ min: -6176, max: 6111 }),
);

// Values around the places where the encodings of numbers change, each as all types that can hold it or nearly.
const closeNumbers: fc.Arbitrary<BsonValue> = fc
  .tuple(
    fc.constantFrom(
      0n,
      1n,
      64n,
      128n,
      1000n,
      2n ** 31n,
      2n ** 32n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n,
    ),
    fc.integer({ min: -2, max: 2 }),
    fc.boolean(),
    fc.constantFrom(
      ...(["int", "double", "decimal", "decimal below", "decimal above", "double half"] as const),
    ),
  )
  .map(([base, offset, negative, as]) => {
    const magnitude = base + BigInt(offset);
    const value = negative ? -magnitude : magnitude;
    const sign = value < 0n;
    const absolute = sign ? -value : value;
    switch (as) {
      case "int":
        if (BigInt.asIntN(32, value) === value) return int32(Number(value));
        if (BigInt.asIntN(64, value) === value) return int64(value);
        return double(Number(value));
      case "double":
        return double(Number(value));
      case "double half":
        return double(Number(value) + 0.5);
      case "decimal":
        return decimal(sign, absolute * 100n, -2);
      case "decimal below":
        return decimal(sign, absolute === 0n ? 0n : absolute * 10n ** 13n - 1n, -13);
      case "decimal above":
        return decimal(sign, absolute * 10n ** 13n + 1n, -13);
      default:
        return as satisfies never;
    }
  });

const specialDecimals = ["78", "f8", "7c"].map((top) => ({
  type: bsonType.decimal as number,
  bytes: Uint8Array.from(Buffer.from("00".repeat(15) + top, "hex")),
}));

// NaN with sign and payload, infinity with payload, coefficients over the largest in both forms.
const oddDecimals = [
  "010000000000000000000000000000fc",
  "0000000000000000000000000000007e",
  "01000000000000000000000000000078",
  "00000000648e8d37c087adbe09ed4130",
  "ffffffffffffffffffffffffffff406c",
].map((hex) => ({
  type: bsonType.decimal as number,
  bytes: Uint8Array.from(Buffer.from(hex, "hex")),
}));

const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "",
    "\u0000",
    "\u0001",
    "a\u0000",
    "a\u0001",
    "a",
    "a\u0000b",
    "\u2028",
    "é",
    '"\\/\n',
  ),
);
const safeName = anyText.map((value) => value.replaceAll("\u0000", "_"));
const wrapperName = fc.constantFrom("$oid", "$numberInt", "$date", "$minKey", "$code", "$scope");
const anyName = fc.oneof({ arbitrary: safeName, weight: 20 }, wrapperName);

function nestedArbitraries({ depth = 4, width = 6, textSafe = false }: RandomBsonOptions): {
  value: fc.Arbitrary<BsonValue>;
  document: fc.Arbitrary<BsonValue>;
} {
  return fc.letrec<{ value: BsonValue; scalar: BsonValue; document: BsonValue; array: BsonValue }>(
    (tie) => ({
      value: fc.oneof(
        { maxDepth: depth, depthSize: "small" },
        { arbitrary: tie("scalar"), weight: 6 },
        { arbitrary: tie("document"), weight: 2 },
        { arbitrary: tie("array"), weight: 2 },
        {
          arbitrary: fc.tuple(anyText, tie("document")).map(([code, scope]) => {
            const rest = concat([text(code).bytes, scope.bytes]);
            return {
              type: bsonType.codeWithScope,
              bytes: concat([int32(rest.length + 4).bytes, rest]),
            };
          }),
          weight: 1,
        },
      ),
      scalar: randomScalar(textSafe),
      document: fc
        .uniqueArray(fc.tuple(textSafe ? safeName : anyName, tie("value")), {
          maxLength: width,
          selector: ([key]) => key,
        })
        .map((fields) => ({ type: bsonType.document, bytes: document(fields) })),
      array: fc
        .array(tie("value"), { maxLength: width })
        .map((values) => ({ type: bsonType.array, bytes: array(values) })),
    }),
  );
}

function randomScalar(textSafe: boolean): fc.Arbitrary<BsonValue> {
  return fc.oneof(
    { arbitrary: randomNumber({ textSafe }), weight: 6 },
    { arbitrary: anyText.map((value) => text(value)), weight: 4 },
    anyText.map((value) => text(value, bsonType.symbol)),
    anyText.map((value) => text(value, bsonType.code)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map(objectId),
    fc.boolean().map((value) => ({ type: bsonType.boolean, bytes: Uint8Array.of(value ? 1 : 0) })),
    fc
      .constantFrom(bsonType.null, bsonType.undefined, bsonType.minKey, bsonType.maxKey)
      .map((type) => ({ type, bytes: new Uint8Array(0) })),
    fc
      .oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -2n, max: 253402300800000n }),
        fc.constantFrom(0n, -1n, 253402300799999n, 253402300800000n, 951782400000n),
      )
      .map(date),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({
      type: bsonType.timestamp,
      bytes: int64(BigInt.asIntN(64, value)).bytes,
    })),
    fc
      .tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 9, 128, 255), fc.uint8Array({ maxLength: 20 }))
      .map(([subtype, data]) => binary(subtype, data)),
    fc.tuple(safeName, fc.subarray(["i", "l", "m", "s", "u", "x"])).map(([pattern, options]) => ({
      type: bsonType.regex,
      bytes: concat([
        Buffer.from(pattern),
        Uint8Array.of(0),
        Buffer.from((textSafe ? options : options.reverse()).join("")),
        Uint8Array.of(0),
      ]),
    })),
    fc.tuple(anyText, fc.uint8Array({ minLength: 12, maxLength: 12 })).map(([collection, id]) => ({
      type: bsonType.dbPointer,
      bytes: concat([text(collection).bytes, id]),
    })),
  );
}

function doubleOfBits(bits: bigint, textSafe: boolean): BsonValue {
  const value = fixed(bsonType.double, 8, (view) => view.setBigUint64(0, bits, true));
  const isNaN = (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
  return isNaN && textSafe ? double(NaN) : value;
}

function fixed(type: number, size: number, write: (view: DataView) => void): BsonValue {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return { type, bytes };
}

function element(name: Uint8Array, { type, bytes }: BsonValue): Uint8Array {
  return concat([Uint8Array.of(type), name, Uint8Array.of(0), bytes]);
}

function join(elements: Uint8Array[]): Uint8Array {
  const body = concat(elements);
  return concat([int32(body.length + 5).bytes, body, Uint8Array.of(0)]);
}

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
