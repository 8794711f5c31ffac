import { bsonCorpus, fromHex } from "../support/bson-corpus.ts";

/** What a target's inputs are made from. */
export interface Seeds {
  texts: readonly Uint8Array[];
  /** What is put in at random places. */
  tokens: readonly string[];
}

export function seedsOf(target: string): Seeds {
  if (target.startsWith("json")) return { texts: jsonTexts(), tokens: jsonTokens };
  if (target.startsWith("legacy")) {
    return { texts: legacyTexts, tokens: [...jsonTokens, ...legacyTokens] };
  }
  if (target === "bsonComesBack")
    return { texts: bsonTexts(), tokens: ["\0", "\x02", "\u0010a\0"] };
  return { texts: csvTexts, tokens: csvTokens };
}

const jsonTokens = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  '"',
  "\\",
  "\n",
  "\r\n",
  " ",
  "\t",
  "0",
  "-",
  "1.5e3",
  "1e400",
  "true",
  "null",
  '{"a":1}',
  "\n{",
  "}\n{",
  '"a":',
  '{"$oid":"',
  '{"$numberLong":"5"}',
  '{"$date":',
  "\\u00e9",
  "\\ud800",
  "é",
  "的",
  "\u2028",
  "9223372036854775808",
  "01",
  "\ufeff",
];

const legacyTokens = [
  "'",
  "/",
  "ObjectId(",
  ")",
  "NumberLong(5)",
  "new ",
  "/a/i",
  "{a:1}",
  "0x10",
  "NaN",
  "\\'",
];

const csvTokens = [
  ",",
  '"',
  '""',
  "\n",
  "\r\n",
  "\r",
  "\t",
  " ",
  "1",
  "1.5",
  "é",
  "{",
  '"{""a"":1}"',
  "null",
  "[1]",
  ":",
  ":int32",
  ":document",
  ".a",
  "1 2",
  '{"$bson":"',
  "\ufeff",
  "\u00a0",
  ";",
  "'",
  "''",
  "-",
  "0",
  "1234567890",
  "9223372036854775807",
  "1e+06",
  "text of several words",
  ",7,7\nx,y,z\n1,2,3\n",
];

const csvTexts = [
  "1,-2,3\n12345,text of some length,x\n0,01,1.5\n,,\nlast,9223372036854775807,1e+06\n",
  'plain,"quoted, cell","a ""b"""\n1;2;3\n\'x\';\'it\'\'s\';5\n张三, 7 ,\u00a0é\u00a0\n',
  "1,2,3\nx,y,z\n",
  '"a ""b""",,"line\nbreak"\r\n 1 , 2 ,3,4\n',
  'x,5,"{""a"":[1,2]}",2020-01-02T03:04:05Z,1 3 2 4\n',
  '"""text""",null,true,,"{""_id"":1}"\n',
  'a:string,"""b.c"":int32",:document\n',
  "a.int32(),b.date(2006-01-02),c.0,c.1\n",
].map((text) => Buffer.from(text));

const legacyTexts = [
  "{a:1}\n{b:'x'}\n",
  "{_id: ObjectId('0123456789abcdef01234567'), r: /a\\/b/i}\n",
  "{\n  a: [ISODate('2020-01-02T03:04:05Z'), +1, .5,\n {b: NaN}]\n}\n{c:2}",
  "[{a:1},\n{b:2}]",
].map((text) => Buffer.from(text));

function jsonTexts(): Uint8Array[] {
  const own = [
    '{"a":1,"b":[true,null,{"c":"x"}],"d":-0.5e-3}',
    '{"a":1}\n{"b":2}\n{"c":3}\n',
    '[{"a":1},\n{"b":2}]',
    '{\n  "a": {\n    "b": []\n  }\n}\n{}\n',
    '{"text":"a \\"quoted\\" \\\\ \\u00e9 的","n":9007199254740993}',
  ].map((text) => Buffer.from(text));
  const corpus = bsonCorpus().flatMap(({ valid = [], parseErrors = [] }) => [
    ...valid.map(({ canonical_extjson }) => Buffer.from(canonical_extjson)),
    ...parseErrors.map(({ string }) => Buffer.from(string)),
  ]);
  return [...own, ...own, ...corpus];
}

function bsonTexts(): Uint8Array[] {
  const own = [Uint8Array.of(5, 0, 0, 0, 0)];
  return [
    ...own,
    ...bsonCorpus().flatMap(({ valid = [] }) =>
      valid.map(({ canonical_bson }) => fromHex(canonical_bson)),
    ),
  ];
}
