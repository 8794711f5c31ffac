import { DocferryError } from "../job/errors.ts";
import { readClass } from "./regex-class.ts";
import { classEscape } from "./regex-escape.ts";

/**
 * A PCRE pattern written as a JavaScript one for the flag `u`, `i` beside it if wished; `m`, `s` and `x` are worked in. The
 * two differ in what `.`, `^`, `$`, `\s`, `\v` and many escapes mean, so every piece is read and written anew, and what
 * JavaScript has no word for is refused: a pattern must never quietly mean something else.
 * @throws {DocferryError} `invalid_query`
 */
export function translatePattern(pattern: string, options: string): string {
  return new Translator(pattern, options).run();
}

interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
}

/** A group that is open. */
interface Group {
  /** What held before it, and holds again behind it. */
  flags: Flags;
  modifier: string;
  baseI: boolean;
  /** What closes it. */
  end: string;
  /** Its number, where it captures. */
  capture: number | undefined;
  /** `#captured` at its beginning. */
  captured: ReadonlySet<number>;
  /** What it captures may not have matched behind it: it has alternatives, or is negative. */
  forgets: boolean;
  isLookbehind: boolean;
}

/** Far more than anybody writes; what is known about each of them is kept for each open group. */
const maxCaptures = 1000;

const anyChar = "[\\s\\S]";

class Translator {
  readonly #pattern: string;
  #at = 0;
  #out = "";
  #flags: Flags;
  #groups: Group[] = [];
  /** `(?i:` or `(?-i:` that an inline option has opened within the group, to be closed at its end and at each `|`. */
  #modifier = "";
  /** The `i` of the group without that. */
  #baseI: boolean;
  /** Capturing groups seen so far: what a backreference may name. */
  #captures = 0;
  readonly #allCaptures: number;
  readonly #names = new Map<string, number>();
  /**
   * Groups that have matched by now, whatever way the pattern took: what a reference may name. PCRE fails at a reference to
   * a group that has not matched, JavaScript passes.
   */
  #captured: ReadonlySet<number> = new Set();
  /** `#captured` before the group that has just closed: what holds if a quantifier skips it. */
  #capturedBefore: ReadonlySet<number> = new Set();
  /** Whether a quantifier may stand here. */
  #quantifiable = false;

  constructor(pattern: string, options: string) {
    this.#pattern = pattern.replace(/^(?:\(\*UTF8?\))+/, "");
    this.#flags = {
      i: options.includes("i"),
      m: options.includes("m"),
      s: options.includes("s"),
      x: options.includes("x"),
    };
    this.#baseI = this.#flags.i;
    this.#allCaptures = countCaptures(this.#pattern);
    if (this.#allCaptures > maxCaptures) this.#refuse(`has more than ${maxCaptures} groups`);
  }

  run(): string {
    while (this.#at < this.#pattern.length) this.#next();
    if (this.#groups.length > 0) this.#refuse("has a group that is not closed");
    return this.#out + (this.#modifier && ")");
  }

  #next(): void {
    const char = this.#char();
    switch (char) {
      case "\\":
        return this.#escape();
      case "[":
        return this.#class();
      case "(":
        return this.#open();
      case ")":
        return this.#close();
      case "|":
        this.#at++;
        this.#quantifiable = false;
        this.#out += this.#modifier ? `)|${this.#modifier}` : "|";
        return this.#alternative();
      case ".":
        this.#at++;
        return this.#item(this.#flags.s ? anyChar : "[^\\n]");
      case "^":
        this.#at++;
        // With m also behind a newline, but not behind the one that ends the text.
        return this.#anchor(this.#flags.m ? `(?:^|(?<=\\n)(?=${anyChar}))` : "^");
      case "$":
        this.#at++;
        // Without m also before a newline that ends the text.
        return this.#anchor(this.#flags.m ? "(?:(?=\\n)|$)" : "(?:(?=\\n$)|$)");
      case "*":
      case "+":
      case "?":
        return this.#quantifier(char);
      case "{": {
        const [range] =
          /^\{\d+(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at, this.#at + 24)) ?? [];
        return range ? this.#quantifier(range) : this.#literal(char);
      }
      default:
        if (this.#flags.x && /[\t-\r ]/.test(char)) this.#at++;
        else if (this.#flags.x && char === "#") this.#skipComment();
        else this.#literal(char);
    }
  }

  #char(): string {
    return String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
  }

  #skipComment(): void {
    const end = this.#pattern.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#pattern.length : end + 1;
  }

  #literal(char: string): void {
    this.#at += char.length;
    this.#item(quoted(char));
  }

  #item(text: string): void {
    this.#out += text;
    this.#quantifiable = true;
    this.#capturedBefore = this.#captured;
  }

  /** A set of characters: it takes case as it is. */
  #set(text: string): void {
    this.#item(this.#flags.i ? `(?-i:${text})` : text);
  }

