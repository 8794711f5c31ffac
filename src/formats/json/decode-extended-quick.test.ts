import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseExtendedJson } from "./decode-one.ts";

// Forms as they are mostly written are read by ways of their own. With a blank or an escape in it a form takes the general way,
// to the same value or refusal.

const letters = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet.split("")), { maxLength }).map((parts) => parts.join(""));

const forms: Record<string, fc.Arbitrary<[quick: string, general: string]>> = {
  $binary: fc
    .tuple(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc
            .uint8Array({ maxLength: 40 })
            .map((bytes) => Buffer.from(bytes).toString("base64")),
        },
        { weight: 1, arbitrary: letters("AZaz09+/==", 9) },
        { weight: 1, arbitrary: letters("A=_- \u00e9", 5) },
      ),
      fc.oneof(fc.constantFrom("00", "04", "80", "02", "FF", "fA"), letters("09afAFg", 3)),
    )
    .map(([base64, subType]) => [
      `{"base64":"${base64}","subType":"${subType}"}`,
      `{ "base64":"${base64}","subType":"${subType}"}`,
    ]),
  $numberDecimal: fc
    .tuple(
      fc.constantFrom("", "", "-", "+"),
      letters("0019.9", 19),
      fc.constantFrom("", "", "", "e2", "x"),
    )
    .map(([sign, digits, rest]) => [`"${sign}${digits}${rest}"`, escaped(sign + digits + rest)]),
  $timestamp: fc
    .tuple(
      fc.constantFrom("0", "1", "4294967295", "4294967296", "-1", "01", "1.5", "1e3", "", "-0"),
      fc.constantFrom("0", "7", "4294967295", "4294967296", "-1", "12345678901234567890", "x"),
    )
    .map(([t, i]) => [`{"t":${t},"i":${i}}`, `{ "t":${t},"i":${i}}`]),
  $regularExpression: fc
    .tuple(
      fc.array(fc.constantFrom("a", "\\\\", '\\"', "\\n", "\\u0000", "\\ud800", "é", "^", "\n"), {
        maxLength: 6,
      }),
      letters("imsxxA\u00e9", 4),
    )
    .map(([pattern, options]) => [
      `{"pattern":"${pattern.join("")}","options":"${options}"}`,
      `{ "pattern":"${pattern.join("")}","options":"${options}"}`,
    ]),
};

for (const [name, arbitrary] of Object.entries(forms)) {
  test(`${name}: the quick way and the general one come to the same`, () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(arbitrary, ([quick, general]) => {
        const found = outcome(`{"a":{"${name}":${quick}},"b":1}`);
        assert.equal(found, outcome(`{"a":{"${name}":${general}},"b":1}`));
        seen[found.startsWith("refused") ? "refused" : "taken"]++;
      }),
      { numRuns: 3000 },
    );
    assert.ok(seen.taken > 100 && seen.refused > 100, JSON.stringify(seen));
  });
}

/** A text whose first character is an escape. */
function escaped(text: string): string {
  if (text === "") return ' ""';
  return `"\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}${text.slice(1)}"`;
}

/** The BSON, or why there is none, without the place. */
function outcome(text: string): string {
  try {
    return Buffer.from(parseExtendedJson(text)).toString("hex");
  } catch (error) {
    return `refused: ${(error as Error).message.replace(/\(line \d+, column \d+/, "")}`;
  }
}
