import type { Chunk, Position } from "../../job/chunk.ts";
import { ChunkCutter } from "./scan-cutter.ts";
import { Items } from "./scan-items.ts";
import { countLineBreaks } from "./scan-lines.ts";
import { behindSolid } from "./split.ts";

/** Bytes that are looked at in one go, and the most that may pass without a safe cut before the structure is followed. */
const windowBytes = 1 << 20;

const LINE_BREAK = 0x0a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const lineWithBrace = Buffer.from("\n{");

/**
 * Divides a sequence of records.
 *
 * A safe cut is a line that begins with `{`, in column 0, where the last byte before it that is not blank is `}`. There a
 * record begins, whatever came before: the decoder, reading on from anywhere, is at that place
 * - between records: then one begins;
 * - in garbage: that ends with the line before;
 * - in a string: not possible, a raw line break in it was an anomaly and the search for the next line to start at is on;
 * - in a record's structure: `{` behind `}` without comma or colon is an anomaly (split.ts), and so is the end of the chunk, at
 *   the same place. Either way the next record begins on the first line, after the one where the broken record began, that
 *   begins with `{` and is indented no more: that is this line, which is not indented at all, or one before it, the same
 *   one whether the decoder reads on or the chunk ends;
 * - behind an anomaly, looking for that line: it is this one at the latest.
 *
 * So the whole file need not be understood: it is enough to look for such lines about where a chunk should end. Only where
 * none came for a while (records on one line, indented ones, records larger than that) the structure is followed, from the last
 * safe cut on, until the next one comes. Until then bytes are kept from the last safe cut on: a
 * window's worth and a piece at most.
 */
export class SequenceScanner {
  private readonly cutter: ChunkCutter;
  /** Follows the structure, while no safe cut comes. */
  private items: Items | null = null;
  /** Where the last safe cut is (or the file begins), and all bytes from there on while the structure is not followed. */
  private anchor: Position = { offset: 0, line: 1 };
  private tail: Uint8Array[] = [];
  private tailBytes = 0;
  private readonly maxTail: number;

  private offset = 0;
  private line = 1;
  private lastByte = 0;
  private lastSolid = 0;

  constructor(chunkBytes: number) {
    this.cutter = new ChunkCutter(chunkBytes);
    this.maxTail = Math.min(windowBytes, chunkBytes);
  }

  /** Chunks may end from now on. */
  set mayCut(may: boolean) {
    this.cutter.mayCut = may;
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    for (let from = 0; from < bytes.length; from += windowBytes) {
      const to = Math.min(from + windowBytes, bytes.length);
      this.scan(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from));
    }
    if (last) {
      // The end of the file may be what tells that a record is broken, and where the next ones begin.
      this.items?.push(new Uint8Array(0), true);
      this.cutter.end(this.offset);
    }
    return this.cutter.take();
  }

  private scan(bytes: Buffer): void {
    // The native search for one byte is many times as fast as the one for two, backwards.
    const hasLines = bytes.includes(LINE_BREAK);
    const lastCut = hasLines || this.lastByte === LINE_BREAK ? this.lastSafeCut(bytes) : -1;
    if (lastCut < 0) {
      this.followStructure(bytes);
      if (hasLines) this.line += countLineBreaks(bytes, 0, bytes.length);
    } else {
      this.items?.push(bytes.subarray(0, this.safeCut(bytes, 0)), false);
      this.items = null;
      this.cutAtLines(bytes, lastCut);
    }
    this.offset += bytes.length;
    this.lastByte = bytes[bytes.length - 1]!;
    const solid = behindSolid(bytes, 0, bytes.length);
    if (solid > 0) this.lastSolid = bytes[solid - 1]!;
  }

  private followStructure(bytes: Buffer): void {
    if (this.items) {
      this.items.push(bytes, false);
      return;
    }
    this.tail.push(Uint8Array.from(bytes));
    this.tailBytes += bytes.length;
    if (this.tailBytes <= this.maxTail) return;
    this.items = new Items("sequence", this.anchor, true, false, this.cutter);
    for (const piece of this.tail) this.items.push(piece, false);
    this.tail = [];
    this.tailBytes = 0;
  }

  /** Ends chunks at safe cuts, counts lines, and keeps what follows the last safe cut. */
  private cutAtLines(bytes: Buffer, lastCut: number): void {
    let counted = 0;
    const countTo = (index: number) => {
      this.line += countLineBreaks(bytes, counted, index);
      counted = index;
    };
    for (;;) {
      const wished = Math.max(counted, this.cutter.wished - this.offset);
      const cut = wished > lastCut ? -1 : this.safeCut(bytes, wished);
      if (cut < 0) break;
      countTo(cut);
      this.cutter.offer(this.offset + cut, this.line);
      if (!this.cutter.mayCut) break;
    }
    countTo(lastCut);
    this.anchor = { offset: this.offset + lastCut, line: this.line };
    this.tail = [Uint8Array.from(bytes.subarray(lastCut))];
    this.tailBytes = bytes.length - lastCut;
    countTo(bytes.length);
  }

  /** Index of the first safe cut from `from` on, or -1. */
  private safeCut(bytes: Buffer, from: number): number {
    if (from === 0 && this.beginsSafely(bytes)) return 0;
    let at = bytes.indexOf(lineWithBrace, Math.max(0, from - 1));
    while (at >= 0 && !this.isSafe(bytes, at)) at = bytes.indexOf(lineWithBrace, at + 1);
    return at < 0 ? -1 : at + 1;
  }

  /** Index of the last safe cut, or -1. */
  private lastSafeCut(bytes: Buffer): number {
    let at = bytes.lastIndexOf(lineWithBrace);
    while (at >= 0 && !this.isSafe(bytes, at)) {
      at = at === 0 ? -1 : bytes.lastIndexOf(lineWithBrace, at - 1);
    }
    if (at >= 0) return at + 1;
    return this.beginsSafely(bytes) ? 0 : -1;
  }

  private beginsSafely(bytes: Buffer): boolean {
    return (
      bytes[0] === OPEN_BRACE && this.lastByte === LINE_BREAK && this.lastSolid === CLOSE_BRACE
    );
  }

  private isSafe(bytes: Buffer, lineBreak: number): boolean {
    const solid = behindSolid(bytes, 0, lineBreak);
    return (solid > 0 ? bytes[solid - 1] : this.lastSolid) === CLOSE_BRACE;
  }
}
