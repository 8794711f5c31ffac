import { DocferryError } from "../job/errors.ts";
import { classEscape, posixClass } from "./regex-classes.ts";

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
}

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
        return;
      case ".":
        this.#at++;
        return this.#item(this.#flags.s ? anyChar : "[^\\n]");
      case "^":
        this.#at++;
        // With m also behind a newline, but not behind the one that ends the text.
        return this.#item(this.#flags.m ? `(?:^|(?<=\\n)(?=${anyChar}))` : "(?:^)");
      case "$":
        this.#at++;
        // Without m also before a newline that ends the text.
        return this.#item(this.#flags.m ? "(?:(?=\\n)|$)" : "(?:(?=\\n$)|$)");
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
  }

  #quantifier(text: string): void {
    if (!this.#quantifiable) this.#refuse(`has nothing before ${text}`);
    this.#at += text.length;
    this.#out += text;
    this.#quantifiable = false;
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
      return this.#item(anchor);
    }
    if (/^(?:[1-9]|[gk])/.test(rest) && this.#reference(rest)) return;
    const escape = classEscape(rest, false);
    if (!escape) this.#refuse(`has \\${letter}, which is not supported`);
    this.#at += 1 + escape.length;
    this.#item(escape.set === undefined ? quoted(escape.char) : escape.outside);
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
    if (name !== undefined) {
      this.#item(`\\k<${name}>`);
    } else {
      const given = Number(number);
      const group = relative ? this.#captures + 1 - given : given;
      if (group < 1 || group > this.#allCaptures) {
        if (rest.startsWith("g") || given < 10) {
          this.#refuse(`has a reference to the group ${number}, which is not there`);
        }
        return false;
      }
      // A digit that follows must not become part of the number.
      this.#item(`(?:\\${group})`);
    }
    this.#at += 1 + found[0].length;
    return true;
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
      this.#captures++;
      return this.#enter("(", 1);
    }
    const plain = /^\?(?:[:=!]|<[=!])/.exec(rest);
    if (plain) {
      // Assertions may be repeated in PCRE but not in JavaScript, where a group around them may.
      const isAssertion = plain[0] !== "?:";
      return this.#enter(isAssertion ? `(?:(${plain[0]}` : "(?:", 1 + plain[0].length, isAssertion);
    }
    const named = /^\?P?<(\w+)>|^\?'(\w+)'/.exec(rest);
    if (named) {
      this.#captures++;
      return this.#enter(`(?<${named[1] ?? named[2]}>`, 1 + named[0].length);
    }
    const reference = /^\?P=(\w+)\)/.exec(rest);
    if (reference) {
      this.#at += 1 + reference[0].length;
      return this.#item(`\\k<${reference[1]}>`);
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

  #enter(text: string, length: number, isAssertion = false): void {
    this.#at += length;
    this.#out += text;
    this.#groups.push({
      flags: this.#flags,
      modifier: this.#modifier,
      baseI: this.#baseI,
      end: isAssertion ? "))" : ")",
    });
    this.#modifier = "";
    this.#baseI = this.#flags.i;
    this.#quantifiable = false;
  }

  #close(): void {
    const group = this.#groups.pop();
    if (!group) this.#refuse("has a ) too many");
    this.#at++;
    this.#item((this.#modifier && ")") + group.end);
    this.#flags = group.flags;
    this.#modifier = group.modifier;
    this.#baseI = group.baseI;
  }

  /** `[…]` */
  #class(): void {
    this.#at++;
    let out = "[";
    if (this.#pattern[this.#at] === "^") {
      out += "^";
      this.#at++;
    }
    // The last item, when it is one character: what a hyphen may begin a range with.
    let from: string | undefined;
    let isFirst = true;
    for (;;) {
      if (this.#at >= this.#pattern.length) this.#refuse("has a class [ that is not closed");
      if (this.#pattern[this.#at] === "]" && !isFirst) break;
      isFirst = false;
      if (this.#pattern.startsWith("\\Q", this.#at)) {
        this.#quotedRun((char) => {
          out += quotedInClass(char);
        });
        from = undefined;
        continue;
      }
      if (this.#pattern.startsWith("\\E", this.#at)) {
        this.#at += 2;
        continue;
      }
      const item = this.#classItem();
      if (from !== undefined && item.char === "-" && !item.escaped && !this.#atClassEnd()) {
        const to = this.#classItem();
        if (to.char === undefined) {
          out += `\\-${to.set}`;
        } else {
          if ((to.char.codePointAt(0) ?? 0) < (from.codePointAt(0) ?? 0)) {
            this.#refuse(`has a range ${from}-${to.char} that is out of order`);
          }
          out += `-${quotedInClass(to.char)}`;
        }
        from = undefined;
        continue;
      }
      out += item.char === undefined ? item.set : quotedInClass(item.char);
      from = item.char;
    }
    this.#at++;
    this.#item(`${out}]`);
  }

  #atClassEnd(): boolean {
    return this.#pattern[this.#at] === "]";
  }

  #classItem(): ClassItem {
    const rest = this.#pattern.slice(this.#at, this.#at + 200);
    if (rest.startsWith("\\")) {
      const escape = classEscape(rest.slice(1), true);
      if (!escape) return this.#refuse(`has \\${rest[1] ?? ""} in a class, which is not supported`);
      this.#at += 1 + escape.length;
      return escape.set === undefined
        ? { char: escape.char, escaped: true }
        : { set: escape.set, escaped: true };
    }
    const posix = /^\[:(\^?)(\w+):\]/.exec(rest);
    if (posix) {
      const set = posixClass(posix[2] ?? "", posix[1] === "^");
      if (set === undefined) return this.#refuse(`has ${posix[0]}, which is not supported`);
      this.#at += posix[0].length;
      return { set, escaped: true };
    }
    if (/^\[[.=]/.test(rest)) {
      return this.#refuse(`has ${rest.slice(0, 2)} in a class, which is not supported`);
    }
    const char = this.#char();
    this.#at += char.length;
    return { char, escaped: false };
  }

  #refuse(fault: string): never {
    throw new DocferryError(
      "invalid_query",
      `The regular expression /${this.#pattern}/ ${fault}, at its character ${this.#at + 1}`,
    );
  }
}

type ClassItem =
  | { char: string; set?: never; escaped: boolean }
  | { char?: never; set: string; escaped: boolean };

/** `$` has JavaScript's meaning here: the very end. */
const anchors: ReadonlyMap<string, string> = new Map([
  ["A", "(?:^)"],
  ["z", "(?:$)"],
  ["Z", "(?:(?=\\n$)|$)"],
  ["b", "(?:\\b)"],
  ["B", "(?:\\B)"],
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

function quotedInClass(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}

/** Groups that capture: a `(` that no backslash and no class hides and no `?` follows, or one with a name. */
function countCaptures(pattern: string): number {
  const pieces =
    /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\((?!\?|\*)|\(\?(?:P?<\w|')/g;
  let count = 0;
  for (const [piece] of pattern.matchAll(pieces)) if (piece.startsWith("(")) count++;
  return count;
}
