import { classEscape, posixClass } from "./regex-escape.ts";

/**
 * The class `[…]` that begins at a position of a PCRE pattern, as JavaScript writes it for the flag `u`, and the position
 * behind it; or what is wrong with it, and where.
 * @param i case does not count
 */
export function readClass(
  pattern: string,
  start: number,
  i: boolean,
): { text: string; end: number } | { fault: string; at: number } {
  const reader = new ClassReader(pattern, start, i);
  try {
    return { text: reader.read(), end: reader.at };
  } catch (thrown) {
    if (thrown instanceof ClassFault) return { fault: thrown.message, at: reader.at };
    throw thrown;
  }
}

class ClassFault extends Error {}

type Item = { char: string; set?: never } | { char?: never; set: string };

class ClassReader {
  at: number;
  readonly #pattern: string;
  readonly #i: boolean;
  #chars = "";
  #sets = "";

  constructor(pattern: string, start: number, i: boolean) {
    this.#pattern = pattern;
    this.at = start;
    this.#i = i;
  }

  read(): string {
    if (/^\[:\^?\w+:\]/.test(this.#pattern.slice(this.at, this.at + 20))) {
      throw new ClassFault("has a class of a name that stands in no other class");
    }
    this.at++;
    const isNegated = this.#pattern[this.at] === "^";
    if (isNegated) this.at++;
    // A ] that comes first is one of the characters.
    for (let isFirst = true; isFirst || !this.#isAtEnd(); isFirst = false) {
      if (this.at >= this.#pattern.length) throw new ClassFault("has a class [ that is not closed");
      this.#next();
    }
    this.at++;
    return this.#text(isNegated);
  }

  #isAtEnd(): boolean {
    return this.#pattern[this.at] === "]";
  }

  #next(): void {
    if (this.#pattern.startsWith("\\Q", this.at)) return this.#quotedRun();
    if (this.#pattern.startsWith("\\E", this.at)) {
      this.at += 2;
      return;
    }
    const item = this.#item();
    if (this.#pattern[this.at] !== "-" || this.#pattern[this.at + 1] === "]") {
      return this.#take(item);
    }
    this.at++;
    if (this.at >= this.#pattern.length) throw new ClassFault("has a class [ that is not closed");
    const to = this.#item();
    if (item.char === undefined || to.char === undefined) {
      throw new ClassFault("has a range of which an end is a set");
    }
    if ((to.char.codePointAt(0) ?? 0) < (item.char.codePointAt(0) ?? 0)) {
      throw new ClassFault(`has a range ${item.char}-${to.char} that is out of order`);
    }
    this.#chars += `${quoted(item.char)}-${quoted(to.char)}`;
  }

  #take({ char, set }: Item): void {
    if (char === undefined) this.#sets += set;
    else this.#chars += quoted(char);
  }

  /** `\Q…\E`: as it stands. */
  #quotedRun(): void {
    const end = this.#pattern.indexOf("\\E", this.at + 2);
    if (end < 0) throw new ClassFault("has a class [ that is not closed");
    for (const char of this.#pattern.slice(this.at + 2, end)) this.#chars += quoted(char);
    this.at = end + 2;
    if (this.#pattern[this.at] === "-" && this.#pattern[this.at + 1] !== "]") {
      throw new ClassFault("has a range that begins with \\Q…\\E, which is not supported");
    }
  }

  #item(): Item {
    const rest = this.#pattern.slice(this.at, this.at + 200);
    if (rest.startsWith("\\")) {
      const escape = classEscape(rest.slice(1), true);
      if (!escape) {
        throw new ClassFault(`has \\${rest[1] ?? ""} in a class, which is not supported`);
      }
      this.at += 1 + escape.length;
      return escape.set === undefined ? { char: escape.char } : { set: escape.set };
    }
    const posix = /^\[:(\^?)(\w+):\]/.exec(rest);
    if (posix) {
      const set = posixClass(posix[2] ?? "", posix[1] === "^", this.#i);
      if (set === undefined) throw new ClassFault(`has ${posix[0]}, which is not supported`);
      this.at += posix[0].length;
      return { set };
    }
    if (/^\[[.=]/.test(rest)) {
      throw new ClassFault(`has ${rest.slice(0, 2)} in a class, which is not supported`);
    }
    const char = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    this.at += char.length;
    return { char };
  }

  /** Case may not count for the characters; for the sets it always does. */
  #text(isNegated: boolean): string {
    const chars = this.#chars;
    const sets = this.#sets;
    const not = isNegated ? "^" : "";
    if (!this.#i || sets === "") return `[${not}${chars}${sets}]`;
    if (chars === "") return `(?-i:[${not}${sets}])`;
    const either = `[${chars}]|(?-i:[${sets}])`;
    return isNegated ? `(?:(?!${either})[\\s\\S])` : `(?:${either})`;
  }
}

/** A character as itself within `[…]`. */
function quoted(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}
