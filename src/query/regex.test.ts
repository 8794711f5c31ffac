import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileRegex } from "./regex.ts";

/** Pattern, options, texts that match, texts that do not. What stands here was checked against PCRE2 in UTF mode. */
const cases: [pattern: string, options: string, yes: string[], no: string[]][] = [
  ["b", "", ["abc"], ["a", ""]],
  ["^b", "", ["b"], ["ab", "a\nb"]],
  ["^b", "m", ["a\nb"], ["ab", "a\rb"]],
  ["^", "m", ["\n", ""], []],
  ["\\n^$", "m", ["a\n\nb"], ["a\n"]],
  ["b$", "", ["b", "b\n"], ["b\n\n", "bc", "b\r"]],
  ["b$", "m", ["b\na"], ["b\ra"]],
  ["\\Ab\\z", "m", ["b"], ["b\n", "a\nb"]],
  ["b\\Z", "m", ["b\n"], ["b\na"]],
  ["a.c", "", ["abc", "a\rc", "a\u2028c", "a😀c"], ["a\nc"]],
  ["a.c", "s", ["a\nc"], ["ac"]],
  ["a\\Nc", "s", ["abc"], ["a\nc"]],
  ["É", "i", ["é"], ["e"]],
  ["a b # c\n c", "x", ["abc"], ["a b"]],
  ["a\\ b[ #]", "x", ["a b#"], ["ab"]],
  ["a +", "x", ["aa"], [""]],
  ["\\s", "", [" ", "\t", "\v"], ["\u00a0", "\u2028"]],
  ["^\\S$", "", ["\u00a0", "a", "😀"], [" "]],
  ["\\w", "i", ["a", "Z", "_", "5"], ["é", "ſ", "\u212a", "-"]],
  ["[\\w]", "i", ["k"], ["\u212a"]],
  ["[\\W]", "i", ["\u212a", "é"], ["k", "S"]],
  ["[^k\\d]", "i", ["a"], ["k", "K", "5"]],
  ["[k\\W]", "i", ["K", "\u212a", "-"], ["a"]],
  ["k", "i", ["K", "\u212a"], ["l"]],
  ["\\bé", "", [], ["é"]],
  ["\\v", "", ["\n", "\u0085", "\u2029"], [" "]],
  ["^\\R$", "", ["\r\n", "\n", "\v"], ["\n\r "]],
  ["\\h", "", ["\u00a0", "\t"], ["\n"]],
  ["\\H", "", ["a"], ["\t"]],
  ["\\V", "", ["a"], ["\n"]],
  ["\\x41\\x{e9}\\101\\o{101}\\e\\a\\cA\\0", "", ["AéAA\x1b\x07\x01\0"], ["A"]],
  ["\\Qa.b\\E.", "", ["a.bc"], ["axbc"]],
  ["\\Q*", "", ["*"], ["a"]],
  ["[\\Q]\\E]", "", ["]"], ["Q"]],
  ["[]a]", "", ["]", "a"], ["b"]],
  ["[^]a]", "", ["b"], ["]"]],
  ["[a\\]b-d\\-]", "", ["]", "c", "-"], ["e"]],
  ["[a-]", "", ["-"], ["b"]],
  ["[\\b]", "", ["\b"], ["b"]],
  ["[[:alpha:]]", "", ["k"], ["é", "5"]],
  ["[[:^alpha:]_]", "", ["é", "_"], ["k"]],
  ["[[:upper:]]", "i", ["a"], ["5"]],
  ["[[:punct:]]", "", ["`", "{"], ["a"]],
  ["\\p{Lu}", "i", ["A"], ["a"]],
  ["\\p{Han}\\pL", "", ["你好"], ["ab"]],
  ["\\p{^L}", "", ["5"], ["a"]],
  ["[\\P{L}]", "", ["5"], ["a"]],
  ["a]b}c{d,{1", "", ["a]b}c{d,{1"], []],
  ["^a{2}$", "", ["aa"], ["a", "aaa"]],
  ["^a{,2}$", "", ["a{,2}"], ["a"]],
  ["^a{1,}?b??$", "", ["aab"], ["b"]],
  ["a/b\\/", "", ["a/b/"], []],
  ["\\-\\_\\'\\é", "", ["-_'é"], []],
  ["(a)\\1", "", ["aa"], ["ab"]],
  ["(a)\\g1\\g{-1}\\g{1}", "", ["aaaa"], ["aaa"]],
  ["(?<n>a)(?P<m>b)(?'q'c)\\k<n>\\k{m}(?P=q)", "", ["abcabc"], ["abcab"]],
  ["(a)\\10", "", ["a\b"], ["aa0"]],
  ["(a)(?:\\1)0", "", ["aa0"], []],
  ["(?i)ab", "", ["AB"], []],
  ["a(?i)b|c", "", ["aB", "C"], ["AB"]],
  ["(a(?i)b|c)d", "", ["aBd", "Cd"], ["CD"]],
  ["(?i:a)b", "", ["Ab"], ["AB"]],
  ["(?-i:a)b", "i", ["aB"], ["Ab"]],
  ["(?i)a(?-i)b", "", ["Ab"], ["AB"]],
  ["(?s).(?-s).", "", ["\na"], ["a\n"]],
  ["(?m:^)a", "", ["b\na"], []],
  ["(?x: a b )c d", "", ["abc d"], ["a b c d"]],
  ["a(?#what)b", "", ["ab"], []],
  ["(?=a)\\w", "", ["a"], ["b"]],
  ["(?<=a)b(?!c)", "", ["ab"], ["abc", "b"]],
  ["(?<!a)b", "", ["cb"], ["ab"]],
  ["(?=a)*b", "", ["b"], []],
  ["(*UTF8)a", "", ["a"], []],
  ["", "", ["", "a"], []],
];

