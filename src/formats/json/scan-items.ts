import type { Position } from "../../job/chunk.ts";
import { kernels } from "../../wasm/kernels.ts";
import type { DecoderMemory } from "../codec.ts";
import { maxTextBytes, type Item, type ItemSink } from "./scan-item.ts";
import { LooseText } from "./scan-loose.ts";
import { TextWindow } from "./scan-window.ts";
import { isBlank, RecordSplitter } from "./split.ts";

type State =
  /** At the begin of the file, where a byte order mark may stand. */
  | "mark"
  /** Before the bracket that opens the array. */
  | "opening"
  | "between"
  /** In an object, or in an array where an object should be: its structure is followed. */
  | "inside"
  /** In one that is too large: nothing of it is kept. */
  | "skipping"
  /** Its structure is broken: the next line to start at is looked for. */
  | "seeking"
  /** Between records of a sequence: to the end of the line. */
  | "garbage"
  /** In an array, something that does not begin with a bracket: to the next comma or bracket. */
  | "scalar"
  /** Behind the array. */
  | "closed";

const LINE_BREAK = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;

/** Bytes behind a record that is not plain before the kernel is tried again: a fourth of what is copied for it. */
const kernelStride = 16 * 1024;

/**
 * Divides a stretch of a file into items, for the decoder and for the scanner alike, which is why both agree where a record
 * begins. It works on whatever pieces the bytes come in and keeps only the present item.
 *
 * Between two items it has no memory: what follows a line break, an item's end or, in an array, a comma is divided in the
 * same way whatever came before. So a stretch may begin at any of these, and `restart` is the last of them. Indentation and
 * columns, too, are counted from there.
 */
export class Items {
  readonly window: TextWindow;
  /** In an array: its closing bracket has been passed. */
  closed = false;

  private readonly isArray: boolean;
  private readonly sink: ItemSink;
  private readonly keepsItem: boolean;
  private readonly splitter = new RecordSplitter();
  private readonly loose = new LooseText();
  private state: State;
  /** File offset up to which all is divided. */
  private at: number;
  private line: number;
  private lineStart: number;
  /** Where a stretch may begin, while that is not where the present item begins. */
  private fixed: Position | null = null;

  // The present item.
  private readonly item: Item = { offset: 0, line: 1, lineStart: 0 };
  private isObject = false;
  private isComma = false;
  private oversize = false;

  /** Before this offset the kernel is not tried again. */
  private plainFrom = 0;

  /**
   * @param start where the stretch begins
   * @param open in an array: its opening bracket is not in the stretch
   * @param keepsItem the sink wants the bytes of the item that it is told of
   * @param memory for the text that is kept, if there is some
   */
  constructor(
    layout: "sequence" | "array",
    start: Position,
    open: boolean,
    keepsItem: boolean,
    sink: ItemSink,
    memory: DecoderMemory | null = null,
  ) {
    this.isArray = layout === "array";
    this.sink = sink;
    this.keepsItem = keepsItem;
    this.window = new TextWindow(start.offset, memory);
    this.at = start.offset;
    this.line = start.line;
    this.lineStart = start.offset;
    const opening = this.isArray && !open;
    this.state = start.offset === 0 ? "mark" : opening ? "opening" : "between";
    if (this.state !== "between") this.fixed = start;
  }

  /** Where a stretch may begin that goes on after the items that have ended. */
  get restart(): Position {
    if (this.fixed) return this.fixed;
    const { offset, line } =
      this.state === "between"
        ? { offset: this.lineStart, line: this.line }
        : { offset: this.item.lineStart, line: this.item.line };
    return { offset, line };
  }

  /** Takes the next bytes and tells the sink all items that end with them. */
  push(piece: Uint8Array, last: boolean): void {
    this.window.append(piece, this.keepFrom());
    this.plainFrom = 0;
    let going = true;
    while (going) going = this.step(last);
    if (last) this.fixed = { offset: this.window.end, line: this.line };
  }

  private keepFrom(): number {
    switch (this.state) {
      case "inside":
        return this.keepsItem ? this.item.offset : this.splitter.keep;
      case "skipping":
      case "seeking":
        return this.splitter.keep;
      case "garbage":
      case "scalar":
        return this.keepsItem && !this.oversize ? this.item.offset : this.at;
      case "mark":
      case "opening":
      case "between":
      case "closed":
        return this.at;
      default:
        return this.state satisfies never;
    }
  }

