import { maxDepth } from "../../bson/validate.ts";
import { JsonOutput } from "./encode-output.ts";
import { describeByte } from "./decode-state.ts";
import { callOf, type LegacyArgument } from "./legacy-calls.ts";
import { LegacyFault } from "./legacy-fault.ts";
import { LegacyMembers } from "./legacy-members.ts";
import { decimalNumber } from "./legacy-number.ts";
import { translateRegex, translateString } from "./legacy-strings.ts";

/**
 * Translates a record from what MongoDB's shell writes to Extended JSON: keys without quotes, single quotes, `ObjectId("…")`,
 * `/re/`, `NaN`, `0x10`. What is Extended JSON already stays as it is. It does not look into strings for UTF-8, nor at numbers
 * in JSON's form, because what it makes is read by the strict parser.
 */
export class LegacyText {
  readonly output = new JsonOutput();
  /** Keys that lead to the value that is read. */
  readonly path: string[] = [];
  #src: Uint8Array = new Uint8Array(0);
  #end = 0;
  #at = 0;
  // Places of values: in the output, and in the source.
  #outPlaces: number[] = [];
  #srcPlaces: number[] = [];

  /**
   * Translates the object that begins at `from` into `output`.
   * @returns the position behind it
   * @throws {LegacyFault}
   */
  translate(src: Uint8Array, from: number, end: number): number {
    this.#src = src;
    this.#end = end;
    this.#at = from;
    this.output.length = 0;
    this.path.length = 0;
    this.#outPlaces = [];
    this.#srcPlaces = [];
    this.#object(1);
    return this.#at;
  }

  /** Where in the source the value or key stood that is at or before this place of the output. */
  sourceOf(place: number): number {
    const index = this.#outPlaces.findLastIndex((at) => at <= place);
    return this.#srcPlaces[Math.max(index, 0)] ?? 0;
  }

