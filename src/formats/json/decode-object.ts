import { maxDepth } from "../../bson/validate.ts";
import { readWrapper } from "./decode-extended.ts";
import { KeyReader } from "./decode-key.ts";
import { readNumber } from "./decode-number.ts";
import { EMPTY_SHAPE } from "./decode-shapes.ts";
import { type DecodeState, skipBlank, type Fault } from "./decode-state.ts";
import { bytesBefore, copyText, specialIn } from "./decode-string.ts";

const QUOTE = 0x22;
const DOLLAR = 0x24;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

// Element types as literals: in the hot loop even a load from a constant object counts.
const STRING = 0x02;
const DOCUMENT = 0x03;
const ARRAY = 0x04;
const BOOLEAN = 0x08;
const NULL = 0x0a;
const INT32 = 0x10;

/** In place of the next index of an array: this is an object. */
const IS_OBJECT = -1;

/**
 * Objects from text to BSON in one pass. One loop with its state in locals, because that is what makes it fast: a field costs
 * no call and no allocation as long as its key is the one that came last time and its value is a string of ASCII, an
 * integer, a literal or a container. All else is in helpers, which meet it in the shared state.
 */
export class ObjectParser {
  /** After `document`: it has a key `_id` at the top. */
  hasId = false;

  private readonly state: DecodeState;
  private readonly keyReader: KeyReader;
  /** How many levels' keys lead to the fault; -1: none yet. */
  private faultLevels = -1;
  // One of each for every level that is open.
  private readonly starts = new Int32Array(maxDepth + 1);
  private readonly keys = new Int32Array(maxDepth + 1);
  private readonly outerShapes = new Int32Array(maxDepth + 1);
  private readonly outerIndexes = new Int32Array(maxDepth + 1);

  /** @param rule reject the field names that an environment does not take */
  constructor(state: DecodeState, rule: boolean) {
    this.state = state;
    this.keyReader = new KeyReader(state, rule);
  }

  /** Reads the record that begins with the brace at `from` and writes its document at `state.at`. */
  record(from: number, gap: number): number {
    this.keyReader.shapes.forgetWhenFull();
    this.faultLevels = -1;
    return this.document(from, 0, gap);
  }

