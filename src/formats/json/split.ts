import { maxDepth } from "../../bson/validate.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_BREAK = 0x0a;
const OPEN_BRACE = 0x7b;

// What a byte outside of strings is to the structure.
const SCALAR = 0;
const BLANK = 1;
const BREAK = 2;
const STRING = 3;
const OPEN = 4;
const CLOSE = 5;
const SEPARATOR = 6;
const NAMES = 7;

const kinds = new Uint8Array(256).fill(SCALAR);
for (const [text, kind] of [
  [" \t\r", BLANK],
  ["\n", BREAK],
  ['"', STRING],
  ["{[", OPEN],
  ["}]", CLOSE],
  [",", SEPARATOR],
  [":", NAMES],
] as const) {
  for (const byte of Buffer.from(text)) kinds[byte] = kind;
}

/** Whether a byte is JSON's white space. */
export function isBlank(byte: number): boolean {
  const kind = kinds[byte]!;
  return kind === BLANK || kind === BREAK;
}

/** More brackets than this in one another are not followed. */
const maxFollowed = 1 << 20;

/** More lines than this that begin with `{`, each within the object that the one before it opened, are not followed. */
const maxOpenLines = maxDepth;

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
  private valueMay = true;
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
    this.valueMay = true;
    this.fresh = false;
  }

  /**
   * Goes on at `at`, to the end of the bytes or to an outcome. `at` is then: with `closed` behind the bracket; with
   * `anomaly` the byte at fault; with `line` the line's first byte.
   * @param bytes a piece of the file
   * @param to how many of the bytes are to be walked
   * @param base the offset of the first of them
   * @param stopAtLine stop at the first candidate
   */
  walk(bytes: Uint8Array, to: number, base: number, stopAtLine: boolean): SplitOutcome {
    let i = this.at - base;
    const from = i;
    /** Where the first byte of a line that is not blank stands. */
    let lineFirst = -1;
    for (;;) {
      if (this.inString) {
        i = this.walkString(bytes, i, to);
        if (i === to) return this.stop(bytes, from, i, base, "more");
        if (bytes[i] === LINE_BREAK) return this.stop(bytes, from, i, base, "anomaly");
        i++;
        this.inString = false;
        this.valueMay = false;
      }
      if (this.fresh) {
        i = this.walkBlank(bytes, i, to, base);
        if (i === to) return this.stop(bytes, from, i, base, "more");
        lineFirst = i;
        if (stopAtLine && this.candidate >= 0) {
          this.at = this.candidate;
          return "line";
        }
      }
      let { valueMay } = this;
      for (;;) {
        if (i === to) {
          this.valueMay = valueMay;
          return this.stop(bytes, from, i, base, "more");
        }
        const c = bytes[i]!;
        const kind = kinds[c]!;
        if (kind === SCALAR) {
          valueMay = false;
          i++;
        } else if (kind === STRING) {
          this.inString = true;
          i++;
          break;
        } else if (kind === SEPARATOR) {
          valueMay = this.topIsArray();
          i++;
        } else if (kind === NAMES) {
          valueMay = true;
          i++;
        } else if (kind === BLANK) {
          i++;
        } else if (kind === BREAK) {
          this.noteSolid(bytes, from, i, base);
          this.fresh = true;
          break;
        } else if (kind === OPEN) {
          if (!valueMay || this.depth === maxFollowed) {
            return this.stop(bytes, from, i, base, "anomaly");
          }
          valueMay = this.open(c !== OPEN_BRACE);
          if (i === lineFirst && c === OPEN_BRACE) {
            if (this.openLines === maxOpenLines) return this.stop(bytes, from, i, base, "anomaly");
            this.lineDepths[this.openLines++] = this.depth;
          }
          i++;
        } else {
          if (this.topIsArray() !== (c === 0x5d)) return this.stop(bytes, from, i, base, "anomaly");
          if (this.openLines > 0 && this.lineDepths[this.openLines - 1] === this.depth) {
            this.openLines--;
          }
          this.depth--;
          valueMay = false;
          i++;
          if (this.depth === 0) return this.stop(bytes, from, i, base, "closed");
        }
      }
      this.valueMay = valueMay;
    }
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
        if (kinds[bytes[i]!] !== BLANK) this.solid = base + i + 1;
        i++;
      }
      if (i >= to) {
        this.at = base + i;
        return "more";
      }
      this.fresh = true;
    }
  }

  /** From within a string to its closing quote or to a line break, which no string has. */
  private walkString(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    if (this.escaped && i < to) {
      this.escaped = false;
      if (bytes[i] !== LINE_BREAK) i++;
    }
    while (i < to) {
      const c = bytes[i]!;
      if (c === QUOTE || c === LINE_BREAK) return i;
      if (c === BACKSLASH) {
        if (i + 1 === to) {
          this.escaped = true;
          return to;
        }
        // A line break is one behind a backslash too.
        if (bytes[i + 1] !== LINE_BREAK) i++;
      }
      i++;
    }
    return i;
  }

  /** Passes blanks and line breaks, `fresh` being true; notes the candidate if a line of the kind begins behind them. */
  private walkBlank(bytes: Uint8Array, from: number, to: number, base: number): number {
    let i = from;
    for (; i < to; i++) {
      const kind = kinds[bytes[i]!]!;
      if (kind === BREAK) {
        this.breaks++;
        this.lineAt = base + i + 1;
      } else if (kind !== BLANK) {
        break;
      }
    }
    if (i === to) return i;
    this.fresh = false;
    const indent = base + i - this.lineAt;
    if (bytes[i] === OPEN_BRACE && indent <= this.indent && this.candidate < 0) {
      this.candidate = this.lineAt;
      this.candidateBreaks = this.breaks;
      this.candidateSolid = this.solid;
    }
    return i;
  }

  private stop(
    bytes: Uint8Array,
    from: number,
    i: number,
    base: number,
    outcome: SplitOutcome,
  ): SplitOutcome {
    this.at = base + i;
    this.noteSolid(bytes, from, i, base);
    return outcome;
  }

  private noteSolid(bytes: Uint8Array, from: number, i: number, base: number): void {
    const solid = behindSolid(bytes, from, i);
    if (solid > from) this.solid = base + solid;
  }

  private open(isArray: boolean): boolean {
    const word = this.depth >> 5;
    if (word === this.stack.length) {
      const wider = new Int32Array(word * 2);
      wider.set(this.stack);
      this.stack = wider;
    }
    const bit = 1 << (this.depth & 31);
    this.stack[word] = isArray ? this.stack[word]! | bit : this.stack[word]! & ~bit;
    this.depth++;
    return isArray;
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
