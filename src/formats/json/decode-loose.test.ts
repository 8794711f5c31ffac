import assert from "node:assert/strict";
import { test } from "node:test";
import { EJSON, deserialize } from "bson";
import { DocferryError } from "../../job/errors.ts";
import { parseLooseJson } from "./decode-loose.ts";

function read(text: string): string {
  const options = { promoteValues: false, promoteLongs: false };
  return EJSON.stringify(deserialize(parseLooseJson(text), options), { relaxed: false });
}

test("keys may go without quotes, and strings in single ones", () => {
  assert.equal(read("{ a: { $gte: 3 } }"), '{"a":{"$gte":{"$numberInt":"3"}}}');
  assert.equal(
    read(`\n{'a.b' : 'it is "so"', _c:[1,2]}\n`),
    read('{"a.b":"it is \\"so\\"","_c":[1,2]}'),
  );
  assert.equal(read("{}"), "{}");
});

test("the shell's values and Extended JSON's are values of their types", () => {
  const id = "5f0c1a2b3c4d5e6f70819203";
  assert.equal(read(`{_id: ObjectId("${id}")}`), `{"_id":{"$oid":"${id}"}}`);
  assert.equal(read(`{_id: {$oid: "${id}"}}`), `{"_id":{"$oid":"${id}"}}`);
  assert.equal(
    read("{n: NumberLong(5), m: 9007199254740993}"),
    read('{"n":{"$numberLong":"5"},"m":9007199254740993}'),
  );
  assert.equal(
    read("{name: /^a/i}"),
    read('{"name":{"$regularExpression":{"pattern":"^a","options":"i"}}}'),
  );
});

test("what is no object is refused with its place", () => {
  const refused: [string, RegExp][] = [
    ["", /^The object does not end/],
    ["[1]", /^Expected an object, found "\[" \(line 1, column 1\)$/],
    ["db.collection('x')", /^Expected an object, found "d"/],
    ["{a: 1", /^The record does not end \(line 1, column 6\)$/],
    ["{a: 1} {b: 2}", /^Nothing more may stand behind the object \(line 1, column 7\)$/],
    ["{}).get(); db.collection('other'", /^Nothing more may stand behind the object/],
    ["{a: 1,\n b: x}", /^x is no value \(line 2, column 5\)$/],
    ["{a: function () { return 1 }}", /^function/],
    ["{a: 1, a: 2}", /^The key "a" is there twice$/],
    ["{a: {$oid: 5}}", /^\$oid takes 24 hex digits in quotes \(field a\)$/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => parseLooseJson(text),
      (error) => {
        assert.ok(error instanceof DocferryError, text);
        assert.equal(error.code, "invalid_argument", text);
        assert.match(error.message, message, text);
        return true;
      },
    );
  }
});