  /** Does what can be done in the present state; false when more bytes are needed. */
  private step(last: boolean): boolean {
    switch (this.state) {
      case "mark":
        return this.passMark(last);
      case "opening":
        return this.open();
      case "between":
        return this.divide();
      case "inside":
        return this.follow(last);
      case "skipping":
        return this.skip(last);
      case "seeking":
        return this.seek(last);
      case "garbage":
        return this.passGarbage(last);
      case "scalar":
        return this.passScalar(last);
      case "closed":
        return this.passTrailing(last);
      default:
        return this.state satisfies never;
    }
  }

  /** A byte order mark at the begin of the file is no part of it. */
  private passMark(last: boolean): boolean {
    const { bytes, length } = this.window;
    const mark = [0xef, 0xbb, 0xbf];
    const same = mark.findIndex((byte, i) => i >= length || bytes[i] !== byte);
    if (same >= 0 && same === length && !last) return false;
    if (same < 0) {
      this.at = 3;
      this.lineStart = 3;
    }
    this.state = this.isArray ? "opening" : "between";
    if (!this.isArray) this.fixed = null;
    return true;
  }

  private open(): boolean {
    const { bytes, length, base } = this.window;
    let i = this.at - base;
    while (i < length && (isBlank(bytes[i]!) || bytes[i] === COMMA)) {
      if (bytes[i] === LINE_BREAK) {
        this.line++;
        this.lineStart = base + i + 1;
      }
      i++;
    }
    this.at = base + i;
    if (i === length) return false;
    if (bytes[i] === OPEN_BRACKET) {
      this.at++;
      this.lineStart = this.at;
    }
    this.state = "between";
    this.fixed = null;
    return true;
  }

  private divide(): boolean {
    const { bytes, length, base } = this.window;
    let i = this.at - base;
    while (i < length) {
      const c = bytes[i]!;
      if (c === OPEN_BRACE) {
        const passed = this.passPlain(i);
        if (passed > 0) {
          i += passed;
          continue;
        }
        this.begin(base + i);
        const end = this.sink.read(i);
        if (end < 0) return this.beginInside(true);
        this.line += this.sink.breaks;
        i = end;
        this.lineStart = base + i;
      } else if (c === LINE_BREAK) {
        this.line++;
        i++;
        this.lineStart = base + i;
      } else if (isBlank(c)) {
        i++;
      } else if (!this.isArray) {
        this.begin(base + i);
        this.isComma = c === COMMA;
        this.state = "garbage";
        return true;
      } else if (c === COMMA) {
        i++;
        this.lineStart = base + i;
      } else if (c === CLOSE_BRACKET) {
        this.close(base + i);
        return true;
      } else {
        this.begin(base + i);
        if (c === OPEN_BRACKET) return this.beginInside(false);
        this.state = "scalar";
        return true;
      }
    }
    this.at = base + i;
    return false;
  }

  /**
   * Passes over plain records from the one that begins at index `i` on, as far as the sink need not be told of them.
   * @returns their bytes
   */
  private passPlain(i: number): number {
    const { window, sink } = this;
    const offset = window.base + i;
    if (sink.wished <= this.lineStart || offset < this.plainFrom) return 0;
    const kernel = kernels();
    if (!kernel) return 0;
    const size = Math.min(kernel.window.length, window.length - i);
    kernel.window.set(window.bytes.subarray(i, i + size));
    const due = Math.min(sink.wished - offset, size + 1);
    const passed = kernel.passItems(size, this.lineStart - offset, due, this.isArray);
    if (passed === 0) {
      this.plainFrom = offset + kernelStride;
      return 0;
    }
    this.line += kernel.itemLines();
    this.lineStart = offset + passed;
    return passed;
  }

  private begin(offset: number): void {
    const { item } = this;
    this.at = offset;
    item.offset = offset;
    item.line = this.line;
    item.lineStart = this.lineStart;
    this.oversize = false;
    this.loose.begin(offset);
    this.sink.begins(item);
  }

  private beginInside(isObject: boolean): boolean {
    this.isObject = isObject;
    this.splitter.begin(this.at, this.at - this.lineStart);
    this.state = "inside";
    return true;
  }

