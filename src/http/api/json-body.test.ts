import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { jsonMembers, parseJson } from "./json-body.ts";

test("members are found as they stand in the text", () => {
  const text =
    ' {"a" : 9007199254740993 ,"b\\"}":{"1":1,"0":[2,"]}"]},"c":1.0\n,"é":"x,\\\\","d":null }';
  const members = jsonMembers(Buffer.from(text));
  assert.deepEqual(
    [...members].map(([name, value]) => [name, value.toString()]),
    [
      ["a", "9007199254740993"],
      ['b"}', '{"1":1,"0":[2,"]}"]}'],
      ["c", "1.0"],
      ["é", '"x,\\\\"'],
      ["d", "null"],
    ],
  );
  assert.equal(jsonMembers(Buffer.from("{ }")).size, 0);
  assert.equal(jsonMembers(Buffer.from('\ufeff{"a":1}')).get("a")?.toString(), "1");
});

test("whatever JSON an object is, its members' texts are its members", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ noUnicodeString: false })),
      fc.constantFrom(undefined, 1, "\t"),
      (object, indent) => {
        const text = Buffer.from(JSON.stringify(object, null, indent));
        const parsed = parseJson(text) as Record<string, unknown>;
        const members = jsonMembers(text);
        assert.deepEqual([...members.keys()].sort(), Object.keys(parsed).sort());
        for (const [name, member] of members) {
          assert.deepEqual(JSON.parse(member.toString()), parsed[name]);
        }
      },
    ),
  );
});

test("what is no JSON object is refused with the reason", () => {
  const refused: [string | Uint8Array, RegExp][] = [
    ["{", /not JSON/],
    ["null", /not an object/],
    ["[1]", /not an object/],
    ['"x"', /not an object/],
    [Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), /not JSON/],
    ['{"a":1,"\\u0061":2}', /"a" is there twice/],
  ];
  for (const [body, message] of refused) {
    assert.throws(() => parseJson(Buffer.from(body)), { code: "invalid_body", message });
  }
});
