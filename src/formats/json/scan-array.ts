import type { Chunk, Position } from "../../job/chunk.ts";
import { ChunkCutter } from "./scan-cutter.ts";
import { Items } from "./scan-items.ts";

/** Divides an array: follows its structure from the opening bracket to the end of the file. */
export class ArrayScanner {
  private readonly cutter: ChunkCutter;
  private readonly items: Items;

  /** @param start where the opening bracket stands */
  constructor(chunkBytes: number, start: Position) {
    this.cutter = new ChunkCutter(chunkBytes);
    this.items = new Items("array", start, false, false, this.cutter);
  }

  get closed(): boolean {
    return this.items.closed;
  }

  push(bytes: Uint8Array, last: boolean): Chunk[] {
    this.items.push(bytes, last);
    if (last) this.cutter.end(this.items.restart.offset);
    return this.cutter.take();
  }
}
