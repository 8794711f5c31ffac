import type { Position } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { RejectCode } from "../../job/reject.ts";
import type { Decoder, DecoderMemory, JsonDecodeSpec } from "../codec.ts";
import { BatchBuilder } from "../batch-builder.ts";
import { IdMaker, idFieldBytes } from "./decode-id.ts";
import { ObjectParser } from "./decode-object.ts";
import { DecodeState, describeByte, maxDocumentBytes, textPadding } from "./decode-state.ts";
import { LegacyFault } from "./legacy-fault.ts";
import { nextRecordLine } from "./legacy-lines.ts";
import { LegacyText } from "./legacy-text.ts";
import { maxTextBytes } from "./scan-item.ts";
import { TextWindow } from "./scan-window.ts";

/**
 * Records as MongoDB's shell and mongoexport before 3.0 wrote them, and Extended JSON besides, to documents. A record is translated to Extended
 * JSON and that is read by the strict parser, so both know the same values and rules.
 *
 * A broken record ends before the next line that begins with `{` and is indented no more than its own first line.
 */
export function createLegacyDecoder(
  spec: JsonDecodeSpec,
  start: Position,
  memory: DecoderMemory | null = null,
): Decoder {
  return new LegacyDecoder(spec, start, memory);
}

interface Fault {
  code: RejectCode;
  message: string;
  path: string;
  /** Index in the buffer. */
  at: number;
}

class LegacyDecoder implements Decoder {
  readonly #isArray: boolean;
  readonly #text = new LegacyText();
  readonly #state: DecodeState;
  readonly #parser: ObjectParser;
  readonly #ids: IdMaker | null;
  readonly #batch: BatchBuilder;
  /** What is not divided yet. */
  readonly #window: TextWindow;
  /** Its bytes, without what stands behind them. */
  #buffer: Buffer = Buffer.alloc(0);
  /** Index of the next byte to look at, its line, and where that line (or what follows the record before) begins. */
  #at = 0;
  #line: number;
  #lineStart = 0;

  constructor(spec: JsonDecodeSpec, start: Position, memory: DecoderMemory | null) {
    this.#batch = new BatchBuilder(memory);
    this.#state = new DecodeState(memory);
    this.#window = new TextWindow(start.offset, memory);
    this.#isArray = spec.layout === "array";
    this.#parser = new ObjectParser(this.#state, spec.fieldNames === "environment");
    this.#ids = spec.derivedId && new IdMaker(spec.derivedId);
    this.#line = start.line;
  }

