import assert from "node:assert/strict";
import { it } from "node:test";
import {
  BSON,
  Binary,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from "bson";
import { idText } from "./id-text.ts";

const cases: [id: unknown, text: string][] = [
  [5, "5"],
  [-1, "-1"],
  [Long.fromString("9007199254740993"), "9007199254740993"],
  [new Double(1.5), "1.5"],
  ["abc", '"abc"'],
  ['a "b"\n', '"a \\"b\\"\\n"'],
  ["x".repeat(100), `"${"x".repeat(59)}…`],
  [new ObjectId("0123456789abcdef01234567"), "0123456789abcdef01234567"],
  [true, "true"],
  [false, "false"],
  [null, "null"],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [new Timestamp({ t: 4294967295, i: 7 }), "Timestamp(4294967295, 7)"],
  [new Binary(Uint8Array.of(1, 255)), "0x01ff"],
  [new Binary(new Uint8Array(1000)), `0x${"0".repeat(58)}…`],
  [new UUID("01234567-89ab-cdef-0123-456789abcdef"), "01234567-89ab-cdef-0123-456789abcdef"],
  [new MinKey(), "MinKey"],
  [new MaxKey(), "MaxKey"],
  [Decimal128.fromString("1.10"), "of this decimal"],
  [{ a: 1 }, "of this object"],
  [[1], "of this array"],
  [/x/, "of this regular expression"],
  [new Code("f"), "of this code"],
];

for (const [id, text] of cases) {
  it(`writes an _id as ${text}`, () => {
    const bytes = BSON.serialize({ _id: id });
    assert.equal(idText(bytes[4]!, bytes, 9), text);
  });
}

it("writes a date that no calendar has as its milliseconds", () => {
  const bytes = BSON.serialize({ _id: new Date(0) });
  new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(9, 2n ** 62n, true);
  assert.equal(idText(bytes[4]!, bytes, 9), "Date(4611686018427387904)");
});