  #value(depth: number): void {
    const { output } = this;
    const c = this.#peek("a value");
    this.#outPlaces.push(output.length);
    this.#srcPlaces.push(this.#at);
    output.reserve(64);
    if (c === OPEN_BRACE) return this.#object(depth + 1);
    if (c === OPEN_BRACKET) return this.#array(depth + 1);
    if (c === QUOTE || c === APOSTROPHE) {
      this.#at = translateString(output, this.#src, this.#at, this.#end);
      return;
    }
    if (c === SLASH) {
      this.#at = translateRegex(output, this.#src, this.#at, this.#end);
      return;
    }
    if (isNumberByte(c)) return this.#number();
    if (isNameStart(c)) return this.#word();
    throw this.#unexpected("a value");
  }

  #object(depth: number): void {
    if (depth > maxDepth) throw tooDeep(this.#at);
    const { output } = this;
    const start = output.length;
    const members = new LegacyMembers(start);
    this.#at++;
    output.reserve(1);
    output.byte(OPEN_BRACE);
    if (this.#peek('a key or "}"') !== CLOSE_BRACE) {
      for (;;) {
        const keyAt = output.length;
        this.#key();
        const key = keyText(output, keyAt);
        this.path.push(key);
        if (this.#peek("a colon after the key") !== COLON)
          throw this.#unexpected("a colon after the key");
        this.#at++;
        output.reserve(1);
        output.byte(COLON);
        const valueAt = output.length;
        this.#value(depth);
        members.add(key, valueAt, output.length);
        this.path.pop();
        const c = this.#peek('a comma or "}"');
        if (c === CLOSE_BRACE) break;
        if (c !== COMMA) throw this.#unexpected('a comma or "}"');
        this.#at++;
        output.reserve(1);
        output.byte(COMMA);
        this.#peek("a key");
      }
    }
    this.#at++;
    output.reserve(1);
    output.byte(CLOSE_BRACE);
    if (depth > 1) members.rewrite(output);
  }

  #key(): void {
    const c = this.#peek("a key");
    this.#outPlaces.push(this.output.length);
    this.#srcPlaces.push(this.#at);
    if (c === QUOTE || c === APOSTROPHE) {
      this.#at = translateString(this.output, this.#src, this.#at, this.#end);
      return;
    }
    if (!isNameStart(c)) throw this.#unexpected("a key");
    const name = this.#name();
    this.output.reserve(name.length + 2);
    this.output.ascii(`"${name}"`);
  }

  #array(depth: number): void {
    if (depth > maxDepth) throw tooDeep(this.#at);
    const { output } = this;
    this.#at++;
    output.byte(OPEN_BRACKET);
    if (this.#peek('a value or "]"') !== CLOSE_BRACKET) {
      for (let index = 0; ; index++) {
        this.path.push(String(index));
        this.#value(depth);
        this.path.pop();
        const c = this.#peek('a comma or "]"');
        if (c === CLOSE_BRACKET) break;
        if (c !== COMMA) throw this.#unexpected('a comma or "]"');
        this.#at++;
        output.reserve(1);
        output.byte(COMMA);
      }
    }
    this.#at++;
    output.reserve(1);
    output.byte(CLOSE_BRACKET);
  }

  #number(): void {
    const from = this.#at;
    let to = from;
    while (to < this.#end && (isNumberByte(this.#src[to]!) || isNameByte(this.#src[to]!))) to++;
    this.#needMore(to);
    this.#at = to;
    this.#write(decimalNumber(this.#latin1(from, to)));
  }

  /** A word of the language, or a call. */
  #word(): void {
    const from = this.#at;
    let name = this.#name();
    if (name === "new") {
      this.#peek("a name");
      name = this.#name();
    }
    const plain = words.get(name);
    if (plain !== undefined) {
      if (plain.callable && this.#byteNow() === OPEN_PAREN) this.#arguments();
      return this.#write(plain.text);
    }
    if (this.#peek("an opening parenthesis") !== OPEN_PAREN) {
      throw new LegacyFault(from, `${name} is no value`);
    }
    const text = callOf(name, this.#arguments());
    if (text === null)
      throw new LegacyFault(from, `${name}(…) does not stand for a value like this`);
    this.#write(text);
  }

  #arguments(): LegacyArgument[] {
    const { output } = this;
    const found: LegacyArgument[] = [];
    this.#at++;
    let c = this.#peek("an argument or a closing parenthesis");
    while (c !== CLOSE_PAREN) {
      const start = output.length;
      this.#value(maxDepth - 1);
      found.push(Buffer.from(output.bytes.subarray(start, output.length)).toString("utf8"));
      output.length = start;
      c = this.#peek("a comma or a closing parenthesis");
      if (c === COMMA) {
        this.#at++;
        c = this.#peek("an argument");
        if (c === CLOSE_PAREN) throw this.#unexpected("an argument");
      } else if (c !== CLOSE_PAREN) {
        throw this.#unexpected("a comma or a closing parenthesis");
      }
    }
    this.#at++;
    return found;
  }

  #name(): string {
    const from = this.#at;
    let to = from;
    while (to < this.#end && isNameByte(this.#src[to]!)) to++;
    this.#needMore(to);
    if (to === from) throw this.#unexpected("a name");
    this.#at = to;
    return this.#latin1(from, to);
  }

  #write(text: string): void {
    const bytes = Buffer.from(text, "utf8");
    this.output.reserve(bytes.length);
    this.output.literal(bytes);
  }

  /** The next byte that is no white space. */
  #peek(expected: string): number {
    while (this.#at < this.#end && isBlank(this.#src[this.#at]!)) this.#at++;
    if (this.#at >= this.#end) throw new LegacyFault(this.#end, `Expected ${expected}`);
    return this.#src[this.#at]!;
  }

  #byteNow(): number {
    return this.#src[this.#at]!;
  }

  /** What the text's end cuts off may go on behind it. */
  #needMore(at: number): void {
    if (at >= this.#end) throw new LegacyFault(this.#end, "The record does not end");
  }

  #latin1(from: number, to: number): string {
    return Buffer.from(this.#src.subarray(from, to)).toString("latin1");
  }

  #unexpected(expected: string): LegacyFault {
    const found = describeByte(this.#src[this.#at]!);
    return new LegacyFault(this.#at, `Expected ${expected}, found ${found}`);
  }
}

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const OPEN_PAREN = 0x28;
const CLOSE_PAREN = 0x29;
const COMMA = 0x2c;
const SLASH = 0x2f;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const words: ReadonlyMap<string, { text: string; callable: boolean }> = new Map([
  ["true", { text: "true", callable: false }],
  ["false", { text: "false", callable: false }],
  ["null", { text: "null", callable: false }],
  ["undefined", { text: '{"$undefined":true}', callable: false }],
  ["NaN", { text: '{"$numberDouble":"NaN"}', callable: false }],
  ["Infinity", { text: '{"$numberDouble":"Infinity"}', callable: false }],
  ["MinKey", { text: '{"$minKey":1}', callable: true }],
  ["MaxKey", { text: '{"$maxKey":1}', callable: true }],
]);

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

function isNameStart(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f || byte === 0x24;
}

function isNameByte(byte: number): boolean {
  return isNameStart(byte) || (byte >= 0x30 && byte <= 0x39);
}

/** A key that has just been written, without its quotes. */
function keyText({ bytes, length }: JsonOutput, from: number): string {
  return Buffer.from(bytes.subarray(from + 1, length - 1)).toString("utf8");
}

function tooDeep(at: number): LegacyFault {
  const message = `Objects and arrays are nested more than ${maxDepth} levels deep`;
  return new LegacyFault(at, message, "too_deep");
}