  push(bytes: Uint8Array, last: boolean): RecordBatch {
    this.#window.append(bytes, this.#base + this.#at);
    this.#buffer = this.#window.bytes.subarray(0, this.#window.length);
    this.#lineStart -= this.#at;
    this.#at = 0;
    this.#state.at = 0;
    while (this.#step(last));
    const end = { offset: this.#base + this.#at, line: this.#line };
    return this.#batch.take(this.#state.out, this.#state.at, end);
  }

  /** File offset of the buffer's first byte. */
  get #base(): number {
    return this.#window.base;
  }

  /** Takes one byte between records, or one record; false when more bytes are needed. */
  #step(last: boolean): boolean {
    if (this.#at >= this.#buffer.length) return false;
    const c = this.#buffer[this.#at]!;
    if (c === OPEN_BRACE) return this.#record(last);
    if (c === LINE_BREAK) {
      this.#line++;
      this.#lineStart = ++this.#at;
      return true;
    }
    const between = this.#isArray && (c === COMMA || c === OPEN_BRACKET || c === CLOSE_BRACKET);
    const mark = this.#base + this.#at < 3 && byteOrderMark.includes(c);
    if (between || mark || c === 0x20 || (c >= 0x09 && c <= 0x0d)) {
      this.#at++;
      return true;
    }
    return this.#garbage(last);
  }

  #record(last: boolean): boolean {
    const from = this.#at;
    const outStart = this.#state.at;
    const read = this.#read(from);
    if (typeof read === "number") {
      this.#batch.add(this.#state.at, this.#base + from, read - from, this.#line);
      this.#passTo(read);
      return true;
    }
    this.#state.at = outStart;
    const { length } = this.#buffer;
    const tooLong = length - from > maxTextBytes;
    if (read.at >= length && !last && !tooLong) return false;
    const next = nextRecordLine(this.#buffer, from, from - this.#lineStart);
    if (next < 0 && !last && !tooLong) return false;
    const to = solidEnd(this.#buffer, from, next < 0 ? length : next);
    this.#rejectRecord(from, to, read, tooLong && read.at >= length);
    this.#passTo(next < 0 ? length : next);
    return true;
  }

  /** Reads the record at `from`; the position behind it. */
  #read(from: number): number | Fault {
    const state = this.#state;
    let end: number;
    try {
      end = this.#text.translate(this.#buffer, from, this.#buffer.length);
    } catch (error) {
      if (!(error instanceof LegacyFault)) throw error;
      const { at, code, message } = error;
      return { at, code, message, path: this.#text.path.join(".") };
    }
    const { output } = this.#text;
    output.reserve(textPadding);
    output.bytes.fill(0, output.length, output.length + textPadding);
    state.setText(Buffer.from(output.bytes.buffer), output.length);
    const document = state.at;
    state.beginDocument();
    const fault = this.#parser.record(0, this.#ids ? idFieldBytes : 0) < 0;
    if (!fault && this.#finish(document, from)) return end;
    const { code, message, faultAt } = state;
    return {
      code,
      message,
      path: fault ? this.#parser.faultPath() : "",
      at: this.#text.sourceOf(faultAt),
    };
  }

  /** Makes the document complete: `_id`, size. */
  #finish(document: number, from: number): boolean {
    const state = this.#state;
    if (this.#ids) {
      if (this.#parser.hasId) this.#ids.closeGap(state, document);
      else this.#ids.write(state, document, this.#base + from);
    }
    if (state.at - document <= maxDocumentBytes) return true;
    state.fail("too_large", 0, "The document has more than 16 MiB as BSON");
    return false;
  }

  #rejectRecord(from: number, to: number, fault: Fault, tooLong: boolean): void {
    if (tooLong) {
      const message = `The record's text has more than ${maxTextBytes} bytes`;
      return this.#reject(from, to, 0, "too_large", message, "");
    }
    if (fault.at < to) {
      const { code, message, path } = fault;
      return this.#reject(from, to, this.#columnOf(from, fault.at), code, message, path);
    }
    const message = "The record does not end before the next one begins or the file ends";
    this.#reject(from, to, this.#columnOf(from, to), "json_unfinished", message, "");
  }

  /** Something else than a record: to the end of the line. */
  #garbage(last: boolean): boolean {
    const from = this.#at;
    const lineEnd = this.#buffer.indexOf(LINE_BREAK, from);
    if (lineEnd < 0 && !last) return false;
    const to = lineEnd < 0 ? this.#buffer.length : lineEnd;
    const message = `Expected an object, found ${describeByte(this.#buffer[from]!)}`;
    const column = from - this.#lineStart + 1;
    this.#reject(from, solidEnd(this.#buffer, from, to), column, "json_syntax", message, "");
    this.#at = to;
    return true;
  }

  #reject(
    from: number,
    to: number,
    column: number,
    code: RejectCode,
    message: string,
    path: string,
  ): void {
    const offset = this.#base + from;
    this.#batch.reject({
      offset,
      length: to - from,
      line: this.#line,
      column,
      code,
      message,
      path,
    });
  }

  #passTo(index: number): void {
    for (let at = this.#at; at < index; at++) if (this.#buffer[at] === LINE_BREAK) this.#line++;
    this.#at = index;
    this.#lineStart = index;
  }

  /** 1-based column of the byte at an index in the record that begins at `from`. */
  #columnOf(from: number, index: number): number {
    const lineBreak = index > from ? this.#buffer.lastIndexOf(LINE_BREAK, index - 1) : -1;
    return lineBreak >= from ? index - lineBreak : index - this.#lineStart + 1;
  }
}

const LINE_BREAK = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** Behind the last byte that is not blank. */
function solidEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1]! <= 0x20) end--;
  return end;
}
