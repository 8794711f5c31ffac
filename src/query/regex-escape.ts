// Escapes of PCRE, as JavaScript's flag `u` takes them. PCRE's classes are those of ASCII, JavaScript's `\s` is not; and no
// set of PCRE's cares for case, so the sets here must stand where `i` is not in force.

/** What a backslash and what follows stand for: a character, or a set of them. */
export type Escape =
  /** @property length characters read behind the backslash */
  | { length: number; char: string; set?: never; outside?: never }
  /** @property set within `[…]`. @property outside as a piece of its own */
  | { length: number; char?: never; set: string; outside: string };

const space = "\\t-\\r ";
const noSpace = "\\0-\\x08\\x0e-\\x1f!-\\u{10ffff}";
const horizontal = "\\t \\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000";
const vertical = "\\n-\\r\\x85\\u2028\\u2029";

const sets: ReadonlyMap<string, { set: string; outside: string }> = new Map([
  ["d", { set: "\\d", outside: "\\d" }],
  ["D", { set: "\\D", outside: "\\D" }],
  ["w", { set: "\\w", outside: "\\w" }],
  ["W", { set: "\\W", outside: "\\W" }],
  ["s", positive(space)],
  ["S", positive(noSpace)],
  ["h", positive(horizontal)],
  ["v", positive(vertical)],
]);

/** These need no place within `[…]`, where their complement could not be written. */
const outsideOnly: ReadonlyMap<string, string> = new Map([
  ["H", `[^${horizontal}]`],
  ["V", `[^${vertical}]`],
  ["N", "[^\\n]"],
  ["R", `(?:\\r\\n|[${vertical}])`],
]);

const controls: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["e", "\x1b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/**
 * The escape at the beginning of a text that follows a backslash; undefined for what is not known.
 * Backreferences and anchors are not looked for.
 */
export function classEscape(rest: string, inClass: boolean): Escape | undefined {
  const char = rest.codePointAt(0);
  if (char === undefined) return undefined;
  const letter = String.fromCodePoint(char);
  const set = sets.get(letter);
  if (set) return { length: 1, ...set };
  if (inClass && letter === "b") return { length: 1, char: "\b" };
  // `\N{U+…}` is another escape.
  if (rest.startsWith("N{")) return undefined;
  const outside = inClass ? undefined : outsideOnly.get(letter);
  if (outside) return { length: 1, set: "", outside };
  const control = controls.get(letter);
  if (control) return { length: 1, char: control };
  // Anything that is neither a letter nor a digit of ASCII stands for itself.
  if (!/[0-9A-Za-z]/.test(letter)) return { length: letter.length, char: letter };
  return codeEscape(rest) ?? propertyEscape(rest);
}

/** A character by its number: `\x41 \x{1f600} \o{101} \101 \0 \cA` */
function codeEscape(rest: string): Escape | undefined {
  const control = /^c([ -~])/.exec(rest);
  if (control) {
    const code = (control[1] ?? "").toUpperCase().charCodeAt(0) ^ 0x40;
    return { length: 2, char: String.fromCharCode(code) };
  }
  const hex = /^x\{([\dA-Fa-f]+)\}/.exec(rest) ?? /^x([\dA-Fa-f]{0,2})/.exec(rest);
  const octal = /^o\{([0-7]+)\}/.exec(rest) ?? /^([0-7]{1,3})/.exec(rest);
  const [text, digits = ""] = hex ?? octal ?? [];
  if (text === undefined) return undefined;
  const code = digits === "" ? 0 : Number.parseInt(digits, hex ? 16 : 8);
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? { length: text.length, char: String.fromCodePoint(code) } : undefined;
}

/** `\p{Lu} \pL \P{Han} \p{^Lu}`: a general category, or a script. */
function propertyEscape(rest: string): Escape | undefined {
  const found = /^(?<kind>[pP])(?:\{(?<not>\^)?(?<name>[A-Za-z_&]+)\}|(?<short>[A-Z]))/.exec(rest);
  if (!found?.groups) return undefined;
  const { kind, not, name, short = "" } = found.groups;
  const isNegated = (kind === "P") !== (not !== undefined);
  const given = name ?? short;
  const property = given === "L&" ? "LC" : given;
  for (const candidate of [property, `Script=${property}`]) {
    const text = `\\${isNegated ? "P" : "p"}{${candidate}}`;
    if (isValid(text)) return { length: found[0].length, set: text, outside: text };
  }
  return undefined;
}

function isValid(source: string): boolean {
  try {
    return new RegExp(source, "u").source !== "";
  } catch {
    return false;
  }
}

const posixSets: ReadonlyMap<string, string> = new Map([
  ["alnum", "0-9A-Za-z"],
  ["alpha", "A-Za-z"],
  ["ascii", "\\0-\\x7f"],
  ["blank", "\\t "],
  ["cntrl", "\\0-\\x1f\\x7f"],
  ["digit", "0-9"],
  ["graph", "!-~"],
  ["lower", "a-z"],
  ["print", " -~"],
  ["punct", "!-/:-@\\[-`\\{-~"],
  ["space", space],
  ["upper", "A-Z"],
  ["word", "0-9A-Z_a-z"],
  ["xdigit", "0-9A-Fa-f"],
]);

const posixComplements: ReadonlyMap<string, string> = new Map([
  ["alnum", `\\0-/:-@\\[-\`\\{-\\u{10ffff}`],
  ["alpha", `\\0-@\\[-\`\\{-\\u{10ffff}`],
  ["ascii", "\\x80-\\u{10ffff}"],
  ["digit", "\\D"],
  ["space", noSpace],
  ["word", "\\W"],
]);

/**
 * `[:name:]` or `[:^name:]` as it stands within `[…]`; undefined for what is not known.
 * @param i case does not count: then upper and lower case are both letters
 */
export function posixClass(name: string, isNegated: boolean, i: boolean): string | undefined {
  const known = i && (name === "upper" || name === "lower") ? "alpha" : name;
  return (isNegated ? posixComplements : posixSets).get(known);
}

function positive(set: string): { set: string; outside: string } {
  return { set, outside: `[${set}]` };
}
