import { maxDepth } from "../../bson/validate.ts";

const BACKSLASH = 0x5c;
const LINE_BREAK = 0x0a;
const OPEN_BRACE = 0x7b;

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/** Whether a byte is JSON's white space. */
export function isBlank(byte: number): boolean {
  return byte <= 0x20 && (byte === 0x20 || byte === LINE_BREAK || byte === 0x09 || byte === 0x0d);
}

/** More brackets than this in one another are not followed. */
const maxFollowed = 1 << 20;

/** More lines than this that begin with `{`, each within the object that the one before it opened, are not followed. */
const maxOpenLines = maxDepth;

/** A piece of a file. Behind the bytes that are walked there is memory for a word. */
export interface SplitText {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
  /** File offset of the first byte. */
  readonly base: number;
}

/** What a walk came to: the end of the bytes, the closing bracket, something that no record has, or a line to start anew at. */
export type SplitOutcome = "more" | "closed" | "anomaly" | "line";

/**
 * Finds the end of a record (or of an array that is no record) by its structure alone, whether or not it is JSON in detail.
 * It follows strings and brackets, in as many pieces as the bytes come in, without recursion. Anomalies are:
 * - a raw line break within a string,
 * - a closing bracket of the wrong kind,
 * - a `{` or `[` that does not stand where a value may: behind `[`, behind `:`, behind `,` in an array,
 * - more than a million open brackets, or more than 200 open lines that began with `{`. Without the latter, a file of nothing
 *   but lines like `{"a":[` would be walked to its end from each of them.
 *
 * JSON of at most 200 levels has none of them, so what the decoder accepts ends where the splitter says it ends. After an anomaly nothing that the
 * brackets say can be believed. The next record then begins on the first line, after the one the broken record began on, whose
 * first byte that is not blank is `{` and that is indented no more than the line the broken record began on: `candidate`.
 * It may lie before the anomaly: a line that looked like a value of the broken record. So a record that begins on a line of
 * its own is never swallowed by a broken one before it, unless that one is indented less.
 *
 * All offsets are those of the file.
 */
export class RecordSplitter {
  /** Offset of the first byte of the line to start anew at; -1 as long as there is none. */
  candidate = -1;
  /** Line breaks between the record's begin and `candidate`. */
  candidateBreaks = 0;
  /** Offset behind the last byte before `candidate` that is not blank. */
  candidateSolid = 0;
  /** Offset behind the last byte that is not blank, up to where the walk stands: right once it has stopped. */
  solid = 0;
  /** Line breaks since the record's begin. */
  breaks = 0;
  /** Where the walk stands. */
  at = 0;

  /** One bit for each open bracket: 1 for an array. */
  private stack = new Int32Array(8);
  private depth = 0;
  /** The level that each open line that began with `{` opened. */
  private readonly lineDepths = new Int32Array(maxOpenLines);
  private openLines = 0;
  private inString = false;
  private escaped = false;
  /** The byte before `solid`. */
  private lastSolid = COLON;
  /** All since `lineAt` is blank. */
  private fresh = false;
  private lineAt = 0;
  private indent = 0;

  /** Offset of the first byte that may still be asked for. */
  get keep(): number {
    if (this.candidate >= 0) return this.candidate;
    const mayBeCandidate = this.fresh && this.at - this.lineAt <= this.indent;
    return mayBeCandidate ? Math.min(this.lineAt, this.at) : this.at;
  }

  /**
   * Begins at the bracket at `at`.
   * @param indent how far the line it stands on is indented
   */
  begin(at: number, indent: number): void {
    this.at = at;
    this.indent = indent;
    this.candidate = -1;
    this.breaks = 0;
    this.solid = at;
    this.depth = 0;
    this.openLines = 0;
    this.inString = false;
    this.escaped = false;
    // The first bracket is where a value may be.
    this.lastSolid = COLON;
    this.fresh = false;
  }