describe("patterns of PCRE decide as PCRE does", () => {
  for (const [pattern, options, yes, no] of cases) {
    test(`/${pattern}/${options}`, () => {
      const regex = compileRegex(pattern, options);
      for (const text of yes)
        assert.equal(regex.test(text), true, `${JSON.stringify(text)} ${regex}`);
      for (const text of no)
        assert.equal(regex.test(text), false, `${JSON.stringify(text)} ${regex}`);
    });
  }
});

describe("what has no equal in JavaScript is refused", () => {
  for (const [pattern, fault] of [
    ["a++", "has a possessive quantifier, which is not supported, at its character 3"],
    ["(?>a)", "has a group (?>a, which is not supported, at its character 1"],
    ["(?|a|b)", "has a group (?|a, which is not supported, at its character 1"],
    ["(?R)", "has a group (?R), which is not supported, at its character 1"],
    ["(?1)", "has a group (?1), which is not supported, at its character 1"],
    ["(*ACCEPT)", "has a verb (*…), which is not supported, at its character 1"],
    ["a\\K", "has \\K, which is not supported, at its character 2"],
    ["\\G", "has \\G, which is not supported, at its character 1"],
    ["\\X", "has \\X, which is not supported, at its character 1"],
    ["\\C", "has \\C, which is not supported, at its character 1"],
    ["\\y", "has \\y, which is not supported, at its character 1"],
    ["\\p{Nobody}", "has \\p, which is not supported, at its character 1"],
    ["[\\H]", "has \\H in a class, which is not supported, at its character 2"],
    ["[[.a.]]", "has [. in a class, which is not supported, at its character 2"],
    ["[[:what:]]", "has [:what:], which is not supported, at its character 2"],
    ["(?<n>a)(?<n>b)", "has two groups named n, at its character 8"],
    // PCRE fails at a reference to a group that has not matched, JavaScript passes.
    ...[
      "(a)?\\1",
      "(?:(a)|b)\\1",
      "(a)|\\1",
      "(a\\1)",
      "\\1(a)",
      "(?!(a))\\1",
      "((a)|b)\\2",
      "(a){0,2}\\1",
      "(?<=(a)\\1)",
    ].map((unset): [string, RegExp] => [
      unset,
      /has a reference to a group that may not have matched/,
    ]),
  ] as [string, string | RegExp][]) {
    test(`/${pattern}/`, () => {
      assert.throws(() => compileRegex(pattern, ""), {
        name: "DocferryError",
        code: "invalid_query",
        message: typeof fault === "string" ? `The regular expression /${pattern}/ ${fault}` : fault,
      });
    });
  }
});

describe("what is not well-formed is refused", () => {
  for (const pattern of [
    "(",
    ")",
    "a)",
    "[a",
    "[]",
    "*a",
    "a**",
    "^*",
    "\\b+",
    "|*",
    "\\",
    "[b-a]",
    "[a-\\d]",
    "[\\d-z]",
    "[:alpha:]",
    "\\2",
    "(a)\\3",
    "\\k<n>",
    "(?#a",
    "(?P=n)",
    "a{2,1}",
    "\\x{110000}",
    "\\x{d800}",
    "()".repeat(1001),
  ]) {
    test(`/${pattern.slice(0, 20)}/`, () => {
      assert.throws(() => compileRegex(pattern, ""), {
        code: "invalid_query",
        message: /^The regular expression /,
      });
    });
  }
});

test("a pattern of 32,000 characters is read in one pass", () => {
  const regex = compileRegex("(?:[ab]|\\d)".repeat(2900), "i");
  assert.equal(regex.test("A1b".repeat(1000)), true);
  assert.equal(regex.test("A1b".repeat(900)), false);
});
