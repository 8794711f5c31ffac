import type { Position } from "../../job/chunk.ts";
import type { RecordBatch } from "../../job/record-batch.ts";
import type { Decoder, DecoderMemory, JsonDecodeSpec } from "../codec.ts";
import { BatchBuilder } from "../batch-builder.ts";
import { IdMaker, idFieldBytes } from "./decode-id.ts";
import { ObjectParser } from "./decode-object.ts";
import { OtherReader } from "./decode-other.ts";
import { DecodeState, maxDocumentBytes } from "./decode-state.ts";
import { maxTextBytes, type Item, type ItemSink } from "./scan-item.ts";
import { Items } from "./scan-items.ts";

/**
 * JSON objects to BSON documents, for a stretch of a file that begins at `start`: one after another with any white space
 * between, or the elements of one array (all of it, with its brackets, or a middle part that begins with an element).
 *
 * Types are those of Extended JSON v2, numbers keep what they say. What is not an object, or not well-formed, becomes a reject
 * of just that text.
 */
export function createJsonDecoder(
  spec: JsonDecodeSpec,
  start: Position,
  memory: DecoderMemory | null = null,
): Decoder {
  return new JsonDecoder(spec, start, memory);
}

/** What is wrong with the present item, before it is known how far it reaches. */
interface OpenFault {
  /** The item began as a record, not as an array. */
  isObject: boolean;
  offset: number;
  /** Column of the fault. */
  column: number;
  /** Column behind the last byte that is not blank, for when it ends there. */
  endColumn: number;
}

class JsonDecoder implements Decoder, ItemSink {
  /** No record is passed over. */
  readonly wished = 0;

  private readonly items: Items;
  private readonly state: DecodeState;
  private readonly parser: ObjectParser;
  private readonly batch: BatchBuilder;
  private readonly ids: IdMaker | null;
  private others: OtherReader | null = null;
  /** Most files have `_id` in all records or in none: room is left for it where the last record had none. */
  private gap: number;
  private fault: OpenFault = { isObject: true, offset: 0, column: 0, endColumn: 0 };
  private present: Readonly<Item> = { offset: 0, line: 0, lineStart: 0 };

  constructor(spec: JsonDecodeSpec, start: Position, memory: DecoderMemory | null) {
    this.state = new DecodeState(memory);
    this.batch = new BatchBuilder(memory);
    this.parser = new ObjectParser(this.state, spec.fieldNames === "environment");
    this.ids = spec.derivedId ? new IdMaker(spec.derivedId) : null;
    this.gap = this.ids ? idFieldBytes : 0;
    this.items = new Items(spec.layout, start, start.offset > 0, true, this, memory);
  }

  push(bytes: Uint8Array, last: boolean): RecordBatch {
    this.state.at = 0;
    this.items.push(bytes, last);
    return this.batch.take(this.state.out, this.state.at, this.items.restart);
  }

  get breaks(): number {
    return this.state.breaks;
  }

  begins(item: Readonly<Item>): void {
    this.present = item;
  }

  read(index: number): number {
    const { state, batch, present } = this;
    const { window } = this.items;
    state.setText(window.bytes, window.length);
    const from = state.at;
    state.beginDocument();
    state.breaks = 0;
    const end = this.parser.record(index, this.gap);
    if (end < 0 || end - index > maxTextBytes || !this.finishDocument(from, index)) {
      state.at = from;
      return -1;
    }
    batch.add(state.at, present.offset, end - index, present.line);
    return end;
  }

  object(item: Readonly<Item>, end: number): void {
    // The first try may have failed because the record was not all here.
    if (this.read(item.offset - this.items.window.base) >= 0) return;
    const { code, message, faultAt } = this.state;
    const column = this.columnOf(item, faultAt);
    this.reject(item, end, column, code, message, this.parser.faultPath());
  }

  anomaly(item: Readonly<Item>, _anomaly: number, solid: number): void {
    const { bytes, length, base } = this.items.window;
    const first = item.offset - base;
    this.state.setText(bytes, length);
    const isObject = bytes[first] === 0x7b;
    if (isObject) this.read(first);
    else this.state.unexpected(first, "an object");
    const { faultAt } = this.state;
    this.fault = {
      isObject,
      offset: base + faultAt,
      column: this.columnOf(item, faultAt),
      endColumn: this.columnOf(item, solid - base),
    };
  }

  brokenEnds(item: Readonly<Item>, end: number): void {
    const { fault, state } = this;
    const { code, message } = state;
    if (fault.offset >= end) {
      const unfinished = "The record does not end before the next one begins or the file ends";
      this.reject(item, end, fault.endColumn, "json_unfinished", unfinished, "");
    } else {
      // Nothing has been parsed since.
      const path = fault.isObject ? this.parser.faultPath() : "";
      this.reject(item, end, fault.column, code, message, path);
    }
  }

  other(item: Readonly<Item>, end: number): void {
    const { window } = this.items;
    const text = window.bytes.subarray(item.offset - window.base, end - window.base);
    const { code, message } = (this.others ??= new OtherReader()).describe(text);
    this.reject(item, end, item.offset - item.lineStart + 1, code, message, "");
  }

  tooLarge(item: Readonly<Item>, end: number): void {
    const message = `The record's text has more than ${maxTextBytes} bytes`;
    this.reject(item, end, 0, "too_large", message, "");
  }

  trailing(item: Readonly<Item>, end: number): void {
    const message = "Nothing may follow the closing bracket of the array";
    this.reject(item, end, item.offset - item.lineStart + 1, "json_syntax", message, "");
  }

  private reject(
    item: Readonly<Item>,
    end: number,
    column: number,
    code: DecodeState["code"],
    message: string,
    path: string,
  ): void {
    const { offset, line } = item;
    this.batch.reject({ offset, length: end - offset, line, column, code, message, path });
  }

  /** Makes the document that begins at `from` complete: `_id`, size. */
  private finishDocument(from: number, index: number): boolean {
    const { state, ids, parser } = this;
    if (ids) {
      if (parser.hasId) {
        if (this.gap > 0) ids.closeGap(state, from);
        this.gap = 0;
      } else {
        if (this.gap === 0) ids.openGap(state, from);
        ids.write(state, from, this.items.window.base + index);
        this.gap = idFieldBytes;
      }
    }
    if (state.at - from <= maxDocumentBytes) return true;
    state.fail("too_large", index, "The document has more than 16 MiB as BSON");
    return false;
  }

  /** 1-based column of the byte at an index of the window, which is in the item or right behind it. */
  private columnOf(item: Readonly<Item>, index: number): number {
    const { bytes, base } = this.items.window;
    const first = item.offset - base;
    const lineBreak = index > first ? bytes.lastIndexOf(0x0a, index - 1) : -1;
    return lineBreak >= first ? index - lineBreak : base + index - item.lineStart + 1;
  }
}