  /**
   * Reads the object that begins with the brace at `from` and writes its document at `state.at`. Its first key is not taken
   * for that of an Extended JSON form.
   * @param top how many levels are open around it
   * @param gap bytes to leave free before its first element
   * @returns the position behind its closing brace, or FAULT
   */
  document(from: number, top: number, gap: number): number {
    const { state, keyReader, starts, keys, outerShapes, outerIndexes } = this;
    const { next, keyFrom, keyTo, poolView } = keyReader.shapes;
    const { src, srcView } = state;
    let { out, view, at: o } = state;
    if (top >= maxDepth) return this.failed(tooDeep(state, from), top - 1, true);

    let depth = top;
    let shape = EMPTY_SHAPE;
    let index = IS_OBJECT;
    starts[depth] = o;
    o += 4 + gap;
    let p = from + 1;
    let c = src[p]!;
    if (c <= 0x20) c = src[(p = skipBlank(state, p))]!;
    let closing = c === CLOSE_BRACE;

    for (;;) {
      if (!closing) {
        if (o > state.limit) {
          state.at = o;
          if (!state.more()) return this.failed(tooLarge(state, p), depth, false);
          ({ out, view } = state);
        }
        const typeAt = o++;
        keys[depth] = o;

        if (index === IS_OBJECT) {
          if (c !== QUOTE) {
            return this.failed(state.unexpected(p, "a key in quotes"), depth, false);
          }
          // The key that came next last time, and the quote behind it, compared and copied in words. The last word is
          // looked at as far as it belongs to them.
          const guess = next[shape]!;
          let k = keyFrom[guess]!;
          const kTo = keyTo[guess]!;
          let q = p + 1;
          let different = srcView.getInt32(q, true) ^ poolView.getInt32(k, true);
          while (different === 0 && kTo - k > 3) {
            view.setInt32(o, srcView.getInt32(q, true), true);
            o += 4;
            q += 4;
            k += 4;
            different = srcView.getInt32(q, true) ^ poolView.getInt32(k, true);
          }
          const rest = kTo - k;
          if (guess !== 0 && rest < 4 && different << (24 - rest * 8) === 0) {
            view.setInt32(o, srcView.getInt32(q, true), true);
            o += rest;
            q += rest;
            shape = guess;
            p = q + 1;
          } else {
            state.at = keys[depth]!;
            p = keyReader.read(p + 1, shape, depth);
            if (p < 0) return this.failed(p, depth, false);
            o = state.at;
            shape = keyReader.shape;
          }
          out[o++] = 0;
          c = src[p]!;
          if (c !== COLON) {
            if (c <= 0x20) c = src[(p = skipBlank(state, p))]!;
            if (c !== COLON) {
              return this.failed(state.unexpected(p, "a colon after the key"), depth, true);
            }
          }
          c = src[++p]!;
          if (c === 0x20) c = src[++p]!;
          if (c <= 0x20) c = src[(p = skipBlank(state, p))]!;
        } else {
          if (index < 10) {
            out[o++] = ZERO + index;
          } else {
            o = putIndex(out, o, index);
          }
          out[o++] = 0;
          index++;
        }

        if (c === QUOTE) {
          const lengthAt = o;
          o += 4;
          p++;
          // Four bytes at a time, to the first that is no plain one: see `specialIn`.
          let word = srcView.getInt32(p, true);
          let special = specialIn(word);
          while (special === 0) {
            view.setInt32(o, word, true);
            o += 4;
            p += 4;
            word = srcView.getInt32(p, true);
            special = specialIn(word);
          }
          view.setInt32(o, word, true);
          const plain = bytesBefore(special);
          o += plain;
          p += plain;
          c = src[p]!;
          if (c !== QUOTE) {
            state.at = o;
            p = copyText(state, p);
            if (p < 0) return this.failed(p, depth, true);
            o = state.at;
          }
          out[o++] = 0;
          view.setInt32(lengthAt, o - lengthAt - 4, true);
          out[typeAt] = STRING;
          p++;
        } else if ((c >= ZERO && c <= 0x39) || c === MINUS) {
          // Up to nine digits without sign here; the rest there.
          const first = p;
          let value = 0;
          while (c >= ZERO && c <= 0x39 && p - first < 9) {
            value = (value * 10 + c - ZERO) | 0;
            c = src[++p]!;
          }
          if (
            (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET) &&
            p > first &&
            (src[first] !== ZERO || p - first === 1)
          ) {
            view.setInt32(o, value, true);
            o += 4;
            out[typeAt] = INT32;
          } else {
            state.at = o;
            p = readNumber(state, first);
            if (p < 0) return this.failed(p, depth, true);
            o = state.at;
            out[typeAt] = state.type;
          }
        } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
          const isObject = c === OPEN_BRACE;
          if (isObject && mayBeWrapper(src, p)) {
            state.at = o;
            const behind = readWrapper(state, p, depth, this);
            if (behind < 0) return this.failed(behind, depth, true);
            if (behind > 0) {
              p = behind;
              ({ out, view, at: o } = state);
              out[typeAt] = state.type;
              c = 0;
            }
          }
          if (c !== 0) {
            if (depth === maxDepth - 1) return this.failed(tooDeep(state, p), depth, true);
            outerShapes[depth] = shape;
            outerIndexes[depth] = index;
            depth++;
            shape = EMPTY_SHAPE;
            index = isObject ? IS_OBJECT : 0;
            starts[depth] = o;
            o += 4;
            out[typeAt] = isObject ? DOCUMENT : ARRAY;
            c = src[++p]!;
            if (c <= 0x20) c = src[(p = skipBlank(state, p))]!;
            closing = c === (isObject ? CLOSE_BRACE : CLOSE_BRACKET);
            continue;
          }
        } else if (
          c === 0x74 &&
          src[p + 1] === 0x72 &&
          src[p + 2] === 0x75 &&
          src[p + 3] === 0x65
        ) {
          out[o++] = 1;
          out[typeAt] = BOOLEAN;
          p += 4;
        } else if (
          c === 0x6e &&
          src[p + 1] === 0x75 &&
          src[p + 2] === 0x6c &&
          src[p + 3] === 0x6c
        ) {
          out[typeAt] = NULL;
          p += 4;
        } else if (
          c === 0x66 &&
          src[p + 1] === 0x61 &&
          src[p + 2] === 0x6c &&
          src[p + 3] === 0x73 &&
          src[p + 4] === 0x65
        ) {
          out[o++] = 0;
          out[typeAt] = BOOLEAN;
          p += 5;
        } else {
          return this.failed(noValue(state, p), depth, true);
        }
        c = src[p]!;
      }

      // Behind a value, or at the bracket that closes a container.
      for (;;) {
        if (closing) {
          out[o++] = 0;
          view.setInt32(starts[depth]!, o - starts[depth]!, true);
          p++;
          if (depth === top) {
            this.hasId = this.keyReader.hasId(shape, depth);
            state.at = o;
            return p;
          }
          depth--;
          shape = outerShapes[depth]!;
          index = outerIndexes[depth]!;
          closing = false;
          c = src[p]!;
        }
        if (c === COMMA) {
          c = src[++p]!;
          if (c === 0x20) c = src[++p]!;
          if (c <= 0x20) c = src[(p = skipBlank(state, p))]!;
          break;
        }
        if (c === (index === IS_OBJECT ? CLOSE_BRACE : CLOSE_BRACKET)) {
          closing = true;
          continue;
        }
        if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) {
          c = src[(p = skipBlank(state, p))]!;
          continue;
        }
        const close = index === IS_OBJECT ? '"}"' : '"]"';
        return this.failed(state.unexpected(p, `a comma or ${close}`), depth, true);
      }
    }
  }

  /** The path to the fault that the last record ended with: the keys of all levels that were open. Good until the next record. */
  faultPath(): string {
    const { out } = this.state;
    return Array.from(this.keys.subarray(0, Math.max(0, this.faultLevels)), (from) =>
      out.toString("utf8", from, out.indexOf(0, from)),
    ).join(".");
  }

  /** Notes how deep a fault is, with or without the innermost level's key. That of a `$scope` counts, not the one around it. */
  private failed(fault: number, depth: number, withKey: boolean): number {
    if (this.faultLevels < 0) this.faultLevels = withKey ? depth + 1 : depth;
    return fault;
  }
}

