import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { compileCheck } from "./check.ts";

const schema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    count: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
    mode: Type.Optional(Type.Unsafe<"a" | "b">({ type: "string", enum: ["a", "b"] })),
    header: Type.Optional(
      Type.Union([Type.Literal(true), Type.Array(Type.String(), { minItems: 1, maxItems: 2 })]),
    ),
    free: Type.Optional(Type.Object({})),
    inner: Type.Optional(
      Type.Object({ flag: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);
const check = compileCheck(schema);

test("what fits passes as it is", () => {
  const values = [
    { name: "x" },
    { name: "x", count: 10, mode: "a", header: true, free: { any: [1] }, inner: { flag: false } },
    { name: "x", header: ["a", "b"] },
  ];
  for (const value of values) assert.equal(check(value), value);
});

const refused: [unknown, string, string][] = [
  [{}, "missing_argument", "name"],
  [{ name: "" }, "invalid_argument", 'name must be a text that is not empty, not ""'],
  [{ name: 5 }, "invalid_argument", "name must be a text that is not empty, not 5"],
  [{ name: null }, "invalid_argument", "name must be a text that is not empty, not null"],
  [{ name: "x", count: 11 }, "invalid_argument", "count must be an integer of 0 to 10, not 11"],
  [{ name: "x", count: 1.5 }, "invalid_argument", "count must be an integer of 0 to 10, not 1.5"],
  [{ name: "x", count: "1" }, "invalid_argument", 'count must be an integer of 0 to 10, not "1"'],
  [{ name: "x", mode: "c" }, "invalid_argument", 'mode must be "a" or "b", not "c"'],
  [
    { name: "x", header: false },
    "invalid_argument",
    "header must be true or a list of 1 to 2, not false",
  ],
  [
    { name: "x", header: [] },
    "invalid_argument",
    "header must be a list of 1 to 2, not a list of 0",
  ],
  [{ name: "x", header: ["a", 1] }, "invalid_argument", "header[1] must be a text, not 1"],
  [{ name: "x", free: [] }, "invalid_argument", "free must be an object, not a list of 0"],
  [
    { name: "x", inner: { flga: 1 } },
    "invalid_argument",
    "inner.flga is unknown: in inner there may be flag",
  ],
  [
    { name: "x", "od d": 1 },
    "invalid_argument",
    '"od d" is unknown: there may be name, count, mode, header, free, inner',
  ],
  [{ name: "\ud800" }, "invalid_argument", "name has half a surrogate pair"],
  [
    { name: "x", free: { a: ["\udc00"] } },
    "invalid_argument",
    "free.a[0] has half a surrogate pair",
  ],
  [[], "invalid_argument", "The body must be an object, not a list of 0"],
];

for (const [value, code, message] of refused) {
  test(`${JSON.stringify(value)} is refused: ${message}`, () => {
    assert.throws(() => check(value), { code, message });
  });
}

test("what is nested without end is looked through all the same", () => {
  const nested = (inner: string) =>
    JSON.parse(`{"name":"x","free":{"a":${"[".repeat(100_000)}${inner}${"]".repeat(100_000)}}}`);
  assert.ok(check(nested("1")));
  assert.throws(() => check(nested('"\\ud800"')), { message: /^free\.a\[0\].*… has half/ });
});

test("of objects that differ by their type, the faults of the one that is meant are told", () => {
  const closed = { additionalProperties: false };
  const either = compileCheck(
    Type.Union([
      Type.Object({ type: Type.Literal("one"), a: Type.Integer() }, closed),
      Type.Object({ type: Type.Literal("two"), b: Type.Integer() }, closed),
    ]),
  );
  assert.deepEqual(either({ type: "two", b: 1 }), { type: "two", b: 1 });
  const faults: [unknown, string][] = [
    [{ type: "two", a: 1 }, "a is unknown: there may be type, b"],
    [{ type: "one" }, "a"],
    [{ a: 1 }, "type"],
    [{ type: "three" }, 'type must be "one" or "two", not "three"'],
  ];
  for (const [value, message] of faults) assert.throws(() => either(value), { message });
});