  #anchor(text: string): void {
    this.#out += text;
    this.#quantifiable = false;
  }

  #alternative(): void {
    const group = this.#groups.at(-1);
    if (group) group.forgets = true;
    this.#captured = group?.captured ?? new Set();
  }

  #quantifier(text: string): void {
    if (!this.#quantifiable) this.#refuse(`has nothing before ${text}`);
    this.#at += text.length;
    this.#out += text;
    this.#quantifiable = false;
    if (/^(?:[*?]|\{0+[,}])/.test(text)) this.#captured = this.#capturedBefore;
    const suffix = this.#pattern[this.#at];
    if (suffix === "+") this.#refuse("has a possessive quantifier, which is not supported");
    if (suffix === "?") {
      this.#at++;
      this.#out += suffix;
    }
  }

  #escape(): void {
    const rest = this.#pattern.slice(this.#at + 1, this.#at + 200);
    const [letter] = rest;
    if (letter === undefined) this.#refuse("ends in a backslash");
    if (letter === "Q") return this.#quotedRun((char) => this.#item(quoted(char)));
    if (letter === "E") {
      this.#at += 2;
      return;
    }
    const anchor = anchors.get(letter);
    if (anchor !== undefined) {
      this.#at += 2;
      const isOfWords = this.#flags.i && /[bB]/.test(letter);
      return this.#anchor(isOfWords ? `(?-i:${anchor})` : anchor);
    }
    if (/^(?:[1-9]|[gk])/.test(rest) && this.#reference(rest)) return;
    const escape = classEscape(rest, false);
    if (!escape) this.#refuse(`has \\${letter}, which is not supported`);
    this.#at += 1 + escape.length;
    if (escape.set === undefined) this.#item(quoted(escape.char));
    else this.#set(escape.outside);
  }

  /** `\Q…\E`: as it stands. */
  #quotedRun(take: (char: string) => void): void {
    const end = this.#pattern.indexOf("\\E", this.#at + 2);
    const stop = end < 0 ? this.#pattern.length : end;
    for (const char of this.#pattern.slice(this.#at + 2, stop)) take(char);
    this.#at = end < 0 ? stop : end + 2;
  }

  /** `\1 \g1 \g{1} \g{-1} \g{name} \k<name> \k'name' \k{name}`; false where the digits are an octal code. */
  #reference(rest: string): boolean {
    const found =
      /^(?<number>[1-9]\d*)/.exec(rest) ??
      /^g\{?(?<relative>-)?(?<number>\d+)\}?/.exec(rest) ??
      /^(?:g\{|k[<{'])(?<name>[A-Za-z_]\w*)[>}']/.exec(rest);
    if (!found) return false;
    const { name, relative, number } = found.groups ?? {};
    const given = Number(number);
    const group =
      name === undefined
        ? relative
          ? this.#captures + 1 - given
          : given
        : (this.#names.get(name) ?? 0);
    if (group < 1 || group > this.#allCaptures) {
      // `\10` without ten groups is an octal code.
      if (number !== undefined && !rest.startsWith("g") && given >= 10) return false;
      this.#refuse(`has a reference to the group ${name ?? number}, which is not there before it`);
    }
    this.#at += 1 + found[0].length;
    this.#refer(group);
    return true;
  }

  #refer(group: number): void {
    const isBehind = this.#groups.some(({ isLookbehind }) => isLookbehind);
    if (!this.#captured.has(group) || isBehind) {
      this.#refuse("has a reference to a group that may not have matched, which is not supported");
    }
    // In a group, so that a digit that follows does not become part of the number.
    this.#item(`(?:\\${group})`);
  }

  #open(): void {
    const rest = this.#pattern.slice(this.#at + 1, this.#at + 200);
    if (rest.startsWith("?#")) {
      const end = this.#pattern.indexOf(")", this.#at);
      if (end < 0) this.#refuse("has a comment that is not closed");
      this.#at = end + 1;
      return;
    }
    if (rest.startsWith("*")) this.#refuse("has a verb (*…), which is not supported");
    if (!rest.startsWith("?")) {
      return this.#enter("(", 1, { capture: this.#captures + 1 });
    }
    const plain = /^\?(?::|=|!|<=|<!)/.exec(rest);
    if (plain) {
      const [text] = plain;
      if (text === "?:") return this.#enter("(?:", 3);
      // An assertion may be repeated in PCRE but not in JavaScript, where a group around it may.
      return this.#enter(`(?:(${text}`, 1 + text.length, {
        end: "))",
        forgets: text.endsWith("!"),
        isLookbehind: text.startsWith("?<"),
      });
    }
    const named = /^\?P?<(\w+)>|^\?'(\w+)'/.exec(rest);
    if (named) {
      const capture = this.#captures + 1;
      const name = named[1] ?? named[2] ?? "";
      if (this.#names.has(name)) this.#refuse(`has two groups named ${name}`);
      this.#names.set(name, capture);
      return this.#enter("(", 1 + named[0].length, { capture });
    }
    const reference = /^\?P=(\w+)\)/.exec(rest);
    if (reference) {
      const group = this.#names.get(reference[1] ?? "");
      if (group === undefined) {
        return this.#refuse(
          `has a reference to the group ${reference[1]}, which is not there before it`,
        );
      }
      this.#at += 1 + reference[0].length;
      return this.#refer(group);
    }
    const options = /^\?([imsx]*)(?:-([imsx]*))?([:)])/.exec(rest);
    if (!options) return this.#refuse(`has a group (${rest.slice(0, 3)}, which is not supported`);
    const [text, on = "", off = "", end] = options;
    const flags = withFlags(this.#flags, on, off);
    if (end === ":") {
      this.#enter(flags.i === this.#flags.i ? "(?:" : modifier(flags.i), 1 + text.length);
      this.#flags = flags;
      this.#baseI = flags.i;
      return;
    }
    this.#at += 1 + text.length;
    this.#quantifiable = false;
    this.#setInline(flags);
  }

  /** An option in force until the end of the group: also in the alternatives that follow. */
  #setInline(flags: Flags): void {
    if (this.#modifier) this.#out += ")";
    this.#modifier = flags.i === this.#baseI ? "" : modifier(flags.i);
    this.#out += this.#modifier;
    this.#flags = flags;
  }

  #enter(
    text: string,
    length: number,
    { end = ")", capture, forgets = false, isLookbehind = false }: Partial<Group> = {},
  ): void {
    this.#at += length;
    this.#out += text;
    if (capture !== undefined) this.#captures = capture;
    this.#groups.push({
      flags: this.#flags,
      modifier: this.#modifier,
      baseI: this.#baseI,
      end,
      capture,
      captured: this.#captured,
      forgets,
      isLookbehind,
    });
    this.#modifier = "";
    this.#baseI = this.#flags.i;
    this.#quantifiable = false;
  }

  #close(): void {
    const group = this.#groups.pop();
    if (!group) return this.#refuse("has a ) too many");
    this.#at++;
    const inner = group.forgets ? group.captured : this.#captured;
    this.#item((this.#modifier && ")") + group.end);
    this.#captured = group.capture === undefined ? inner : new Set([...inner, group.capture]);
    this.#capturedBefore = group.captured;
    this.#flags = group.flags;
    this.#modifier = group.modifier;
    this.#baseI = group.baseI;
  }

  /** `[…]` */
  #class(): void {
    const found = readClass(this.#pattern, this.#at, this.#flags.i);
    if ("fault" in found) {
      this.#at = found.at;
      return this.#refuse(found.fault);
    }
    this.#at = found.end;
    this.#item(found.text);
  }

  #refuse(fault: string): never {
    throw new DocferryError(
      "invalid_query",
      `The regular expression /${this.#pattern}/ ${fault}, at its character ${this.#at + 1}`,
    );
  }
}

/** `^` and `$` have JavaScript's meaning here: the very ends. */
const anchors: ReadonlyMap<string, string> = new Map([
  ["A", "^"],
  ["z", "$"],
  ["Z", "(?:(?=\\n$)|$)"],
  ["b", "\\b"],
  ["B", "\\B"],
]);

function withFlags(flags: Flags, on: string, off: string): Flags {
  const after = (flag: keyof Flags) => (flags[flag] || on.includes(flag)) && !off.includes(flag);
  return { i: after("i"), m: after("m"), s: after("s"), x: after("x") };
}

function modifier(i: boolean): string {
  return i ? "(?i:" : "(?-i:";
}

/** A character as itself, outside of classes. */
function quoted(char: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

/** Groups that capture: a `(` that no backslash and no class hides and no `?` follows, or one with a name. */
function countCaptures(pattern: string): number {
  const pieces =
    /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\((?!\?|\*)|\(\?(?:P?<\w|')/g;
  let count = 0;
  for (const [piece] of pattern.matchAll(pieces)) if (piece.startsWith("(")) count++;
  return count;
}
