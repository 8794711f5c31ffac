import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { jsonMembers } from "./json-members.ts";

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
        const parsed = JSON.parse(text.toString()) as Record<string, unknown>;
        const members = jsonMembers(text);
        assert.deepEqual([...members.keys()].sort(), Object.keys(parsed).sort());
        for (const [name, member] of members) {
          assert.deepEqual(JSON.parse(member.toString()), parsed[name]);
        }
      },
    ),
  );
});

test("a name that stands there twice is refused, however it is written", () => {
  assert.throws(() => jsonMembers(Buffer.from('{"a":1,"\\u0061":2}')), {
    code: "invalid_body",
    message: 'Field "a" is there twice',
  });
});