/** Whether the object that begins at `from` has a first key that begins with `$`, maybe as an escape. */
function mayBeWrapper(src: Uint8Array, from: number): boolean {
  let p = from + 1;
  let c = src[p]!;
  while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = src[++p]!;
  if (c !== QUOTE) return false;
  return src[p + 1] === DOLLAR || src[p + 1] === BACKSLASH;
}

/** Writes the digits of an array's index from 10 on. */
function putIndex(out: Uint8Array, at: number, index: number): number {
  let size = 10;
  while (size * 10 <= index) size *= 10;
  let o = at;
  let rest = index;
  while (size >= 1) {
    const digit = (rest / size) | 0;
    out[o++] = ZERO + digit;
    rest -= digit * size;
    size = (size / 10) | 0;
  }
  return o;
}

function noValue(state: DecodeState, at: number): Fault {
  const { src } = state;
  for (const word of ["true", "false", "null"]) {
    let matched = 0;
    while (matched < word.length && src[at + matched] === word.charCodeAt(matched)) matched++;
    if (matched > 0) return state.unexpected(at + matched, `the word ${word}`);
  }
  const found = src[at];
  if (found === 0x2b || found === DOT) return state.unexpected(at, "a digit or a minus sign");
  return state.unexpected(at, "a value");
}

function tooDeep(state: DecodeState, at: number): Fault {
  return state.fail(
    "too_deep",
    at,
    `Objects and arrays are nested more than ${maxDepth} levels deep`,
  );
}

function tooLarge(state: DecodeState, at: number): Fault {
  return state.fail("too_large", at, "The document has more than 16 MiB as BSON");
}