  /**
   * Goes on at `at`, to the end of the bytes or to an outcome. `at` is then: with `closed` behind the bracket; with
   * `anomaly` the byte at fault; with `line` the line's first byte.
   *
   * Four bytes are looked at in one go. Which of them are in a string is told by the number of quotes before each, without a
   * branch; only a bracket outside of strings, and a backslash or a line break in one, is looked at by itself. All else is
   * passed: whether a bracket stands where a value may, and whether it is the first of its line, is told by looking back.
   * @param text a piece of the file
   * @param to how many of its bytes are to be walked
   * @param stopAtLine stop at the first candidate
   */
  walk({ bytes, view, base }: SplitText, to: number, stopAtLine: boolean): SplitOutcome {
    let i = this.at - base;
    const from = i;
    /** 1 in each byte of a word, while in a string. */
    let inString = this.inString ? 0x01010101 : 0;
    let { breaks } = this;
    if (this.escaped && i < to) {
      this.escaped = false;
      if (bytes[i] !== LINE_BREAK) i++;
    }
    while (i < to) {
      let word = view.getInt32(i, true);
      // What is behind the end means nothing.
      if (i + 4 > to) word |= -1 << ((to - i) << 3);
      const quotes = word ^ 0x22222222;
      const quoteMarks = (~(((quotes & 0x7f7f7f7f) + 0x7f7f7f7f) | quotes) & 0x80808080) >>> 7;
      // Each byte of the product is the number of quotes up to it.
      const inside = (Math.imul(quoteMarks, 0x01010101) & 0x01010101) ^ inString;
      // The bits that the four brackets have in common; four other bytes have them too.
      const brackets = (word & 0xd9d9d9d9) ^ 0x59595959;
      const escapes = word ^ 0x5c5c5c5c;
      const lines = word ^ 0x0a0a0a0a;
      const breaksFound = (lines - 0x01010101) & ~lines & 0x80808080;
      const stringMask = inside << 7;
      // The top bit of each byte that matters. The bytes behind it may have theirs without reason (a borrow).
      const found =
        ((((brackets - 0x01010101) & ~brackets & ~stringMask) |
          ((escapes - 0x01010101) & ~escapes & stringMask)) &
          0x80808080) |
        (breaksFound & stringMask);
      if (found === 0) {
        inString = Math.imul(inside >>> 24, 0x01010101);
        if (breaksFound !== 0) breaks += breaksIn(lines, -1);
        i += 4;
        continue;
      }
      const first = found & -found;
      const bit = 31 - Math.clz32(first);
      i += bit >> 3;
      inString = Math.imul((inside >>> (bit - 7)) & 1, 0x01010101);
      if (breaksFound !== 0) breaks += breaksIn(lines, first - 1);
      const c = bytes[i]!;
      if (inString !== 0) {
        if (c === LINE_BREAK) return this.stop(bytes, from, i, base, breaks, "anomaly");
        if (c === BACKSLASH) {
          if (i + 1 === to) this.escaped = true;
          // A line break is one behind a backslash too.
          else if (bytes[i + 1] !== LINE_BREAK) i++;
        }
      } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        const before = i > from ? bytes[i - 1]! : 0;
        const isSolid = before > 0x20;
        if (!isSolid) this.lookBack(bytes, from, i, base);
        const begins = !isSolid && this.fresh && c === OPEN_BRACE;
        if (begins) {
          this.breaks = breaks;
          this.noteCandidate(base + i);
          if (stopAtLine && this.candidate >= 0) {
            this.at = this.candidate;
            return "line";
          }
        }
        const bad = this.depth === maxFollowed || !this.valueMay(isSolid ? before : this.lastSolid);
        if (bad || (begins && this.openLines === maxOpenLines)) {
          return this.stop(bytes, from, i, base, breaks, "anomaly");
        }
        this.open(c === OPEN_BRACKET);
        if (begins) this.lineDepths[this.openLines++] = this.depth;
      } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        if (this.topIsArray() !== (c === CLOSE_BRACKET)) {
          return this.stop(bytes, from, i, base, breaks, "anomaly");
        }
        if (this.openLines > 0 && this.lineDepths[this.openLines - 1] === this.depth) {
          this.openLines--;
        }
        this.depth--;
        if (this.depth === 0) return this.stop(bytes, from, i + 1, base, breaks, "closed");
      }
      i++;
    }
    this.inString = inString !== 0;
    return this.stop(bytes, from, to, base, breaks, "more");
  }

  /** After an anomaly at `at`: looks for the line to start anew at, whatever stands between. */
  seek(bytes: Uint8Array, to: number, base: number): "more" | "line" {
    let i = this.at - base;
    for (;;) {
      if (this.fresh) {
        i = this.walkBlank(bytes, i, to, base);
        if (this.candidate >= 0) {
          this.at = this.candidate;
          return "line";
        }
        if (i < to) this.fresh = false;
      }
      while (i < to && bytes[i] !== LINE_BREAK) {
        if (!isBlank(bytes[i]!)) this.solid = base + i + 1;
        i++;
      }
      if (i >= to) {
        this.at = base + i;
        return "more";
      }
      this.fresh = true;
    }
  }

  /** Passes blanks and line breaks, `fresh` being true; notes the candidate if a line of the kind begins behind them. */
  private walkBlank(bytes: Uint8Array, from: number, to: number, base: number): number {
    let i = from;
    for (; i < to; i++) {
      const c = bytes[i]!;
      if (c === LINE_BREAK) {
        this.breaks++;
        this.lineAt = base + i + 1;
      } else if (!isBlank(c)) {
        break;
      }
    }
    if (i === to) return i;
    this.fresh = false;
    if (bytes[i] === OPEN_BRACE) this.noteCandidate(base + i);
    return i;
  }

  /** At a `{`, the first byte of its line that is not blank. */
  private noteCandidate(at: number): void {
    if (this.candidate >= 0 || at - this.lineAt > this.indent) return;
    this.candidate = this.lineAt;
    this.candidateBreaks = this.breaks;
    this.candidateSolid = this.solid;
  }

  private stop(
    bytes: Uint8Array,
    from: number,
    i: number,
    base: number,
    breaks: number,
    outcome: SplitOutcome,
  ): SplitOutcome {
    this.at = base + i;
    this.breaks = breaks;
    this.lookBack(bytes, from, i, base);
    return outcome;
  }

  /** Notes what is before index `i`: the last byte that is not blank, and the line. Before `from` it is as noted last time. */
  private lookBack(bytes: Uint8Array, from: number, i: number, base: number): void {
    let solid = i;
    let lineAt = -1;
    while (solid > from && isBlank(bytes[solid - 1]!)) {
      if (bytes[solid - 1] === LINE_BREAK && lineAt < 0) lineAt = base + solid;
      solid--;
    }
    if (solid > from) {
      this.solid = base + solid;
      this.lastSolid = bytes[solid - 1]!;
      this.fresh = false;
    }
    if (lineAt >= 0) {
      this.fresh = true;
      this.lineAt = lineAt;
    }
  }

  /** Whether a value may begin, this byte being the last before it that is not blank. */
  private valueMay(before: number): boolean {
    if (before === COMMA) return this.topIsArray();
    return before === COLON || before === OPEN_BRACKET;
  }

  private open(isArray: boolean): void {
    const word = this.depth >> 5;
    if (word === this.stack.length) {
      const wider = new Int32Array(word * 2);
      wider.set(this.stack);
      this.stack = wider;
    }
    const bit = 1 << (this.depth & 31);
    this.stack[word] = isArray ? this.stack[word]! | bit : this.stack[word]! & ~bit;
    this.depth++;
  }

  private topIsArray(): boolean {
    const top = this.depth - 1;
    return ((this.stack[top >> 5]! >> (top & 31)) & 1) === 1;
  }
}

/** Index behind the last byte of `bytes[from … to)` that is not blank; `from` when there is none. */
export function behindSolid(bytes: Uint8Array, from: number, to: number): number {
  let solid = to;
  while (solid > from && isBlank(bytes[solid - 1]!)) solid--;
  return solid;
}

/** How many bytes of a word are 0, of those whose top bit is in the mask. */
function breaksIn(word: number, mask: number): number {
  // The top bit of each byte that is 0, and of no other.
  const marks = ~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word) & 0x80808080 & mask;
  return Math.imul(marks >>> 7, 0x01010101) >>> 24;
}