  private follow(last: boolean): boolean {
    const { window, splitter, item } = this;
    const limit = item.offset + maxTextBytes;
    const to = Math.min(window.end, limit) - window.base;
    const outcome = splitter.walk(window, to, false);
    if (outcome === "closed") {
      if (this.isObject) this.sink.object(item, splitter.at);
      else this.sink.other(item, splitter.at);
      return this.endAt(splitter.at, splitter.breaks);
    }
    if (outcome === "more" && splitter.at === limit && window.end > limit) {
      this.oversize = true;
      if (splitter.candidate >= 0) return this.goOnAtCandidate();
      this.state = "skipping";
      return true;
    }
    if (outcome === "more" && !last) return false;
    const solid = splitter.candidate >= 0 ? splitter.candidateSolid : splitter.solid;
    this.sink.anomaly(item, splitter.at, solid);
    if (splitter.candidate >= 0) return this.goOnAtCandidate();
    this.state = "seeking";
    return true;
  }

  private skip(last: boolean): boolean {
    const { window, splitter, item } = this;
    const outcome = splitter.walk(window, window.length, true);
    if (outcome === "line") return this.goOnAtCandidate();
    if (outcome === "anomaly") {
      this.state = "seeking";
      return true;
    }
    if (outcome === "more" && !last) return false;
    this.sink.tooLarge(item, splitter.solid);
    return this.endAt(splitter.at, splitter.breaks);
  }

  private seek(last: boolean): boolean {
    const { window, splitter, item } = this;
    const outcome = splitter.seek(window.bytes, window.length, window.base);
    if (outcome === "line") return this.goOnAtCandidate();
    if (!last) return false;
    if (this.oversize) this.sink.tooLarge(item, splitter.solid);
    else this.sink.brokenEnds(item, splitter.solid);
    return this.endAt(splitter.at, splitter.breaks);
  }

  /** Ends the present item before the line that the splitter found. */
  private goOnAtCandidate(): boolean {
    const { splitter, item } = this;
    if (this.oversize) this.sink.tooLarge(item, splitter.candidateSolid);
    else this.sink.brokenEnds(item, splitter.candidateSolid);
    return this.endAt(splitter.candidate, splitter.candidateBreaks);
  }

  private passGarbage(last: boolean): boolean {
    const { window, item, loose } = this;
    const { bytes, length, base } = window;
    const found = loose.toLineEnd(bytes, this.at - base, length, base);
    this.at = found < 0 ? window.end : base + found;
    this.oversize = this.at - item.offset > maxTextBytes;
    if (found < 0 && !last) return false;
    // A comma behind each line is no record, and harms none.
    const loneComma = this.isComma && loose.solid === item.offset + 1;
    if (!loneComma) this.endLoose();
    return this.endAt(this.at, 0);
  }

  private passScalar(last: boolean): boolean {
    const { window, item, loose } = this;
    const { bytes, length, base } = window;
    const found = loose.toDelimiter(bytes, this.at - base, length, base);
    this.at = found < 0 ? window.end : base + found;
    this.oversize = this.at - item.offset > maxTextBytes;
    if (found < 0 && !last) return false;
    this.endLoose();
    this.line += loose.breaks;
    this.lineStart = Math.max(loose.lineStart, loose.solid);
    this.state = "between";
    return true;
  }

  private endLoose(): void {
    const { item, loose } = this;
    if (this.oversize) this.sink.tooLarge(item, loose.solid);
    else this.sink.other(item, loose.solid);
  }

  /** Back to between items, at `offset`, `breaks` lines further. */
  private endAt(offset: number, breaks: number): boolean {
    this.at = offset;
    this.lineStart = offset;
    this.line += breaks;
    this.state = "between";
    return true;
  }

  /** The array ends. What stands behind it is one item, which can only be told at the end of the file. */
  private close(offset: number): void {
    this.closed = true;
    this.fixed = { offset: this.lineStart, line: this.line };
    this.at = offset + 1;
    this.lineStart = this.at;
    this.item.offset = -1;
    this.state = "closed";
  }

  private passTrailing(last: boolean): boolean {
    const { item } = this;
    const { bytes, length, base } = this.window;
    for (let i = this.at - base; i < length; i++) {
      const c = bytes[i]!;
      if (c === LINE_BREAK) {
        this.line++;
        this.lineStart = base + i + 1;
      } else if (!isBlank(c)) {
        if (item.offset < 0) {
          item.offset = base + i;
          item.line = this.line;
          item.lineStart = this.lineStart;
        }
        this.loose.solid = base + i + 1;
      }
    }
    this.at = base + length;
    if (last && item.offset >= 0) this.sink.trailing(item, this.loose.solid);
    return false;
  }
}
