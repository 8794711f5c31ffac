import type { Random } from "../fuzz/random.ts";

// Files of megabytes in which everything stands that makes cutting hard, and now and then a record that is broken.

/** The layouts of a JSON file. */
export const jsonLayouts = {
  lines: (random: Random, bytes: number) =>
    filled(bytes, () => `${compact(random)}${random.pick(["\n", "\n", "\n", "\r\n", "\n\n"])}`),
  "on one line": (random: Random, bytes: number) =>
    filled(bytes, () => `${compact(random)}${random.pick(["", "", " "])}`),
  indented: (random: Random, bytes: number) => filled(bytes, () => `${indented(random, "")}\n`),
  "an array on lines": (random: Random, bytes: number) =>
    `[\n${filled(bytes, () => `${compact(random)},\n`)}{}\n]\n`,
  "an array on one line": (random: Random, bytes: number) =>
    `[${filled(bytes, () => `${compact(random)},`)}{}]`,
  "an indented array": (random: Random, bytes: number) =>
    `[\n${filled(bytes, () => `  ${indented(random, "  ")},\n`)}  {}\n]\n`,
} satisfies Record<string, (random: Random, bytes: number) => string>;

/** Lines as MongoDB's shell writes them. */
export function shellLines(random: Random, bytes: number): string {
  return filled(
    bytes,
    () =>
      `{ _id: ObjectId("${hex(random)}"), r: /}\\/{${plain(random)}/i, t: '${plain(random)}', n: NumberLong(${random.next()}) }\n`,
  );
}

/** Rows of three columns; line breaks in quotes, of both kinds, and cells that are quoted wrongly. */
export function csvRows(random: Random, bytes: number): string {
  const cell = (): string => {
    switch (random.below(8)) {
      case 0:
        return `"${plain(random)}\n${plain(random)}"`;
      case 1:
        return `"\r\n""${plain(random)}"",\n"`;
      case 2:
        return String(random.next() - 2 ** 31);
      case 3:
        return String(random.next() / 2 ** random.below(40));
      case 4:
        return "";
      default:
        return plain(random);
    }
  };
  return filled(bytes, () => {
    if (random.below(300) === 0) return random.pick(['"open,1,2\n', 'a"b,1,2\n', '"a"b,"\n']);
    return `${cell()},${cell()},${cell()}${random.pick(["\n", "\n", "\r\n"])}`;
  });
}

export function tsvRows(random: Random, bytes: number): string {
  const cell = () => random.pick([word(random), `"${word(random)}`, "", String(random.next())]);
  return filled(bytes, () => `${cell()}\t${cell()}\t${cell()}${random.pick(["\n", "\r\n"])}`);
}

function filled(bytes: number, piece: () => string): string {
  let text = "";
  while (text.length < bytes) text += piece();
  return text;
}

function compact(random: Random): string {
  if (random.below(200) === 0) return random.pick(broken);
  return `{"_id":{"$oid":"${hex(random)}"},"n":${random.next()},"s":${JSON.stringify(word(random))},"in":${random.pick(nested)}}`;
}

function indented(random: Random, indent: string): string {
  const inner = `\n${indent}  `;
  return `{${inner}"_id": "${hex(random)}",${inner}"in": ${random.pick(nested)},${inner}"list": [${inner}  {${inner}    "s": ${JSON.stringify(word(random))}${inner}  }${inner}]\n${indent}}`;
}

/** What cannot be read, and costs no record beside it wherever they stand. */
const broken = ['{"a":1,"a":2}', '{"a":01}', '{"$date":1,"x":{"$oid":"x"}}', '{"a":[1,,2]}'];

const nested = [
  "[]",
  '[{"a":"}{"},["],["]]',
  '{"a":{"b":{"c":"\\"}\\n{\\""}}}',
  '[1,2.5,-0,null,true,{"$date":"2020-01-02T03:04:05Z"}]',
  `"${"long text, ".repeat(60)}"`,
];

/** Text without what ends a quoted text. */
function plain(random: Random): string {
  return someOf(["a", "{", "}", "é", "的", "\u2028", "; ", "()", "\u{1f600}", "plain"], random);
}

function word(random: Random): string {
  return someOf(["a", "{", "}", '"', "\\", "é", "的", "\u2028", ", ", "[]", "\u{1f600}"], random);
}

function someOf(words: readonly string[], random: Random): string {
  return Array.from({ length: 1 + random.below(6) }, () => random.pick(words)).join("");
}

function hex(random: Random): string {
  return Array.from({ length: 3 }, () => random.next().toString(16).padStart(8, "0")).join("");
}
