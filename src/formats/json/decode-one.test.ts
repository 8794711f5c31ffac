import assert from "node:assert/strict";
import { test } from "node:test";
import { deserialize } from "bson";
import { DocferryError } from "../../job/errors.ts";
import { parseExtendedJson } from "./decode-one.ts";

test("one object becomes one document, from text or bytes, with blanks around it", () => {
  const text = ' \n {"a":{"$gt":5},"b":"é"}\n ';
  const document = parseExtendedJson(text);
  assert.deepEqual(deserialize(document), { a: { $gt: 5 }, b: "é" });
  assert.deepEqual(parseExtendedJson(Buffer.from(text)), document);
  assert.equal(document.buffer.byteLength, document.length);
});

test("the query operators and regular expressions of a filter stay what they are", () => {
  const filter = '{"$or":[{"a":{"$regex":"x","$options":"i"}},{"t":{"$type":"string"}}]}';
  assert.deepEqual(deserialize(parseExtendedJson(filter)), JSON.parse(filter));
});

const wrong: [string, string][] = [
  ["", "The object does not end (line 1, column 1)"],
  ["5", 'Expected an object, found "5" (line 1, column 1)'],
  ['{"a":', "The object does not end (line 1, column 6)"],
  ['{"a":\n  {"b": x}}', 'Expected a value, found "x" (line 2, column 9, field a.b)'],
  ['{"a":1} {}', 'Expected nothing more behind the object, found "{" (line 1, column 9)'],
  ['{"a":{"$oid":"x"}}', "$oid takes 24 hex digits in quotes (line 1, column 14, field a)"],
  ['{"a":1,"a":2}', 'The key "a" is there twice (line 1, column 8)'],
];
for (const [text, message] of wrong) {
  test(`${JSON.stringify(text)} is refused with its place`, () => {
    assert.throws(() => parseExtendedJson(text), new DocferryError("invalid_argument", message));
  });
}
